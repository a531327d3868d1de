"""Reading: a file becomes a post, or a PostError with its line and a reason that is true."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from publisher.content import fields, limits
from publisher.content.read import contents, hash_of
from publisher.content.read import read as read_file
from publisher.content.scan import SourceFile, measure
from publisher.content.sources import Library
from publisher.model.errors import PostError
from tests.build import source

if TYPE_CHECKING:
    from publisher.model.post import Post

SOURCE = source(zone=ZoneInfo("Asia/Bangkok"), language="th")

ROOT = Path(__file__).parents[2]

#: Reads a folder in a process of its own: whatever a post does, it does not do it to the tests.
ALONE = """
import sys
from pathlib import Path
from tests.content.test_read import SOURCE, files_in
from publisher.content.read import read
from publisher.content.scan import SourceFile
from publisher.model.errors import PostError
files = files_in(Path(sys.argv[1]))
if sys.argv[2:]:
    files = [SourceFile("raced.md", sys.argv[2], 10, "", True)]
for file in files:
    try:
        print(file.path, 0, read(file, SOURCE).title, sep="\\t")
    except PostError as error:
        print(file.path, error.line, error.reason, sep="\\t")
"""

BILLION_LAUGHS = "a0: &a0 [lol, lol]\n" + "".join(
    f"a{level}: &a{level} [*a{level - 1}, *a{level - 1}, *a{level - 1}, *a{level - 1}]\n" for level in range(1, 40)
)
MERGE_BOMB = "m0: &m0 {k: v}\n" + "".join(
    f"m{level}: &m{level} {{<<: [*m{level - 1}, *m{level - 1}]}}\n" for level in range(1, 30)
)


def files_in(folder: Path) -> list[SourceFile]:
    return Library((replace(SOURCE, folder=folder),)).scan({}).fresh


def front(*lines: str, body: str = "Body.") -> str:
    return "---\n" + "".join(line + "\n" for line in lines) + f"---\n{body}\n"


#: File name, content, the line where it is wrong, and a word of the reason.
BROKEN: list[tuple[str, bytes | str, int, str]] = [
    ("empty.md", "", 1, "is empty"),
    ("blank.md", "\n \n\t\n", 1, "is empty"),
    ("bom-only.md", b"\xef\xbb\xbf\n", 1, "is empty"),
    ("zeros.md", b"\0" * 1000, 1, "no front matter"),
    ("latin-1.md", front("title: One", "date: 2024-11-10").encode() + b"caf\xe9\n", 6, "byte 0xe9"),
    ("cut-character.md", front("title: One").encode() + "ข่าว".encode()[:-1], 5, "byte 0xe0"),
    ("utf-16.md", front("title: One").encode("utf-16"), 1, "byte 0xff at position 0"),
    ("bom-and-latin-1.md", b"\xef\xbb\xbf---\ntitle: caf\xe9\n---\n", 2, "byte 0xe9 at position 17"),
    ("no-front-matter.md", "Only a body.\n", 1, "the first line must be ---"),
    ("unterminated.md", "---\ntitle: One\ndate: 2024-11-10\n\nBody.\n", 1, "never ends"),
    ("bad-yaml.md", front('title: "One', "date: 2024-11-10"), 2, "not YAML"),
    ("bad-yaml-later.md", front("title: One", "date: 2024-11-10", "tags: a: b"), 4, "not YAML"),
    ("bad-yaml-below.md", "\n\n" + front("title: One", "tags: a: b"), 5, "not YAML"),
    ("bad-yaml-crlf.md", front("title: One", "tags: a: b").replace("\n", "\r\n"), 3, "not YAML"),
    ("no-colon.md", front("title: One", "no colon", "date: 2024-11-10"), 3, "not YAML"),
    ("list.md", front("- title", "- date"), 2, "key: value"),
    ("no-title.md", front("layout: post", "date: 2024-11-10", body="title: of the body"), 1, "no title"),
    ("blank-title.md", front("date: 2024-11-10", 'title: "  "'), 3, "no title"),
    ("list-as-title.md", front("subtitle: x", "title_en: y", "date: 2024-11-10", "title: [a]"), 5, "no title"),
    ("no-date.md", front("title: One"), 1, "no date"),
    ("bad-date.md", front("title: One", "date_of_event: 2024", "date: soon"), 4, "'soon'"),
    ("2024-11-10-bad-date.md", front("title: One", "date: 2024-13-01"), 3, "'2024-13-01'"),
    ("bad-date-crlf.md", front("title: One", "date: soon").replace("\n", "\r\n"), 3, "'soon'"),
    ("bad-date-cr.md", front("title: One", "date: soon").replace("\n", "\r"), 3, "'soon'"),
    ("bad-date-below.md", "\n\n" + front("title: One", "date: soon"), 5, "'soon'"),
    ("quoted-key.md", front("title: One", '"date": soon'), 3, "'soon'"),
    ("bad-updated.md", front("title: One", "date: 2024-11-10", "updated: soon"), 4, "'soon'"),
    ("bad-language.md", front("title: One", "date: 2024-11-10", "lang: ''", "language: '!!'"), 5, "'!!'"),
    ("language-twice.md", front("title: One", "date: 2024-11-10", "lang: en", "language: '!!'"), 5, "'!!'"),
    ("alias-bomb.md", front("title: One", BILLION_LAUGHS), 4, "alias"),
    ("merge-bomb.md", front("title: One", MERGE_BOMB), 4, "alias"),
    ("deep.md", front("title: One", "deep: " + "[" * 30_000 + "]" * 30_000), 3, "too deep"),
    ("deep-open.md", front("title: One", "deep: " + "{a: " * 15_000), 3, "too deep"),
    ("deep-pairs.md", front("title: One", "deep: " + "[{" * 15_000), 3, "too deep"),
    ("long.md", front("title: One", "x: " + "y" * 70_000), 1, "64 KB"),
    ("many.md", front("title: One", *(f"k{number}: [v]" for number in range(3_000))), 502, "too long"),
]


#: What has crashed or hung a parser, by the beginning of the name.
DANGEROUS = ("deep", "alias-bomb", "merge-bomb")


@pytest.fixture(scope="module")
def reasons(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """Everything that can be wrong with a file; what could crash is read by a process of its own."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.md").write_text(front("title: Secret", "date: 2024-11-10"))
    folder, dangerous = tmp_path_factory.mktemp("posts"), tmp_path_factory.mktemp("dangerous")
    for name, content, _, _ in BROKEN:
        place = dangerous if name.startswith(DANGEROUS) else folder
        (place / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with (folder / "sparse.md").open("wb") as file:
        file.truncate(50_000_000)
    os.mkfifo(folder / "fifo.md")
    (folder / "out.md").symlink_to(outside / "secret.md")
    (folder / "nowhere.md").symlink_to("missing.md")
    (folder / "folder.md").mkdir()
    (folder / "to-folder.md").symlink_to("folder.md")
    (folder / "good.md").write_text(front("title: Good", "date: 2024-11-10"))
    (folder / os.fsdecode(b"caf\xe9.md")).write_text(front("title: One", "date: 2024-11-10"))
    return read_alone(dangerous) | {file.path: outcome(file) for file in files_in(folder)}


def outcome(file: SourceFile) -> tuple[int, str]:
    try:
        return 0, read_file(file, SOURCE).title
    except PostError as error:
        return error.line, error.reason


def read_alone(folder: Path, *more: str) -> dict[str, tuple[int, str]]:
    command = [sys.executable, "-c", ALONE, os.fspath(folder), *more]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=30, check=True, cwd=ROOT)
    rows = (line.split("\t") for line in done.stdout.splitlines())
    return {path: (int(line), reason) for path, line, reason in rows}


@pytest.mark.parametrize(("name", "line", "word"), [(name, line, word) for name, _, line, word in BROKEN])
def test_a_broken_file_is_refused_with_its_line_and_reason(
    reasons: dict[str, tuple[int, str]], name: str, line: int, word: str
) -> None:
    found, reason = reasons[name]
    assert (found, word in reason) == (line, True), reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("sparse.md", "has 50,000,000 bytes; a post may have 4,194,304"),
        ("fifo.md", "is not a regular file"),
        ("out.md", "is a link that leads out of the posts folder"),
        ("nowhere.md", "is a link that leads nowhere"),
        ("to-folder.md", "is not a regular file"),
        ("caf\\xe9.md~cbd1239b", "has a file name that is not UTF-8"),
    ],
)
def test_what_is_no_file_of_the_folder_is_refused_unopened(
    reasons: dict[str, tuple[int, str]], name: str, reason: str
) -> None:
    assert reasons[name] == (1, reason)


def test_one_good_post_among_them_is_read(reasons: dict[str, tuple[int, str]]) -> None:
    assert reasons["good.md"] == (0, "Good")
    assert [name for name, (line, _) in reasons.items() if line == 0] == ["good.md"]


def test_a_file_that_became_a_fifo_since_the_scan_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert read_alone(tmp_path, os.fspath(tmp_path / "fifo")) == {"raced.md": (1, "is not a regular file")}


def test_what_became_no_regular_file_since_the_scan_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.md").mkdir()
    with pytest.raises(PostError, match="is not a regular file"):
        read_file(SourceFile("a.md", os.fspath(tmp_path / "a.md"), 10, "", True), SOURCE)


def test_a_file_that_grew_since_the_scan_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(front("title: One", "date: 2024-11-10"))
    file = measure(tmp_path, "a.md")
    os.truncate(path, 50_000_000)
    with pytest.raises(PostError, match="more than 4,194,304 bytes"):
        read_file(file, SOURCE)


def test_a_file_that_went_since_the_scan_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(front("title: One", "date: 2024-11-10"))
    file = measure(tmp_path, "a.md")
    path.unlink()
    with pytest.raises(PostError, match="No such file"):
        read_file(file, SOURCE)


def test_a_file_of_just_the_limit_is_read(tmp_path: Path) -> None:
    text = front("title: One", "date: 2024-11-10")
    (tmp_path / "a.md").write_text(text + "x" * (limits.FILE_BYTES - len(text)))
    assert read_file(measure(tmp_path, "a.md"), SOURCE).title == "One"


def read(folder: Path, *lines: str, path: str = "2024-11-10-news.md", body: str = "Body.", **values: Any) -> Post:
    """Write a post and read it; `values` are those of its source."""
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(front(*lines, body=body), "utf-8")
    return read_file(measure(folder, path), replace(SOURCE, **values))


def test_a_scraped_post_is_read_field_by_field(tmp_path: Path) -> None:
    read_post = read(
        tmp_path,
        "layout: post",
        'code: "ART1"',
        'origin_url: "https://wire.example.com/ข่าว?a=1"',
        'image: "https://wire.example.com/a.jpg"',
        'title: "เรือข้ามฟาก: กลับมาแล้ว"',
        'description: "หลังหยุดไปหนึ่งปี"',
        'category: "WORLD"',
        'language: "th"',
        "date: 2024-11-10T10:26:23.043Z",
        path="a.md",
    )
    assert replace(read_post, body_hash="") == replace(
        read_post,
        code="ART1",
        own_code=True,
        path="a.md",
        title="เรือข้ามฟาก: กลับมาแล้ว",
        description="หลังหยุดไปหนึ่งปี",
        language="th",
        categories=("WORLD",),
        tags=(),
        authors=(),
        origin_url="https://wire.example.com/%E0%B8%82%E0%B9%88%E0%B8%B2%E0%B8%A7?a=1",
        image="https://wire.example.com/a.jpg",
        date=datetime(2024, 11, 10, 10, 26, 23, 43_000, tzinfo=UTC),
        updated=None,
        draft=False,
        body_hash="",
        permalink=None,
        significant=None,
        context="",
    )
    assert read_post.body_hash == hash_of("Body.")


def test_a_jekyll_post_is_read_field_by_field(tmp_path: Path) -> None:
    read_post = read(
        tmp_path,
        "layout: news_post",
        "title: Ferries & trains",
        "author:",
        "  - name: Mara Lind",
        "  - มาลี ใจดี",
        "lang: zh_CN",
        "categories: [World, Asia, world]",
        "tags: ferry  island",
        "image: {path: /images/a.jpg}",
        "excerpt: In short.",
        "last_modified_at: 2024-11-12",
        "permalink: /:categories/:title/",
        "significant: no",
        path="zh/_posts/2024-11-10-ferries.md",
    )
    assert replace(read_post, body_hash="") == replace(
        read_post,
        code="zh/_posts/2024-11-10-ferries.md",
        own_code=False,
        title="Ferries & trains",
        description="In short.",
        language="zh-cn",
        categories=("World", "Asia"),
        tags=("ferry", "island"),
        authors=("Mara Lind", "มาลี ใจดี"),
        origin_url=None,
        image="https://news.example.org/images/a.jpg",
        date=datetime(2024, 11, 9, 17, tzinfo=UTC),
        updated=datetime(2024, 11, 11, 17, tzinfo=UTC),
        draft=False,
        body_hash="",
        permalink="https://news.example.org/world/asia/ferries/",
        significant=False,
        context="",
    )


@pytest.mark.parametrize(
    ("line", "categories"),
    [
        ("categories: world asia", ("world", "asia")),
        ("categories: [world news, asia]", ("world news", "asia")),
        ("categories: world news, asia", ("world news", "asia")),
        ("category: world news", ("world news",)),
        ("category: [WORLD, ASIA]", ("WORLD", "ASIA")),
        ("layout: post", ()),
    ],
)
def test_categories_are_a_list_or_a_string_as_jekyll_has_it(
    tmp_path: Path, line: str, categories: tuple[str, ...]
) -> None:
    assert read(tmp_path, "title: One", line).categories == categories


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("author: Mara Lind", ("Mara Lind",)),
        ("author: [Mara Lind, มาลี ใจดี]", ("Mara Lind", "มาลี ใจดี")),
        ("author: {name: Mara Lind, url: https://example.org}", ("Mara Lind",)),
        ("authors: [{name: Mara Lind}]", ("Mara Lind",)),
    ],
)
def test_authors_are_a_string_a_list_or_a_mapping(tmp_path: Path, line: str, authors: tuple[str, ...]) -> None:
    assert read(tmp_path, "title: One", line).authors == authors


@pytest.mark.parametrize(
    ("line", "path", "draft"),
    [
        ("published: false", "2024-11-10-a.md", True),
        ("published: no", "2024-11-10-a.md", True),
        ("published: true", "2024-11-10-a.md", False),
        ("draft: true", "2024-11-10-a.md", True),
        ("draft: false", "2024-11-10-a.md", False),
        ("layout: post", "_drafts/2024-11-10-a.md", True),
        ("layout: post", "en/_drafts/a.md", True),
        ("layout: post", "first_drafts/2024-11-10-a.md", False),
        ("layout: post", "_drafts-of-law/2024-11-10-a.md", False),
    ],
)
def test_a_draft_is_one_by_its_flag_or_its_folder(tmp_path: Path, line: str, path: str, draft: bool) -> None:
    assert read(tmp_path, "title: One", line, path=path).draft is draft


def test_only_a_draft_may_be_without_a_date(tmp_path: Path) -> None:
    assert read(tmp_path, "title: One", "published: false", path="a.md").date is None
    with pytest.raises(PostError, match="has no date"):
        read(tmp_path, "title: One", path="a.md")


def test_the_date_of_the_front_matter_goes_before_the_file_name(tmp_path: Path) -> None:
    assert read(tmp_path, "title: One", "date: 2024-11-09T12:00:00Z").date == datetime(2024, 11, 9, 12, tzinfo=UTC)


@pytest.mark.parametrize("language", ["no", "en-GB", "zh_TW"])
def test_a_language_is_a_tag_even_where_yaml_sees_a_no(tmp_path: Path, language: str) -> None:
    assert read(tmp_path, "title: One", f"lang: {language}").language == language.replace("_", "-").lower()


def test_a_post_that_says_no_language_has_the_one_of_the_site(tmp_path: Path) -> None:
    assert read(tmp_path, "title: One").language == "th"


@pytest.mark.parametrize(("line", "code"), [("id: 012", "012"), ("guid: g", "g"), ('code: ""\nid: i', "i")])
def test_a_code_comes_from_the_first_field_that_says_one(tmp_path: Path, line: str, code: str) -> None:
    found = read(tmp_path, "title: One", line)
    assert (found.code, found.own_code) == (code, True)


@pytest.mark.parametrize(
    ("lines", "image"),
    [
        (["image: a.jpg", "origin_url: https://wire.example.com/x/y"], "https://wire.example.com/x/a.jpg"),
        (["image: /a.jpg"], "https://news.example.org/a.jpg"),
        (["image: {url: //cdn.example.net/a.jpg}"], "https://cdn.example.net/a.jpg"),
        (["image: {alt: nothing}"], None),
        (["image: [a.jpg]"], None),
        (['image: "javascript:alert(1)"'], None),
        (['image: "http://["'], None),
        (['image: " "'], None),
    ],
)
def test_a_picture_is_absolute_or_left_out(tmp_path: Path, lines: list[str], image: str | None) -> None:
    assert read(tmp_path, "title: One", *lines).image == image


@pytest.mark.parametrize(
    ("line", "permalink"),
    [
        ("permalink: /:year/:month/:day/:title/", "https://news.example.org/2024/11/10/ferry/"),
        ("permalink: :title.html", "https://news.example.org/ferry.html"),
        ("permalink: https://blog.example.org/:title", "https://blog.example.org/ferry"),
        ("permalink: /ข่าว/", "https://news.example.org/%E0%B8%82%E0%B9%88%E0%B8%B2%E0%B8%A7/"),
        ("permalink: /:categories/:title", "https://news.example.org/world/asia/ferry"),
        ("permalink: [a]", None),
        ('permalink: " "', None),
        ("permalink: javascript:alert(1)", None),
        ("layout: post", None),
    ],
)
def test_a_permalink_is_the_address_of_the_post_on_its_site(tmp_path: Path, line: str, permalink: str | None) -> None:
    found = read(tmp_path, "title: One", "categories: [World, Asia]", line, path="2024-11-10-ferry.md")
    assert found.permalink == permalink


def test_the_day_in_a_permalink_is_that_of_the_source(tmp_path: Path) -> None:
    lines = ("title: One", "date: 2024-11-10T20:00:00Z", "permalink: /:day/")
    assert read(tmp_path, *lines).permalink == "https://news.example.org/11/"
    assert read(tmp_path, *lines, zone=ZoneInfo("UTC")).permalink == "https://news.example.org/10/"


def test_a_permalink_below_a_site_in_a_folder_is_below_it(tmp_path: Path) -> None:
    found = read(tmp_path, "title: One", "permalink: one/", site_url="https://example.org/blog/")
    assert found.permalink == "https://example.org/blog/one/"


def test_a_draft_without_a_date_may_have_a_permalink(tmp_path: Path) -> None:
    found = read(tmp_path, "title: One", "draft: true", "permalink: /:title/", path="one.md")
    assert (found.date, found.permalink) == (None, "https://news.example.org/one/")


@pytest.mark.parametrize(
    ("path", "lines", "categories"),
    [
        ("world/asia/_posts/2024/2024-11-10-a.md", (), ("world", "asia")),
        ("world/asia/2024-11-10-a.md", (), ("world", "asia")),
        ("_posts/2024-11-10-a.md", (), ("General",)),
        ("2024-11-10-a.md", ("categories: [Sport, Asia]",), ("Sport", "Asia")),
        ("asia/_posts/2024-11-10-a.md", ("categories: sport ASIA",), ("asia", "sport")),
        ("asia/_posts/2024-11-10-a.md", ("category: Winter sport",), ("asia", "Winter sport")),
        ("wire/_posts/2024-11-10-a.md", (), ("wire",)),
    ],
)
def test_the_folders_of_a_post_are_categories_and_its_own_come_after(
    tmp_path: Path, path: str, lines: tuple[str, ...], categories: tuple[str, ...]
) -> None:
    assert read(
        tmp_path, "title: One", *lines, path=path, folder_categories=True, categories=("General",)
    ).categories == (categories)


def test_the_name_of_a_source_is_no_category(tmp_path: Path) -> None:
    (tmp_path / "asia").mkdir()
    (tmp_path / "asia" / "2024-11-10-a.md").write_text(front("title: One"))
    library = Library((replace(SOURCE, name="wire", folder=tmp_path, folder_categories=True),))
    (file,) = library.scan({}).fresh
    assert file.path == "wire/asia/2024-11-10-a.md"
    assert read_file(file, library.source_of(file.path)).categories == ("asia",)


def test_folders_are_no_categories_unless_the_source_says_so(tmp_path: Path) -> None:
    assert read(tmp_path, "title: One", path="asia/2024-11-10-a.md").categories == ()


@pytest.mark.parametrize(
    ("line", "significant"),
    [
        ("significant: no", False),
        ("significant: false", False),
        ("significant: 0", False),
        ("significant: yes", True),
        ("significant: true", True),
        ("significant: very", True),
        ("significant:", None),
        ("layout: post", None),
    ],
)
def test_an_edit_is_significant_as_the_front_matter_says(tmp_path: Path, line: str, significant: bool | None) -> None:
    assert read(tmp_path, "title: One", line).significant is significant


@pytest.mark.parametrize("body", ["See {{ page.place }}.", "{% if page.place %}Here.{% endif %}"])
def test_a_body_that_asks_for_its_front_matter_depends_on_it(tmp_path: Path, body: str) -> None:
    one = read(tmp_path, "title: One", "place: Orla", body=body)
    other = read(tmp_path, "title: One", "place: Celta", body=body)
    assert len(one.context) == 32
    assert one.context != other.context
    assert one.body_key != other.body_key
    assert read(tmp_path, "title: One", "place: Orla", body=body) == one


def test_a_body_that_asks_depends_on_the_date_of_its_file(tmp_path: Path) -> None:
    one, other = (
        read(tmp_path, "title: One", "code: A1", body="{{ page.date }}", path=f"2024-11-{day}-a.md") for day in (10, 11)
    )
    assert one.body_key != other.body_key


def test_a_body_that_asks_for_nothing_depends_on_nothing(tmp_path: Path) -> None:
    one, other = (read(tmp_path, "title: One", f"place: {place}", body="{ % } { {") for place in ("Orla", "Celta"))
    assert (one.context, one) == ("", other)


def test_where_bodies_are_no_templates_none_asks(tmp_path: Path) -> None:
    assert read(tmp_path, "title: One", body="{{ page.place }} {% x %}", liquid=False).context == ""


def test_where_a_post_ends_its_excerpt_itself_its_rendering_depends_on_it(tmp_path: Path) -> None:
    one, other = (
        read(tmp_path, "title: One", f"excerpt_separator: {mark}", liquid=False)
        for mark in ("<!-- a -->", "<!-- b -->")
    )
    assert one.context
    assert one.body_key != other.body_key


def test_fields_have_the_names_that_the_configuration_says(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(front("headline: One", "tongue: en", "when: 2024-11-10"))
    names = fields.FIELDS | {"title": ("headline",), "language": ("tongue",), "date": ("when",)}
    assert read_file(measure(tmp_path, "a.md"), replace(SOURCE, names=names)).title == "One"


@pytest.mark.parametrize(
    "mangle",
    [
        pytest.param(lambda text: "\ufeff" + text, id="byte order mark"),
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(lambda text: text.replace("\n", "\r"), id="CR"),
        pytest.param(lambda text: "\n \n" + text, id="blank lines before"),
        pytest.param(lambda text: text + "\n\n \n", id="blank lines after"),
        pytest.param(lambda text: "\ufeff" + text.replace("\n", "\r\n"), id="byte order mark and CRLF"),
    ],
)
def test_how_a_file_was_saved_does_not_change_the_post(tmp_path: Path, mangle: object) -> None:
    assert callable(mangle)
    text = front("title: เรือ", "date: 2024-11-10", "tags: [a, b]", body="One.\n\nTwo.")
    for name, content in {"plain": text, "mangled": mangle(text)}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.md").write_bytes(content.encode())
    plain, mangled = (measure(tmp_path / name, "a.md") for name in ("plain", "mangled"))
    assert read_file(mangled, SOURCE) == read_file(plain, SOURCE)
    assert contents(mangled)[1] == contents(plain)[1] == "One.\n\nTwo."


def test_fields_are_clipped_to_what_a_feed_can_show(tmp_path: Path) -> None:
    long = read(tmp_path, "title: " + "word " * 1_000, "description: " + "word " * 5_000, "code: " + "x" * 1_000)
    assert len(long.title) <= limits.TITLE_CHARS
    assert len(long.description) <= limits.DESCRIPTION_CHARS
    assert len(long.code) <= limits.CODE_CHARS


def test_awkward_strings_make_a_post_or_a_post_error(corpus: Path, tmp_path: Path) -> None:
    import json

    strings = json.loads((corpus / "hostile" / "strings.json").read_text("utf-8"))
    for number, string in enumerate(strings):
        quoted = json.dumps(string, ensure_ascii=False)
        plain = front(f"title: {string}", f"tags: {string}", body=string)
        safe = front(f"title: {quoted}", f"author: {quoted}", f"category: {quoted}", body=string)
        for kind, text in {"plain": plain, "quoted": safe, "bare": string}.items():
            (tmp_path / f"2024-11-10-{number}-{kind}.md").write_bytes(text.encode("utf-8", "surrogatepass"))
    files = files_in(tmp_path)
    assert len(files) == 3 * len(strings)
    outcomes = [outcome(file) for file in files]
    refused = [reason for line, reason in outcomes if line]
    assert len(refused) > len(strings), "none of them is a post as it stands"
    assert [reason for reason in refused if not reason.isprintable()] == []
