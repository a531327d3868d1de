"""Every rule fires where it should, and nothing that is published breaks one."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from publisher.store import posts
from tests.conftest import ROOT
from tests.end_to_end.conftest import ledger, new_site, publish
from tests.validation import strict_reader
from tests.validation.__main__ import files_in, main
from tests.validation.lint import findings
from tests.validation.rules import RULES

if TYPE_CHECKING:
    from tests.validation.lint import Format

HERE = Path(__file__).parent
CASES: list[dict[str, str]] = tomllib.loads((HERE / "broken.toml").read_text("utf-8"))["cases"]
GOOD: dict[str, tuple[Path, Format]] = {path.name: (path, kind) for path, kind in files_in(HERE / "good")}
SITE = "https://news.example.org/"
#: Each with the moment at which it is published: the sample posts, and two sites of real ones.
SITES = {
    "sample": "2024-11-10T19:00",
    "matichon": "2024-11-11T19:00",
    "ruby-lang": "2026-10-01",
    "opensuse": "2026-10-01",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['rule']}: {case['old'] or case['new']}"[:60])
def test_each_broken_file_is_found_out_by_its_rule(case: dict[str, str]) -> None:
    path, kind = GOOD[case["file"]]
    text = path.read_text("utf-8")
    assert case["old"] in text
    broken = text.replace(case["old"], case["new"], 1).encode()
    found = findings(broken, kind, location=SITE + path.name)
    assert case["rule"] in {finding.rule for finding in found}, found


def test_every_rule_has_a_file_that_breaks_it() -> None:
    assert {case["rule"] for case in CASES} == set(RULES)


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_good_file_breaks_no_rule(name: str) -> None:
    path, kind = GOOD[name]
    found = findings(path.read_bytes(), kind, location=SITE + name)
    assert [finding for finding in found if finding.rule != "tombstone-namespace"] == []


def test_bytes_that_are_no_utf_8_are_told_of() -> None:
    assert "encoding" in {finding.rule for finding in findings(b'{"title": "\xe9"}', "json")}


@pytest.fixture(scope="module", params=SITES)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication, published: its archives and extra feeds lie with the rest below output/."""
    name = request.param
    folder = ROOT / "posts" if name == "sample" else request.getfixturevalue("corpus") / "posts" / name
    if not folder.is_dir():
        pytest.skip(f"the posts of {name} are not here")
    changes = {"archives": '["all", "th/world"]'} if name == "sample" else {"language": '"en"'}
    made = new_site(tmp_path_factory.mktemp("valid") / name, directory=json.dumps(str(folder)), **changes)
    done = publish(made, "--quiet", "--now", SITES[name])
    assert done.returncode in {0, 1}, done.stderr
    return made


def test_no_file_that_is_published_breaks_a_rule(site: Path) -> None:
    shared = moments_shared_by_posts(site)
    # In the publication's own zone, which is not behind UTC.
    now = datetime.fromisoformat(SITES[site.name]).replace(tzinfo=UTC)
    files = list(files_in(site / "output"))
    assert {kind for _, kind in files} >= {"rss", "atom", "json"}
    broken: dict[str, Any] = {}
    for path, kind in files:
        name = path.relative_to(site / "output").as_posix()
        found = findings(path.read_bytes(), kind, location=SITE + name, now=now)
        found = [each for each in found if each.rule != "tombstone-namespace"]
        found = [each for each in found if each.rule != "same-updated" or each.what not in shared]
        if found:
            broken[name] = found
    assert broken == {}


def moments_shared_by_posts(site: Path) -> set[str]:
    """List the moments, as Atom writes them, at which the store has more than one post changed."""
    with ledger(site) as database, database.read() as connection:
        known = posts.known(connection, posts.codes_with_a_file(connection)).values()
    counts = Counter(post.updated for post in known)
    return {moment.isoformat(timespec="seconds") for moment, count in counts.items() if moment and count > 1}


@pytest.mark.skipif(not strict_reader.is_here(), reason="ruby is not installed: apt-get install ruby")
def test_a_strict_reader_accepts_every_feed(site: Path, tmp_path: Path) -> None:
    feeds = [path for path, kind in files_in(site / "output") if kind in {"rss", "atom"}]
    # It takes a fiftieth of a second for each; of hundreds, some tell as much.
    assert strict_reader.refusals(feeds[:: len(feeds) // 40 + 1], tmp_path) == []


@pytest.mark.skipif(not strict_reader.is_here(), reason="ruby is not installed: apt-get install ruby")
@pytest.mark.parametrize(
    ("name", "tag", "text"), [("feed.rss", "link", SITE), ("feed.atom", "id", "tag:news.example.org,2024:feeds/all")]
)
def test_the_strict_reader_refuses_a_feed_that_lacks_an_element(name: str, tag: str, text: str, tmp_path: Path) -> None:
    good = GOOD[name][0].read_text("utf-8")
    broken = tmp_path / f"broken-{name}"
    broken.write_text(good.replace(f"<{tag}>{text}</{tag}>", "", 1), "utf-8")
    (refusal,) = strict_reader.refusals([GOOD[name][0], broken], tmp_path)
    assert refusal.startswith(f"{broken}: RSS::MissingTagError: tag <{tag}> is missing")


def test_the_table_names_each_file_and_the_rules_it_breaks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(GOOD["feed.json"][0], tmp_path)
    assert main([str(tmp_path)]) == 0
    (tmp_path / "broken.json").write_text("{}", "utf-8")
    assert main([str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert "feed.json" in told
    assert "schema 5" in told
    assert main([str(tmp_path / "nothing")]) == 1
