"""Whatever posts and templates say, readers get a correct mail, or an editor one clear sentence and nobody a mail."""

from __future__ import annotations

import email
import re
from email import policy
from typing import TYPE_CHECKING, Any

import pytest
from lxml import html

from publisher.digest.lint import Severity, lint
from publisher.store import editions
from tests.build import NOW

if TYPE_CHECKING:
    from email.message import EmailMessage

    from tests.jobs.conftest import Desk

ID = "world-2024-11-10-en"
TITLES = {
    "long": "x" * 5_000,
    "long and Thai": "ข่าวยาวมาก" * 500,
    "html": "<b>bold</b> & <script>alert(1)</script> {{ 7 * 7 }}",
    "lines": "one\\ntwo\\r\\nthree",
    "override": "ends \\u202Eleft to right",
    "isolate": "opens \\u2067and does not close",
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 🇹🇭 👍🏽",
    "marks": "e" + "\\u0301" * 300,
    "arabic": "فيضانات في الشمال",
    "japanese": "北部で洪水、住民が避難",
    "boundary": "-- ",
    "places": "<!--reader--> https://reader.invalid/unsubscribe <!--/reader-->",
}


def sent(desk: Desk, edition_id: str = ID) -> list[EmailMessage]:
    """The messages in the outbox."""
    folder = desk.folder / "var" / "outbox" / edition_id
    paths = sorted(folder.glob("*.eml")) if folder.is_dir() else []
    return [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]


def parts(message: EmailMessage) -> tuple[str, str]:
    text, page = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert page is not None
    return text.get_content(), page.get_content()


def run(desk: Desk, stories: int = 1) -> tuple[EmailMessage, Any]:
    """Publish; the one message, whose edition is sound, and its page."""
    report = desk.run()
    assert report.troubles == ()
    (message,) = sent(desk)
    text, page = parts(message)
    tree: Any = html.document_fromstring(page)
    assert len([each for each in tree.iter() if str(each.get("id", "")).startswith("story-")]) == stories
    assert tree.get_element_by_id("footer") is not None
    assert text.rstrip().endswith("World Desk, 1 Example Road, Bangkok")
    with desk.open() as publication, publication.database.read() as connection:
        content = editions.load(connection, ID).content
    assert [found for found in lint(content) if found.severity is Severity.ERROR] == []
    assert len(content.html.encode()) <= 70 * 1024
    return message, tree


@pytest.mark.parametrize("name", TITLES)
def test_a_title_is_text_in_every_part_of_the_mail(desk: Desk, name: str) -> None:
    desk.post("A1", title=f'"{TITLES[name]}"')
    desk.post("A2", date="2024-11-10T09:00:00Z")
    message, tree = run(desk, stories=2)
    heading = " ".join(tree.get_element_by_id("story-1").find(".//h2").text_content().split())
    assert heading
    assert len(heading) <= 240
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e]", str(message["Subject"]))
    assert tree.find(".//script") is None
    assert "49" not in heading
    assert "\u202e" not in parts(message)[0] + parts(message)[1]
    # The reader's own links are theirs alone, in the footer.
    own = [each for each in tree.iter("a") if "/u/" in each.get("href", "")]
    assert len(own) == 1
    assert "reader.invalid/" not in "".join(each.get("href", "") for each in tree.iter("a"))


@pytest.mark.parametrize(
    ("fields", "pictures"),
    [
        ({"description": "", "image": ""}, 0),
        ({"image": '"ftp://pictures.example.com/a.jpg"'}, 0),
        ({"image": '"javascript:alert(1)"'}, 0),
        ({"image": '"data:image/png;base64,AAAA"'}, 0),
        ({"image": '"https://pictures.example.com/a.webp"'}, 0),
        ({"image": '"https://pictures.example.com/a.jpg"'}, 1),
    ],
)
def test_a_story_without_a_summary_or_a_picture_that_can_be_shown_is_told_all_the_same(
    desk: Desk, fields: dict[str, str], pictures: int
) -> None:
    desk.post("A1", body="", **fields)
    _, tree = run(desk)
    assert len(list(tree.iter("img"))) == pictures
    assert "Title of A1" in tree.text_content()


def test_without_posts_there_is_no_edition_and_nothing_is_wrong(desk: Desk) -> None:
    report = desk.run()
    assert (report.editions, report.troubles) == ((), ())


def test_five_hundred_stories_are_told_listed_or_counted_and_all_are_consumed(desk: Desk) -> None:
    desk.configure_digest(max_stories=500)
    for number in range(500):
        minutes = divmod(number, 60)
        desk.post(
            f"A{number:03}",
            title=f'"Report {number}: what happened in town number {number * 7919 % 500}, told at some length"',
            date=f"2024-11-10T{minutes[0]:02}:{minutes[1]:02}:00Z",
            body=f"In town number {number} something happened that the others do not know of.",
        )
    report = desk.run()
    assert report.troubles == ()
    (frozen,) = report.editions
    assert 10 <= frozen.stories < 500
    assert frozen.stories + frozen.more <= 500
    run(desk, stories=frozen.stories)
    with desk.open() as publication, publication.database.read() as connection:
        assert len(editions.posts_of(connection, ID)) == 500
    page = parts(sent(desk)[0])[1]
    assert "https://news.example.org/feeds/en/world.html" in page


OURS = "{% extends 'publisher/digest/digest.html' %}\n{% block more %}"
LOOP = "{% for a in range(99999) %}"
BROKEN = {
    "a mistake in its syntax": (OURS, "line 2"),
    "an unknown variable": (f"{OURS}{{{{ nobody }}}}{{% endblock %}}", "line 2: 'nobody' is undefined"),
    "an unknown filter": ("{{ 1 | nothing }}", "nothing"),
    "no story": ('<html><body><div id="footer"><!--reader--><!--/reader--></div></body></html>', "does not have"),
    "an endless loop": (3 * LOOP + 3 * "{% endfor %}", "loop without end"),
    "endless output": (2 * LOOP + "{{ subject }}" + 2 * "{% endfor %}", "loop without end"),
    "itself": ("{% extends 'digest/digest.html' %}", "comes round to itself"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_template_that_is_broken_is_one_sentence_with_its_file_and_nobody_gets_a_mail(desk: Desk, name: str) -> None:
    source, said = BROKEN[name]
    template = desk.folder / "templates" / "digest" / "digest.html"
    template.parent.mkdir(parents=True)
    template.write_text(source, "utf-8")
    desk.post("A1")
    report = desk.run()
    (trouble,) = report.troubles
    assert said in trouble
    assert "digest.html" in trouble
    assert "\n" not in trouble
    assert "Traceback" not in trouble
    assert (report.editions, sent(desk)) == ((), [])
    # The feeds are out, and once the template is mended, the edition is, too.
    assert desk.titles("en/world") == ["Title of A1"]
    template.unlink()
    assert [each.edition.id for each in desk.run(NOW).editions] == [ID]
    assert len(sent(desk)) == 1
