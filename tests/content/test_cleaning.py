"""Each rule of cleaning, before and after, as files below `cleaning/`: a folder a rule, and one for what stays."""

from __future__ import annotations

import time
from pathlib import Path

import pyromark
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.cleaning import LABELLED, TARGET, TUNED, measure
from publisher.content.cleaning.pipeline import RULES, Cleaned, Subject, clean
from publisher.content.cleaning.tree import parse, text_of, write

PAIRS = Path(__file__).parent / "cleaning"
#: Of every post below that folder, by its language.
TITLES = {
    "en": "Brannel ferry returns after a year",
    "th": "เรือข้ามฟากกลับมาให้บริการหลังหยุดไปหนึ่งปี",
    "ja": "ブランネルの渡し船、一年ぶりに再開",
    "de": "Fähre nach Brannel fährt nach einem Jahr wieder",
    "es": "El transbordador de Brannel vuelve tras un año",
    "fr": "Le bac de Brannel reprend après un an",
    "id": "Feri Brannel kembali setelah setahun",
    "ko": "브라넬 여객선 1년 만에 다시 운항",
    "ru": "Паром в Браннел вернулся через год",
    "uk": "Пором до Браннела повернувся за рік",
    "vi": "Phà Brannel trở lại sau một năm",
    "zh": "布兰内尔渡轮一年后恢复运营",
}
#: The lead picture of them all.
IMAGE = "https://wire.example.com/uploads/ferry.jpg"
#: Folders whose posts cleaning has nothing to report of.
SILENT = {"kept", "empty"}
#: Rules of a host are in test_host_rules.py.
OWN_TEST = {"host_heading", "host_match", "host_links"}

MARKDOWN = pyromark.Markdown(options=pyromark.Options.ENABLE_TABLES)
REPORT = "The ferry left Brannel at dawn, with every berth taken and a brass band on deck."


def lines(html: str) -> list[str]:
    return [line for line in html.splitlines() if line]


def cleaned(
    body: str, *, title: str = "A title", image: str | None = None, origin: str | None = None
) -> tuple[str, Cleaned]:
    tree = parse(MARKDOWN.html(body))
    done = clean(tree, Subject(title=title, image=image, origin=origin))
    return write(tree), done


def of_pair(path: Path, body: str) -> tuple[str, Cleaned]:
    title = TITLES[path.stem.rpartition(".")[2]]
    return cleaned(body, title=title, image=IMAGE, origin="https://wire.example.com/A1")


@pytest.mark.parametrize("path", sorted(PAIRS.glob("*/*.md")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_body_comes_out_as_the_file_beside_it_says(path: Path) -> None:
    rule = path.parent.name
    html, done = of_pair(path, path.read_text("utf-8"))
    fired = {removed.rule for removed in done.removed}
    assert lines(html) == lines(path.with_suffix(".html").read_text("utf-8"))
    assert not fired if rule in SILENT else rule in fired


@pytest.mark.parametrize("rule", [*sorted({rule.__name__ for rule in RULES} - OWN_TEST), "kept"])
def test_every_rule_is_shown_in_english_and_in_thai(rule: str) -> None:
    assert {path.stem.rpartition(".")[2] for path in (PAIRS / rule).glob("*.md")} >= {"en", "th"}


def test_every_language_has_a_page_of_junk() -> None:
    assert {path.stem.rpartition(".")[2] for path in PAIRS.glob("*/*.md")} == set(TITLES)


@pytest.mark.parametrize("path", sorted(PAIRS.glob("*/*.html")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_cleaning_what_was_cleaned_changes_nothing(path: Path) -> None:
    before = path.read_text("utf-8").strip()
    html, done = of_pair(path, before)
    assert lines(html) == lines(before)
    assert done.removed == ()


def test_what_was_removed_is_reported_in_words_a_reader_saw() -> None:
    body = f"{REPORT}\n\nAdvertisement var a = document.body; a.remove();\n\n[![QR Code](/qr.png)](https://lin.ee/x)"
    assert [(one.rule, one.text) for one in cleaned(body)[1].removed] == [
        ("script_text", "var a = document.body; a.remove();"),
        ("advertisement", "Advertisement"),
        ("qr_code", "QR Code"),
    ]


def test_a_long_script_is_reported_in_short() -> None:
    (removed,) = cleaned('var ads = "' + "x = 1; " * 200 + '";')[1].removed
    assert len(removed.text) <= 300
    assert removed.text.endswith("…")


def test_a_byline_becomes_authors() -> None:
    html, done = cleaned(f"By Jane Doe and Jon de la Roe, Example Wire\n\n{REPORT}")
    assert done.authors == ("Jane Doe", "Jon de la Roe")
    assert "Jane" not in html


@pytest.mark.parametrize(
    ("line", "credit"),
    [
        ("Photo: Example Wire / Jo Doe", "Example Wire / Jo Doe"),
        ("(แฟ้มภาพ) AP", "AP"),
        ("The quay at dawn. Photo by Jo Doe", "Jo Doe"),
        ("夜明けの港（写真：港新報）", "港新報"),
        ("© Example Wire", "Example Wire"),
        ("The quay at dawn", None),
    ],
)
def test_a_credit_is_read_and_stays(line: str, credit: str | None) -> None:
    html, done = cleaned(f"![](/quay.jpg)\n\n{line}\n\n{REPORT}")
    assert done.credit == credit
    assert line in html


def test_a_credit_without_a_picture_is_none() -> None:
    assert cleaned(f"Photo: Example Wire\n\n{REPORT}")[1].credit is None


def test_a_post_that_would_lose_nearly_all_its_text_keeps_it() -> None:
    junk = "\n\n".join(f"Follow us on Facebook for the news of day {day}." for day in range(20))
    body = f"{REPORT}\n\nvar a = document.body; a.remove();\n\n{junk}"
    html, done = cleaned(body)
    assert done.warning == "cleaning would have removed 92 % of the text, so the text stays as it is"
    assert [removed.rule for removed in done.removed] == ["script_text"]
    assert html == cleaned(f"{REPORT}\n\n{junk}")[0]
    assert html.count("Follow us") == 20


def test_a_short_post_may_be_mostly_junk() -> None:
    html, done = cleaned("The ferry is late.\n\nFollow us on Facebook for all the news of the day.")
    assert done.warning is None
    assert "Facebook" not in html


def test_a_short_post_that_is_all_junk_is_kept() -> None:
    html, done = cleaned("Follow us on Facebook for all the news of the day.")
    assert done.warning is not None
    assert "Facebook" in html


def test_a_script_that_is_never_closed_does_not_swallow_the_report() -> None:
    html, _ = cleaned(f"document.write('<script src=\"/a.js\"><\\\\/script>');\n\n{REPORT}\n\n<textarea>\n\n{REPORT}")
    assert html.count(REPORT) == 2


@pytest.mark.skipif(not LABELLED.is_dir(), reason="the labelled posts are not here")
@pytest.mark.parametrize("folder", TUNED)
def test_junk_is_told_from_report_in_labelled_posts(folder: str) -> None:
    score = measure(LABELLED / folder)["all"]
    assert score.posts >= 25
    assert score.precision >= 0.995
    assert score.recall >= TARGET


PROSE = [
    REPORT,
    "ชาวเกาะต้องอ้อมไปทางสะพาน",
    "## One year without a boat",
    "* bread\n* salt",
    "> A quotation, she said.",
    "![](/quay.jpg)",
    "See [the contract](https://court.example.org/1), page 9.",
    "`var x = 1;` is a statement.",
    "First line.\nSecond line.\\\nThird line.",
]
JUNK = [
    "Advertisement",
    "A sentence. var a = document.body; a.remove(); Another one.",
    ".ad { display: none }",
    "## Related news\n\n* [Ferry](/2)",
    "Read also: [Ferry](/2)",
    "Share on Facebook",
    "[](/empty)",
    "By Jane Doe",
    "Follow us on X.",
    "The end.\nAdvertisement\nThe beginning.",
    "One.\\\nAdvertisement\\\nTwo.",
    '<img src="/p.gif" width="1">',
    "<div><p></p></div>",
    "Tags: harbour, ferry",
    "12 March 2024, 10:15",
]


@given(st.lists(st.sampled_from(PROSE + JUNK), max_size=12))
def test_cleaning_is_idempotent_whatever_a_post_is_made_of(pieces: list[str]) -> None:
    once, first = cleaned("\n\n".join(pieces))
    tree = parse(once)
    second = clean(tree, Subject(title="A title"))
    if first.warning is None:
        assert write(tree) == write(parse(once))
        assert second.removed == ()


@given(st.lists(st.sampled_from(PROSE), min_size=1, max_size=8))
def test_prose_is_left_as_it_is(pieces: list[str]) -> None:
    body = "\n\n".join(pieces)
    html, done = cleaned(body)
    assert done.removed == ()
    assert html == write(parse(MARKDOWN.html(body)))


@pytest.mark.parametrize(
    "unit",
    [
        "if (",
        "(",
        "{",
        "<p>x</p>",
        "<p>a</p>\n",
        "<a></a>x",
        "<a href='/x'>y</a> ",
        "<br>x",
        "<p><a href='/x'>y</a></p>",
        "<li>Facebook</li>",
        "<p>Advertisement</p>\n",
        "var x = (",
        ".a{b:c}",
        ".a ",
        "'",
        "window.x(",
        "x\n",
        "By A B, ",
        "<div>",
        "<script>",
        ". ",
        "{&quot;a&quot;:",
        "photo: ",
    ],
)
def test_hostile_bodies_take_time_in_proportion(unit: str) -> None:
    def taken(size: int) -> float:
        markup = unit * (size // len(unit)) if unit != "<div>" else "<div>" * 90 + "y" * size
        tree = parse(markup)
        start = time.process_time()
        clean(tree, Subject(title="A title", image="https://example.org/a.jpg", origin="https://example.org/"))
        return time.process_time() - start

    small = max(min(taken(40_000) for _ in range(2)), 0.002)
    # Five times as much may take five times as long; quadratic would be twenty-five.
    assert min(taken(200_000) for _ in range(2)) < 20 * small


def test_spaces_without_end_are_read_at_once() -> None:
    tree = parse("<p>if (" + " " * 1_000_000 + "</p>")
    start = time.process_time()
    clean(tree, Subject(title="A title"))
    assert time.process_time() - start < 2
    assert text_of(tree) == "if ("
