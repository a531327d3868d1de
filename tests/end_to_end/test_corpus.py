"""Real posts: every file accounted for, and every feed read back as the store has it."""

from __future__ import annotations

import calendar
import functools
import html
import json
import tomllib
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import feedparser
import pytest
from lxml import etree

from publisher.app import Publication
from publisher.config import load
from publisher.model.errors import PostError
from publisher.model.post import RenderedBody
from publisher.store import feeds, posts, sources
from tests.content.test_corpus import marks_in, unread_in
from tests.content.test_render import SAFE_URL
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


SITES = ("matichon", "opensuse", "ruby-lang")
#: When each is published: the digest of the scraped post was due an hour after it.
MOMENTS = {
    "matichon": "2024-11-10T19:00",
    "opensuse": "2026-10-01",
    "ruby-lang": "2026-10-01",
    "together": "2026-10-01",
}


@pytest.fixture(scope="session")
def published_corpora(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Publishes the posts of one site, or of all together, once however many tests look at them."""

    @functools.cache
    def published(name: str) -> Path:
        changes = {} if name == "matichon" else {"language": '"en"'}
        if name != "together":
            changes["directory"] = json.dumps(str(corpus / "posts" / name))
        made = new_site(tmp_path_factory.mktemp("real") / "site", **changes)
        if name == "together":
            add_sources(made, {site: corpus / "posts" / site for site in SITES})
        done = publish(made, "--quiet", "--now", MOMENTS[name])
        assert done.returncode in {0, 1}, done.stderr
        return made

    return published


def add_sources(site: Path, folders: dict[str, Path]) -> None:
    """Let a publication have several sources, each with a site of its own."""
    path = site / "config" / "publisher.toml"
    tables = [
        f'[[posts.sources]]\nname = "{name}"\ndirectory = {json.dumps(str(folder))}\n'
        f'site_url = "https://{name}.example.org/"\n'
        for name, folder in folders.items()
    ]
    before, feeds_table, after = path.read_text("utf-8").partition("[feeds]\n")
    path.write_text("\n".join([before, *tables, feeds_table + after]), "utf-8")


@pytest.fixture(params=[*SITES, "together"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def site(name: str, published_corpora: Callable[[str], Path]) -> Path:
    """A publication of real posts, published."""
    return published_corpora(name)


def files_in(site: Path) -> set[str]:
    """List the files that ought to be posts, by their path in the ledger."""
    table = tomllib.loads((site / "config/publisher.toml").read_text("utf-8"))["posts"]
    folders = {f"{source['name']}/": source["directory"] for source in table.get("sources", [])}
    return {
        prefix + path.relative_to(folder).as_posix()
        for prefix, folder in (folders or {"": table["directory"]}).items()
        for path in Path(folder).rglob("*")
        if path.suffix in {".md", ".markdown"} and path.is_file()
    }


def test_every_file_is_accounted_for_and_nearly_all_are_published(site: Path) -> None:
    status = json.loads(publish(site, "status", "--json").stdout)["posts"]
    quarantined = json.loads(publish(site, "quarantine", "--json").stdout)
    assert status["seen"] == len(files_in(site))
    assert status["seen"] == status["published"] + status["draft"] + status["future"] + status["quarantined"]
    assert status["published"] > status["seen"] * 0.95
    assert status["quarantined"] == len(quarantined) <= status["seen"] / 100
    assert all(entry["path"] and entry["line"] >= 1 and entry["reason"] for entry in quarantined)


def test_every_file_is_one_post_or_one_line_in_quarantine(site: Path) -> None:
    with ledger(site) as database, database.read() as connection:
        known = posts.known(connection, posts.codes_with_a_file(connection)).values()
        paths = [post.post.path for post in known]
        refused = [file.path for file in sources.quarantine(connection)]
    assert sorted([*paths, *refused]) == sorted(files_in(site))


def test_together_they_are_what_each_is_alone(published_corpora: Callable[[str], Path]) -> None:
    alone = {(f"{name}/{path}", *rest) for name in SITES for path, *rest in told(published_corpora(name))}
    assert alone == {tuple(post) for post in told(published_corpora("together"))}
    with ledger(published_corpora("together")) as database, database.read() as connection:
        known = posts.known(connection, posts.codes_with_a_file(connection)).values()
    ids = [post.entry_id for post in known if post.entry_id]
    assert len(ids) == len(set(ids))
    assert {urlsplit(post.post.permalink).hostname for post in known if post.post.permalink} <= {
        f"{name}.example.org" for name in SITES
    }


def told(site: Path) -> list[tuple[object, ...]]:
    """Say of each post what does not depend on whom it is published with."""
    with ledger(site) as database, database.read() as connection:
        known = posts.known(connection, posts.codes_with_a_file(connection)).values()
    return [
        (each.post.path, each.state, each.post.title, each.post.language, each.post.categories, each.published)
        for each in known
    ]


def test_every_template_is_rendered_with_the_addresses_of_the_other_posts(
    published_corpora: Callable[[str], Path],
) -> None:
    # Bodies that are no templates come out as they do in tests/content/test_corpus.py.
    folder = published_corpora("together")
    settings = load(folder / "config" / "publisher.toml", {})
    with Publication(folder=folder, settings=settings) as publication, publication.database.read() as connection:
        known = posts.known(connection, posts.codes_with_a_file(connection)).values()
        templates = [each.post for each in known if each.post.context]
        outcomes = dict(zip(templates, publication.bodies.render(connection, templates), strict=True))
    assert len(outcomes) > 300
    assert {post.path: str(each) for post, each in outcomes.items() if isinstance(each, PostError)} == {}
    bodies = {post.path: each for post, each in outcomes.items() if isinstance(each, RenderedBody)}
    found = {path: unread_in(body.html) + marks_in(body.lead) for path, body in bodies.items()}
    assert {path: marks for path, marks in found.items() if marks} == {}
    assert [path for path, body in bodies.items() if not body.html or not body.lead] == []


@functools.cache
def faults_of(html: str) -> tuple[str, ...]:
    return tuple(unread_in(html))


def test_nothing_in_any_feed_is_unfit_to_be_read(site: Path) -> None:
    files = [path for path in (site / "output" / "feeds").rglob("*.*") if path.suffix in READERS]
    assert len(files) >= 6
    found: dict[str, list[str]] = {}
    for path in files:
        shown = READERS[path.suffix](path.read_bytes())
        marks = [mark for html in shown.bodies for mark in faults_of(html)]
        marks += [mark for text in shown.texts for mark in marks_in(text)]
        marks += [f"address: {address}" for address in shown.addresses if not SAFE_URL.match(address)]
        assert shown.bodies
        assert shown.addresses
        if marks:
            found[path.relative_to(site).as_posix()] = marks
    assert found == {}


class Shown(NamedTuple):
    """What the reader of a feed sees of it: HTML, plain text, and where its links lead."""

    bodies: list[str]
    texts: list[str]
    addresses: list[str]


def _json(data: bytes) -> Shown:
    document = json.loads(data)
    items = document["items"]
    pictures = [attachment["url"] for item in items for attachment in item.get("attachments", [])]
    return Shown(
        [item["content_html"] for item in items],
        [item[key] for item in items for key in ("title", "summary") if key in item],
        [document["home_page_url"], document["feed_url"], *pictures]
        + [item[key] for item in items for key in ("url", "external_url", "image") if key in item],
    )


_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_ATOM = "{http://www.w3.org/2005/Atom}"


def _xml(data: bytes) -> Shown:
    tree = etree.fromstring(data)
    bodies = [element.text or "" for element in tree.iter(_CONTENT, f"{_ATOM}content")]
    texts = [element.text or "" for element in tree.iter("title", "description", f"{_ATOM}title", f"{_ATOM}summary")]
    links = [element.text for element in tree.iter("link") if element.text]
    attributes = [element.get(key) for element in tree.iter() for key in ("href", "url", "src")]
    return Shown(bodies, texts, links + [address for address in attributes if address is not None])


READERS: dict[str, Callable[[bytes], Shown]] = {".json": _json, ".rss": _xml, ".atom": _xml}


def test_feeds_read_back_the_ids_titles_links_and_dates_of_the_store(site: Path) -> None:
    with ledger(site) as database, database.read() as connection:
        everything = feeds.everything(connection)
        chosen = {feed.key: posts.newest(connection, feed.key, 50) for feed in everything}
    # The entries of all feeds are compared in JSON; parsing some of the others tells as much as parsing hundreds.
    parsed = {feed.key for feed in everything[:4] + everything[-2:]}
    assert len(parsed) > 1
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
        page = known.post.origin_url or known.post.permalink
        assert entry.get("link") in ({page} if page else {None, entry.id})
        assert _moment(entry.published_parsed) == _to_the_second(known.published)
        if kind == "atom":
            assert _moment(entry.updated_parsed) == _to_the_second(known.updated)


def _to_the_second(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(microsecond=0)


def _moment(parsed: Any) -> datetime:
    return datetime.fromtimestamp(calendar.timegm(parsed), UTC)


def test_a_second_run_over_real_posts_changes_nothing(site: Path, name: str) -> None:
    before = {path: path.stat().st_mtime_ns for path in (site / "output").rglob("*")}
    done = publish(site, "--now", MOMENTS[name])
    assert done.returncode == 0
    assert done.stdout.startswith("Nothing has changed.")
    assert {path: path.stat().st_mtime_ns for path in (site / "output").rglob("*")} == before


@pytest.fixture
def real_post(published_corpora: Callable[[str], Path]) -> Path:
    """A publication of the one post that was really scraped for this project."""
    return published_corpora("matichon")


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
