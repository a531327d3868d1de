"""Front matter: the fast path equals YAML, the limits hold, and a mistake is named by its line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.content.frontmatter import parse, read_plain, read_yaml
from publisher.model.errors import PostError

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

#: Pieces of which YAML makes something of its own, or that look as if it did.
PIECES = [
    *"ab09:#-~ '\"\\,?!@%&*|>{}[]()=;./+_<$^`\t²١กาéßＡ😀",
    *("\x00", "\x07", "\x7f", "\x85", "\xa0", "\xad", "\u0300", "\u2028", "\u2029", "\ufeff", "\ufffd", "\ufffe", "\r"),
    *(": ", " #", "- ", "...", "---", "null", "Null", "~", "true", "no", "1e3", "0x1f", "12:30", "2024-11-10", "<<"),
]
KEYS = st.sampled_from(
    [
        "a",
        "b",
        "title",
        "a-b",
        "a_b",
        "a b",
        "null",
        "~",
        "true",
        "1a",
        "é",
        "ชื่อ",
        "<<",
        '"q"',
        "'q'",
        "",
        "a:b",
        "=",
        "-",
    ]
)
#: What ends a line for some, or is a space for some, and for YAML is not what it is for others.
BLANKS = ["\x85", "\xa0", "\u2028", "\u2029", "\u3000", "\ufeff", "\u200b", "\t"]
INDICATORS = [*"-?:,[]{}#&*!|>'\"%@`=", "- ", "? ", ": ", " #", "<<", "---", "...", "!!str ", "&a ", "*a", "|-", ">+"]
WORDS = [
    "Ferry",
    "ferry returns",
    "2024-11-10",
    "12:30",
    "https://example.org/a?b=c&d#e",
    "เรือข้ามฟาก",
    "Orla’s",
    "no",
    "e\u0301",
]
VALUES = st.lists(st.sampled_from([*PIECES, *WORDS, *BLANKS]), max_size=8).map("".join)
QUOTED = st.one_of(
    VALUES,
    VALUES.map('"{}"'.format),
    VALUES.map("'{}'".format),
    st.builds("{}{}".format, st.sampled_from(INDICATORS), st.sampled_from(["", *WORDS])),
    st.builds(
        "{}{}{}".format, st.sampled_from(WORDS), st.sampled_from(INDICATORS + BLANKS), st.sampled_from(["", *WORDS])
    ),
    st.sampled_from(["", "''", '""', "null", "~", "'null'", '"~"', "' '", "'it''s'", '"a\\"b"', '"a" b', "'a'b"]),
)
LINES = st.tuples(
    st.sampled_from(["", "", "", "", " ", "\t"]),
    KEYS,
    st.sampled_from([": ", ": ", ":", ":  ", " : ", ":\t"]),
    QUOTED,
    st.sampled_from(["", "", " ", "   ", "\t", " # x", "#x", ",", ":", *BLANKS]),
).map("".join)
OTHER_LINES = ["", "", " ", "\t", "- a", "  b: c", "  more", "# x", "...", "%YAML 1.1", *BLANKS]
BLOCKS = st.lists(st.one_of(LINES, LINES, st.sampled_from(OTHER_LINES)), max_size=6).map("\n".join)

#: What nearly every post has: keys that are words, each once, and values in which nothing means anything to YAML.
PLAIN_KEYS = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,20}", fullmatch=True)
PLAIN_VALUES = st.one_of(
    st.sampled_from(
        ["", "no", "012", "1e3", "0x1f", "2024-11-10", "2024-11-10T10:26:23.043Z", "a:b", "a,b", "a, b", "null"]
    ),
    st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9 ./+()!?;@=_-]{0,30}[A-Za-z0-9])?", fullmatch=True),
    st.text("กขคéß😀 :#-[]{}&*!|>%@`',.", max_size=20).map('"{}"'.format),
    st.text('กขคéß😀 :#-[]{}&*!|>%@`",.', max_size=20).map("'{}'".format),
)
PLAIN_BLOCKS = st.lists(
    st.tuples(PLAIN_KEYS, PLAIN_VALUES, st.sampled_from(["", "", " ", "   "]), st.sampled_from(["", "", "\n", "\n\n"])),
    max_size=12,
    unique_by=lambda line: line[0],
).map(lambda lines: "\n".join(f"{key}: {value}{spaces}{blank}" for key, value, spaces, blank in lines))


def slowly(block: str) -> dict[str, Any] | PostError:
    try:
        return read_yaml(block)
    except PostError as error:
        return error


def parsed(text: str) -> dict[str, Any] | PostError:
    try:
        return parse(text)[0]
    except PostError as error:
        return error


def assert_paths_agree(block: str) -> None:
    fast = read_plain(block)
    if fast is not None:
        slow = slowly(block)
        assert fast == slow
        assert list(fast) == list(slow)


@settings(max_examples=800, deadline=None)
@given(BLOCKS)
@example("a: b: c")
@example("a: b #c")
@example("a: ~")
@example("a: null ")
@example("a:\nb:")
@example("a: 1\na: 2")
@example('a: "b\u2028c"')
@example("a: 'it''s'")
@example("a: b\x85c: d")
@example("a: b\u2028c: d")
@example("a: 'b\u2029 c'")
@example("a: b\xa0")
@example("a: b\n\n\nc: d\n")
@example("a: b\n  c")
@example("a:\n- b")
@example("a: 'b'\n 'c'")
@example("a: b\n# c: d\ne: f # g")
@example("a: b\r\nc: d")
@example("\ufeffa: b")
@example("a: 1:\nb: 2,")
def test_the_fast_path_says_what_yaml_says(block: str) -> None:
    assert_paths_agree(block)


@settings(max_examples=400, deadline=None)
@given(PLAIN_BLOCKS)
def test_the_fast_path_reads_what_nearly_every_post_has(block: str) -> None:
    fast = read_plain(block)
    assert fast is not None
    assert list(fast.items()) == list(read_yaml(block).items())


@settings(max_examples=30, deadline=None)
@given(st.integers(490, 510), st.lists(LINES, max_size=2), st.sampled_from(["", "\n", "\n\n\n"]), st.randoms())
def test_the_fast_path_says_what_yaml_says_of_many_lines(
    count: int, more: list[str], blank: str, random: Random
) -> None:
    lines = [f"k{number}: v{blank}" for number in range(count)]
    for line in more:
        lines.insert(random.randrange(len(lines)), line)
    assert_paths_agree("\n".join(lines))


@pytest.mark.parametrize(("count", "is_fast"), [(500, True), (501, False)])
def test_the_fast_path_reads_so_many_lines_and_no_more(count: int, is_fast: bool) -> None:
    block = "\n\n".join(f"k{number}: 'v'" for number in range(count))
    assert (read_plain(block) is not None) is is_fast
    assert len(read_yaml(block)) == count


@settings(max_examples=200, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(["{}", '"{}"', "'{}'", "x{}", "{}x"]),
)
def test_the_fast_path_says_what_yaml_says_of_any_characters(value: str, form: str) -> None:
    assert_paths_agree("key: " + form.format(value))


@pytest.mark.parametrize(
    "block",
    [
        pytest.param("k" * 1_100 + ": v", id="a key longer than YAML takes"),
        pytest.param("\n".join(f"k{number}: v" for number in range(1_001)), id="more lines than the limit of events"),
        pytest.param("\n".join(f"k{number}: v" for number in range(900)), id="many lines"),
        pytest.param("\n".join(f"k{number % 400}: v" for number in range(450)), id="many lines, some twice"),
    ],
)
def test_the_fast_path_keeps_the_limits_of_yaml(block: str) -> None:
    assert_paths_agree(block)


def test_the_fast_path_says_what_yaml_says_of_every_real_post(corpus: Path) -> None:
    answered = asked = 0
    for path in sorted((corpus / "posts").rglob("*.md")):
        text = path.read_text("utf-8-sig")
        _, opening, rest = text.partition("---\n")
        block, closing, _ = rest.partition("\n---")
        if opening and closing:
            asked += 1
            answered += read_plain(block) is not None
            assert_paths_agree(block)
    assert asked > 2_000
    assert answered > asked / 2, "the fast path ought to be the usual one"


def test_the_fast_path_says_what_yaml_says_of_hostile_yaml(corpus: Path) -> None:
    # The suite shows what is invisible: tabs, line ends, blanks, the byte order mark.
    shown = str.maketrans({"»": "\t", "—": "", "␣": " ", "↵": "", "←": "\r", "⇔": "\ufeff", "∎": ""})
    cases = [
        case["yaml"].translate(shown)
        for path in sorted((corpus / "hostile" / "yaml").glob("*.yaml"))
        for case in yaml.safe_load(path.read_text("utf-8"))
        if "yaml" in case
    ]
    assert len(cases) > 100
    for case in cases:
        for line in [case, *case.splitlines()]:
            assert_paths_agree(line)


def test_hostile_yaml_raises_nothing_but_a_post_error(corpus: Path) -> None:
    for path in sorted((corpus / "hostile" / "yaml").glob("*.yaml")):
        for case in yaml.safe_load(path.read_text("utf-8")):
            slowly(case.get("yaml", ""))
        slowly(path.read_text("utf-8"))


@settings(max_examples=300, deadline=None)
@given(st.one_of(BLOCKS, st.text(max_size=40)))
def test_any_post_parses_or_raises_a_post_error_of_one_line(block: str) -> None:
    text = f"---\n{block}\n---\nbody"
    result = parsed(text)
    if isinstance(result, PostError):
        assert 1 <= result.line <= text.count("\n") + 1
        assert len(result.reason.splitlines()) == 1
    else:
        assert all(isinstance(value, str | list | dict | None) for value in result.values())


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("lang: no", {"lang": "no"}),
        ("code: 012", {"code": "012"}),
        ("time: 12:30", {"time": "12:30"}),
        ("date: 2024-11-10", {"date": "2024-11-10"}),
        ("published: false", {"published": "false"}),
        ("number: [1, 2.0, 0x1f, 1e3, .inf]", {"number": ["1", "2.0", "0x1f", "1e3", ".inf"]}),
        ("tagged: !!int 7", {"tagged": "7"}),
        ("nothing:\nnull: ~\nempty: ''", {"nothing": None, "null": None, "empty": ""}),
        ('content: a\nhandler: b\n"quoted key": c', {"content": "a", "handler": "b", "quoted key": "c"}),
        ("a: {b: [c, {d: e}]}", {"a": {"b": ["c", {"d": "e"}]}}),
        ("text: |\n  one\n  two", {"text": "one\ntwo\n"}),
        ("ชื่อ: ข่าว", {"ชื่อ": "ข่าว"}),
        ("", {}),
        ("# nothing but a remark", {}),
    ],
)
def test_values_stay_what_the_editor_wrote(block: str, expected: dict[str, Any]) -> None:
    assert parse(f"---\n{block}\n---\nbody") == (expected, "body")


def test_the_block_ends_at_the_first_line_of_dashes_alone() -> None:
    assert parse("--- \ntitle: a --- b\n---- c: d\n--- \t\n\none\n\n---\n\ntwo") == (
        {"title": "a --- b", "---- c": "d"},
        "one\n\n---\n\ntwo",
    )


@pytest.mark.parametrize(
    ("block", "line", "word"),
    [
        pytest.param("title: a\ndate: b: c", 3, "mapping values", id="a colon too many"),
        pytest.param("title: a\nno colon here\ndate: b", 3, "':'", id="a line without a colon"),
        pytest.param('title: a\ndate: "b\n', 3, "end of stream", id="a quote that never closes"),
        pytest.param("title: a\ntags: [b, c\ndate: d", 3, "']'", id="a bracket that never closes"),
        pytest.param("title: a\ntags: {b: c", 3, "'}'", id="a brace that never closes"),
        pytest.param("title: a\ndescription: |\n  b\nc", 5, "':'", id="text that is not indented"),
        pytest.param("title: a\n\tdate: b", 3, "tab", id="a tab"),
        pytest.param("title: a\n  date: b", 3, "mapping values", id="an indent too many"),
        pytest.param('title: a\ndate: "\\q"', 3, "escape", id="an escape that is none"),
        pytest.param("title: a\ndate: @b", 3, "token", id="a character YAML keeps"),
        pytest.param("title: a\ndate: b\ntitle: c", 4, "twice", id="a key that comes twice"),
        pytest.param("title: a\n? [b]\n: c", 3, "key", id="a key that is a list"),
        pytest.param('title: a\ndate: "\x07"', 3, "control", id="a control character"),
        pytest.param("title: a\ndate: !!python/name:os.system x", 3, "tag", id="a tag of Python's"),
        pytest.param("title: a\ndate: !!str [b]", 3, "scalar", id="a list that claims to be text"),
        pytest.param("title: a\ndate: !!map b", 3, "mapping", id="text that claims to be a mapping"),
        pytest.param("title: a\nb: &x c\nd: *x", 4, "alias", id="an alias"),
        pytest.param("title: a\n...\nb: c", 4, "document", id="a second document"),
        pytest.param("- a\n- b", 2, "key: value", id="a list"),
        pytest.param("just words", 2, "key: value", id="words"),
        pytest.param('title: "a\u2028b"\ndate: c: d', 3, "mapping values", id="behind a line separator"),
    ],
)
def test_a_mistake_is_named_by_its_line_in_the_file(block: str, line: int, word: str) -> None:
    with pytest.raises(PostError) as caught:
        parse(f"---\n{block}\n---\nbody")
    assert (caught.value.line, word in caught.value.reason) == (line, True), str(caught.value)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("title: a\n\nbody", "no front matter"),
        ("+++\ntitle = 'a'\n+++\nbody", "no front matter"),
        ("---\ntitle: a\n\nbody", "never ends"),
        ("---\ntitle: a\n----\nbody", "never ends"),
        ("---", "never ends"),
        ("---\n" + "# remark\n" * 10_000 + "---\n", "64 KB"),
    ],
)
def test_a_block_without_beginning_or_end_is_refused(text: str, word: str) -> None:
    with pytest.raises(PostError, match=word):
        parse(text)


@pytest.mark.parametrize(
    "block",
    [
        pytest.param("a: " + "[" * 17 + "]" * 17, id="lists"),
        pytest.param("a: " + "{b: " * 17 + "c" + "}" * 17, id="mappings"),
        pytest.param("\n".join("  " * level + "a:" for level in range(18)) + " b", id="indents"),
        pytest.param("a: [" + "b, " * 2_100 + "]", id="items"),
    ],
)
def test_what_is_too_deep_or_too_long_is_refused(block: str) -> None:
    with pytest.raises(PostError, match="too deep or too long"):
        read_yaml(block)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(PostError, match="not YAML") as caught:
        read_yaml("a: \ud800")
    assert caught.value.line == 2


def test_what_is_deep_but_within_the_limit_is_read() -> None:
    value: Any = read_yaml("a: " + "[" * 14 + "b" + "]" * 14)["a"]
    while isinstance(value, list):
        (value,) = value
    assert value == "b"


def test_a_merge_key_is_a_key_like_any_other() -> None:
    assert read_yaml("<<: {a: b}\nc: d") == {"<<": {"a": "b"}, "c": "d"}
