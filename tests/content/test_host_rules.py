"""Rules for single hosts: how `cleaning.toml` is read, and what each key does to a body."""

from __future__ import annotations

from pathlib import Path

import pyromark
import pytest

from publisher.content.cleaning.hosts import HostRules, load
from publisher.content.cleaning.pipeline import Cleaned, Subject, clean
from publisher.content.cleaning.tree import parse, text_of
from publisher.model.errors import ConfigurationError

SHIPPED = Path(__file__).parents[2] / "config" / "cleaning.toml"
MARKDOWN = pyromark.Markdown(options=pyromark.Options.ENABLE_TABLES)
REPORT = "The ferry left Brannel at dawn, with every berth taken and a brass band on deck."

NO_PATTERN = (
    "[\"daily.example.net\"].drop_matching[0]: '(' is no regular expression: "
    "missing ), unterminated subpattern at position 0"
)
NO_HOST = (
    "[\"daily.example.net\"].drop_links_to[0]: 'no host' is no host with or without a path, such as "
    "'shop.example.net/offers'"
)


def rules(folder: Path, text: str) -> HostRules:
    path = folder / "cleaning.toml"
    path.write_text(text, "utf-8")
    return load(path)


def cleaned(folder: Path, keys: str, body: str) -> tuple[str, Cleaned]:
    tree = parse(MARKDOWN.html(body))
    origin = "https://daily.example.net/local/1"
    host = rules(folder, f'["daily.example.net"]\n{keys}').for_url(origin)
    done = clean(tree, Subject(title="A ferry", origin=origin, host=host))
    return text_of(tree), done


def problems(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as raised:
        rules(folder, text)
    return raised.value.problems


def test_what_is_shipped_is_valid_and_empty() -> None:
    assert load(SHIPPED) == HostRules()


def test_the_example_that_is_shipped_is_valid(tmp_path: Path) -> None:
    text = SHIPPED.read_text("utf-8").partition("to use it:\n#\n")[2].replace("# ", "")
    rule = rules(tmp_path, text).for_url("https://daily.example.net/a")
    assert rule is not None
    assert all((rule.cut_from_heading, rule.drop_matching, rule.drop_links_to, rule.keep))


def test_a_missing_file_has_no_rules(tmp_path: Path) -> None:
    assert load(tmp_path / "cleaning.toml").for_url("https://daily.example.net/a") is None


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://example.net/a", "wide"),
        ("https://www.example.net/a", "wide"),
        ("https://sport.example.net/a", "wide"),
        ("https://daily.example.net/a", "narrow"),
        ("https://m.daily.example.net:8080/a", "narrow"),
        ("https://notexample.net/a", None),
        ("not an address", None),
        (None, None),
    ],
)
def test_the_longest_host_wins(tmp_path: Path, url: str | None, found: str | None) -> None:
    read = rules(tmp_path, '["www.example.net"]\nkeep = ["wide"]\n["daily.example.net"]\nkeep = ["narrow"]')
    rule = read.for_url(url)
    assert (rule.keep[0].pattern if rule else None) == found


def test_the_fingerprint_changes_with_the_rules_and_not_with_comments(tmp_path: Path) -> None:
    one = rules(tmp_path, '["example.net"]\nkeep = ["a"]').fingerprint
    assert rules(tmp_path, '# why\n["example.net"]\nkeep = ["a"]').fingerprint == one
    assert rules(tmp_path, '["example.net"]\nkeep = ["b"]').fingerprint != one


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    text = """
    ["daily.example.net"]
    drop_matching = ["(", "ok", 3]
    drop_link_to = ["x.example.net"]
    cut_from_heading = "Related"
    drop_links_to = ["no host"]
    keep = [".*"]
    ["no host"]
    keep = ["a"]
    """
    assert problems(tmp_path, text) == (
        NO_PATTERN,
        '["daily.example.net"].drop_matching[2]: must be a text that is not empty',
        "[\"daily.example.net\"].drop_link_to: is no key; did you mean 'drop_links_to'?",
        '["daily.example.net"].cut_from_heading: must be a list, such as ["…"], not \'Related\'',
        NO_HOST,
        "[\"daily.example.net\"].keep[0]: '.*' matches the empty text, and so every block",
        '["no host"]: must be a host, such as "daily.example.net"',
    )


def test_a_heading_without_letters_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, '["example.net"]\ncut_from_heading = ["***"]')
    assert problem.endswith("'***' has no letters, and would match nothing")


def test_a_key_outside_a_table_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, 'keep = ["a"]')
    assert problem == 'keep: must be a table named by a host, such as ["daily.example.net"]'


def test_what_is_no_toml_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "[")
    assert problem.startswith("cannot be read as TOML: ")


def test_cut_from_heading_takes_the_heading_and_all_that_follows(tmp_path: Path) -> None:
    rest = "A line.\n\n* An item\n\n| a | b |\n|---|---|\n| c | d |\n\n---\n"
    body = f"{REPORT}\n\n{REPORT}\n\n## Around the Harbour:\n\n{rest}"
    text, done = cleaned(tmp_path, 'cut_from_heading = ["around the harbour"]', body)
    assert text == f"{REPORT} {REPORT}"
    assert {removed.rule for removed in done.removed} == {"host_heading"}


def test_drop_matching_takes_the_block(tmp_path: Path) -> None:
    body = f"{REPORT}\n\nOn the radio: hear the band at nine.\n\n{REPORT}"
    text, done = cleaned(tmp_path, "drop_matching = ['^On the radio:']", body)
    assert text == f"{REPORT} {REPORT}"
    assert [(one.rule, one.text) for one in done.removed] == [("host_match", "On the radio: hear the band at nine.")]


def test_drop_links_to_takes_the_block_of_a_link_or_the_link(tmp_path: Path) -> None:
    body = (
        f"{REPORT} See [our shop](https://www.shop.example.net/x) and [the fleet](https://fleet.example.net/).\n\n"
        "[Win a cabin](/competitions/2)\n\n[The other one](/competitionsandmore)"
    )
    text, _ = cleaned(tmp_path, 'drop_links_to = ["shop.example.net", "daily.example.net/competitions"]', body)
    assert text == f"{REPORT} See and the fleet. The other one"


def test_keep_is_stronger_than_any_rule(tmp_path: Path) -> None:
    body = f"{REPORT}\n\n## Related news\n\n* [Ferry](https://daily.example.net/2)\n\nFollow us on Facebook.\n"
    text, done = cleaned(tmp_path, "keep = ['Follow us', 'Ferry$']", body)
    assert text == f"{REPORT} Related news Ferry Follow us on Facebook."
    assert done.removed == ()


def test_patterns_see_only_the_beginning_of_a_block(tmp_path: Path) -> None:
    text, done = cleaned(tmp_path, "drop_matching = ['(a+)+$', 'end']", "aaaaaaaa " * 500 + "end")
    assert text.endswith("end")
    assert done.removed == ()
