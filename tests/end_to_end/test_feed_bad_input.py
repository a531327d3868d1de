"""Whatever is wrong with posts, feeds are valid, and nothing is written where it should not be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.build import NOW, write_post
from tests.end_to_end.conftest import new_site, publish
from tests.validation.__main__ import files_in
from tests.validation.lint import findings

if TYPE_CHECKING:
    from pathlib import Path

BODY = "<p>]]> &nbsp; &foo; a & b \x0b <script>x</script> <![CDATA[ y ]]></p>"
TEXTS = [
    "bad \\x0b control",
    "half \\ud800 surrogate",
    "]]> ends",
    "&nbsp; &foo; &amp; <b>x</b>",
    "a & b < c",
    "\\uFFFE",
]
CATEGORIES = ["", " ", "!!!", "all", "archive", "..", "../../etc", "CON", "con.txt", "extra", "🎉", "x" * 200]
CATEGORIES += ["index", "ข่าว", ".", "a/b", "%2e%2e"]
LANGUAGES = ["extra", "nonsense!!", "../x"]
URLS = [
    "https://bücher.example/ä ö?q=ü#é",
    "https://example.org/a b c",
    "http://例え.jp/パス",
    "https://exa mple.org/",
    "https://example.org/%zz",
    "javascript:alert(1)",
    "https://user:pw@example.org/x",
    "https://example.org:99999/",
    "https://[::1/",
    "//example.org/x",
    "https://xn--/",
    "https://example.org/a|b\\c{d}^`[e]",
]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return new_site(tmp_path / "site")


def run(site: Path, *, code: int = 0) -> set[str]:
    """Publish, prove every file and the folders around them; gives the feeds of the output."""
    before = {path for path in site.parent.rglob("*") if site in path.parents}
    done = publish(site, "feeds", "--quiet", "--now", NOW.isoformat())
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    added = {path.relative_to(site).parts[0] for path in site.rglob("*") if path not in before}
    assert added <= {"output", "var"}
    assert list(site.parent.iterdir()) == [site]
    for path, kind in files_in(site / "output"):
        assert [fault for fault in findings(path.read_bytes(), kind) if fault.level == "error"] == [], path
    return {path.stem for path in (site / "output" / "feeds").glob("*.json")}


def test_texts_that_break_xml_and_thirty_posts_of_one_second_give_valid_feeds(site: Path) -> None:
    for number, text in enumerate(TEXTS):
        quoted = f'"{text}"'
        write_post(site / "posts", f"T{number}", title=quoted, description=quoted, tags=f"[{quoted}]", body=BODY)
    write_post(site / "posts", "N1", title="")
    write_post(site / "posts", "N2", description="")
    for number in range(30):
        write_post(site / "posts", f"S{number}")
    (site / "posts" / "raw.md").write_bytes(b'---\ntitle: "x \xed\xa0\x80"\ndate: 2024-11-10\n---\n\xed\xa0\x80\n')
    assert run(site, code=1) == {"all", "world"}


def test_no_category_and_no_language_leads_out_of_the_folder_of_feeds(site: Path) -> None:
    for number, category in enumerate(CATEGORIES):
        write_post(site / "posts", f"C{number:02}", category=f'"{category}"')
    for number, language in enumerate(LANGUAGES):
        write_post(site / "posts", f"L{number}", language=f'"{language}"')
    found = run(site, code=1)
    assert {"all", "all-2", "archive-2", "con-2", "con-txt", "etc", "extra", "index"} <= found
    # The same from what stands.
    assert run(site, code=0) == found


def test_addresses_with_spaces_other_scripts_and_worse_are_followed_in_ascii_or_left_out(site: Path) -> None:
    for number, url in enumerate(URLS):
        said = f"'{url}'"
        enclosure = f"{{url: {said}, type: audio/mpeg, length: 5}}"
        body = f'<p><a href="{url}">l</a> <img src="{url}" alt="i"> [m]({url})</p>'
        write_post(site / "posts", f"U{number:02}", origin_url=said, image=said, enclosure=enclosure, body=body)
    assert run(site) == {"all", "world"}
    items = json.loads((site / "output/feeds/all.json").read_bytes())["items"]
    links = {item["id"][-3:]: item.get("url") for item in items}
    assert links["U00"] == "https://xn--bcher-kva.example/%C3%A4%20%C3%B6?q=%C3%BC#%C3%A9"
    assert links["U04"] == "https://example.org/%25zz"
    assert [code for code, link in sorted(links.items()) if link is None] == ["U03", "U05", "U07", "U08", "U09"]
    assert all(item["attachments"][0]["url"] == item["url"] for item in items if "url" in item)


def test_a_feed_that_lost_its_only_post_is_empty_and_valid(site: Path) -> None:
    path = write_post(site / "posts", "A1", category="Sport")
    write_post(site / "posts", "A2")
    run(site)
    path.unlink()
    assert run(site) == {"all", "sport", "world"}
    assert json.loads((site / "output/feeds/sport.json").read_bytes())["items"] == []


def test_very_many_categories_have_a_feed_each(site: Path) -> None:
    for number in range(200):
        write_post(site / "posts", f"M{number}", category=f'"Category {number}"')
    assert len(run(site)) == 201
