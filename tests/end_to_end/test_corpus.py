"""Real posts: every file accounted for, and every feed read back as the store has it."""

from __future__ import annotations

import calendar
import functools
import html
import json
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import feedparser
import pytest

from publisher.store import feeds, posts
from tests.end_to_end.conftest import ledger, new_site, publish

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.model.post import KnownPost

#: What scraping left in the real post, and what nobody may see of it.
JUNK = [
    "innerWidth",
    "querySelectorAll",
    "dataLayer",
    "Advertisement",
    "ud_screen_width",
    "td-a-rec-id",
    "ข่าวที่เกี่ยวข้อง",
    "สี จิ้นผิง ชี้โลกโกลาหล",
    "เกณฑ์ทหารเพิ่ม",
    "มองโกเลีย",
    "QR Code",
    "wob1371z",
    "lin.ee",
    "เกาะติดทุกสถานการณ์",
    "th.png",
]
#: How each paragraph of its report begins and ends.
REPORT = [
    "ประธานาธิบดีวลาดิมีร์ ปูติน ของรัสเซีย ได้ลงนามในสนธิสัญญา",
    "ตามพระราชกฤษฎีกาที่มีการเผยแพร่เมื่อวันเสาร์ที่ 9 พฤศจิกายน",
    "ข้อตกลงดังกล่าวลงนามโดยปูตินและนาย คิม จองอึน",
    "โดยเรียกร้องให้ทั้งสองฝ่ายช่วยเหลือกันในกรณีที่เกิดการโจมตีด้วยอาวุธเ",
    "ด้านสภาสูงของรัสเซียให้สัตยาบันสนธิสัญญา",
    "โดยระบุขั้นตอนการดำเนินการทางกฎหมาย",
    "สนธิสัญญาดังกล่าวทำให้ความสัมพันธ์ระหว่างมอสโกและเปียงยางใกล้ชิดยิ่งขึ้น",
    "เต็มรูปแบบเมื่อเดือนกุมภาพันธ์ 2022",
    "รายงานจากเกาหลีใต้และชาติตะวันตกระบุว่าเกาหลีเหนือส่งอาวุธ",
    "ในบริเวณที่รัสเซียโจมตีpยูเครน",
    "ประธานาธิบดีโวโลดิมีร์ เซเลนสกีของยูเครนกล่าวเมื่อวันพฤหัสบดีที่ 7 พฤศจิกายนว่า",
    "ในภูมิภาคเคิร์สก์ทางตอนใต้ของรัสเซีย",
    "ด้านรัสเซียยังไม่ยืนยันการปรากฏตัวของทหารเกาหลีเหนือในพื้นที่สู้รบแต่อย่าง",
]
TITLE = "มหามิตร! ปูตินลงนามสนธิสัญญาป้องกันร่วมโสมแดง"


@pytest.fixture(scope="session")
def published_corpora(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Publishes the posts of one source, once however many tests look at them."""

    @functools.cache
    def published(name: str) -> Path:
        directory = json.dumps(str(corpus / "posts" / name))
        made = new_site(tmp_path_factory.mktemp("real") / "site", directory=directory, language='"en"')
        done = publish(made, "--quiet", "--now", "2026-10-01")
        assert done.returncode in {0, 1}, done.stderr
        return made

    return published


@pytest.fixture(params=["ruby-lang", "opensuse"])
def site(request: pytest.FixtureRequest, published_corpora: Callable[[str], Path]) -> Path:
    """A publication of real posts, published."""
    return published_corpora(str(request.param))


def files_in(site: Path) -> int:
    text = (site / "config/publisher.toml").read_text("utf-8")
    folder = next(json.loads(line.partition("=")[2]) for line in text.splitlines() if line.startswith("directory"))
    return sum(path.suffix in {".md", ".markdown"} for path in Path(folder).rglob("*") if path.is_file())


def test_every_file_is_accounted_for_and_nearly_all_are_published(site: Path) -> None:
    status = json.loads(publish(site, "status", "--json").stdout)["posts"]
    quarantined = json.loads(publish(site, "quarantine", "--json").stdout)
    assert status["seen"] == files_in(site)
    assert status["seen"] == status["published"] + status["draft"] + status["future"] + status["quarantined"]
    assert status["quarantined"] == len(quarantined) < status["seen"] / 100
    assert all(entry["path"] and entry["line"] >= 1 and entry["reason"] for entry in quarantined)


def test_feeds_read_back_the_ids_titles_links_and_dates_of_the_store(site: Path) -> None:
    with ledger(site) as database, database.read() as connection:
        everything = feeds.everything(connection)
        chosen = {feed.key: posts.newest(connection, feed.key, 50) for feed in everything}
    # The entries of all feeds are compared in JSON; parsing some of the others tells as much as parsing hundreds.
    parsed = {feed.key for feed in everything[:4] + everything[-2:]}
    assert len(parsed) > 3
    for feed in everything:
        # The budget of bytes may leave out the oldest.
        expected = in_order(chosen[feed.key])[: feed.entries]
        document = json.loads((site / "output" / f"{feed.key.path}.json").read_bytes())
        assert [item["id"] for item in document["items"]] == [known.entry_id for known in expected]
        for kind in ("rss", "atom") if feed.key in parsed else ():
            _check(site / "output" / f"{feed.key.path}.{kind}", kind, expected)


def in_order(chosen: list[KnownPost]) -> list[KnownPost]:
    return sorted(chosen, key=lambda known: (known.published, known.code), reverse=True)


def _check(path: Path, kind: str, expected: list[KnownPost]) -> None:
    # Its own sanitising is not the subject, and takes nearly all of its time.
    document = feedparser.parse(path.read_bytes(), sanitize_html=False, resolve_relative_uris=False)
    assert not document.bozo, document.get("bozo_exception")
    assert [entry.id for entry in document.entries] == [known.entry_id for known in expected]
    for entry, known in zip(document.entries, expected, strict=True):
        assert html.unescape(entry.title) == html.unescape(known.post.title)
        # feedparser gives the id of an entry without a link as its link.
        assert entry.get("link") in ({known.post.origin_url} if known.post.origin_url else {None, entry.id})
        assert _moment(entry.published_parsed) == known.published
        if kind == "atom":
            assert _moment(entry.updated_parsed) == known.updated


def _moment(parsed: Any) -> datetime:
    return datetime.fromtimestamp(calendar.timegm(parsed), UTC)


def test_a_second_run_over_real_posts_changes_nothing(site: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (site / "output").rglob("*")}
    done = publish(site, "--now", "2026-10-01")
    assert done.returncode == 0
    assert done.stdout.startswith("Nothing has changed.")
    assert {path: path.stat().st_mtime_ns for path in (site / "output").rglob("*")} == before


@pytest.fixture(scope="module")
def real_post(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication of the one post that was really scraped for this project."""
    folder = corpus / "posts" / "matichon"
    made = new_site(tmp_path_factory.mktemp("real") / "site", directory=json.dumps(str(folder)))
    done = publish(made, "--quiet", "--now", "2024-11-10T19:00")
    assert (done.returncode, done.stderr) == (0, "")
    return made


@pytest.mark.parametrize("path", ["feeds/th/world.rss", "feeds/th/world.atom", "feeds/th/world.json"])
def test_the_feed_of_the_scraped_post_has_its_report_and_none_of_the_junk(real_post: Path, path: str) -> None:
    text = (real_post / "output" / path).read_text("utf-8")
    assert [junk for junk in JUNK if junk in text] == []
    assert [sentence for sentence in REPORT if sentence not in text] == []
    assert "kjp" in text
    assert "(แฟ้มภาพ) AP" in text
    assert text.count(TITLE) == 1


def test_the_digest_of_the_scraped_post_reads_well_and_has_none_of_the_junk(real_post: Path) -> None:
    (path,) = (real_post / "var/outbox/world-2024-11-10-th").iterdir()
    message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    assert TITLE in message["Subject"]
    for kind in ("html", "plain"):
        part = message.get_body((kind,))
        assert part is not None
        text = part.get_content()
        assert [junk for junk in JUNK if junk in text] == []
        assert TITLE in text
        assert "ประธานาธิบดีวลาดิมีร์ ปูติน ของรัสเซีย ได้ลงนามในสนธิสัญญา" in text
        assert "https://www.matichon.co.th/foreign/news_4891797" in text
