"""`publish subscribers`: readers come in one by one or by a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import Publish


def test_an_address_is_added_and_listed(publish: Publish) -> None:
    done = publish("subscribers", "add", "reader@example.org", "--confirmed", "--language", "TH")
    assert (done.code, done.out) == (0, "reader@example.org: world, confirmed\n")
    assert publish("subscribers", "add", "asked@example.org").out == "asked@example.org: world, pending\n"
    found = publish("subscribers", "list", "--json").json
    assert [(each["email"], each["digest"], each["language"], each["state"]) for each in found] == [
        ("asked@example.org", "world", None, "pending"),
        ("reader@example.org", "world", "th", "confirmed"),
    ]
    shown = publish("subscribers", "list", "--digest", "world").out
    assert shown.index("asked@example.org") < shown.index("reader@example.org")


def test_nobody_is_said_to_be_nobody(publish: Publish) -> None:
    assert publish("subscribers", "list").out == "Nobody has subscribed yet.\n"
    assert publish("subscribers", "list", "--json").json == []


def test_one_must_say_which_of_several_digests(publish: Publish) -> None:
    text = (publish.folder / "config/publisher.toml").read_text("utf-8")
    digest = text[text.index("[[digests]]") : text.index("[mail]")]
    publish.configure(digest, digest + digest.replace('name = "world"', 'name = "again"'))
    done = publish("subscribers", "add", "reader@example.org")
    assert done.code == 2
    assert "--digest; there is world, again" in done.err
    assert publish("subscribers", "add", "reader@example.org", "--digest", "again").code == 0


def test_without_a_digest_there_is_nothing_to_subscribe_to(publish: Publish) -> None:
    text = (publish.folder / "config/publisher.toml").read_text("utf-8")
    publish.configure(text[text.index("[[digests]]") : text.index("[mail]")], "")
    (publish.folder / "readers.csv").write_text("email\n")
    for words in (("add", "reader@example.org"), ("import", "readers.csv")):
        done = publish("subscribers", *words)
        assert (done.code, done.is_one_sentence()) == (2, True)


def test_a_list_is_imported_and_its_bad_lines_are_named(publish: Publish) -> None:
    lines = ["\ufeffemail,language", "one@example.org,th", "nobody,th", "two@example.org,", "one@example.org,"]
    (publish.folder / "readers.csv").write_text("\r\n".join(lines), "utf-8")
    done = publish("subscribers", "import", "readers.csv", "--confirmed", "--digest", "world")
    assert done.code == 1
    assert done.out == "2 confirmed, 0 pending, 1 unchanged, 1 left out\n"
    assert done.err.startswith("readers.csv, line 3: ")
    again = publish("subscribers", "import", "readers.csv")
    assert again.out == "0 confirmed, 0 pending, 3 unchanged, 1 left out\n"


def test_a_file_that_is_no_list_is_wrong_usage_and_brings_nobody_in(publish: Publish) -> None:
    for content in (b"name\nx\n", b"email\nr\xe9ader@example.org\n", b""):
        (publish.folder / "readers.csv").write_bytes(content)
        done = publish("subscribers", "import", "readers.csv")
        assert (done.code, done.is_one_sentence()) == (2, True)
    assert publish("subscribers", "list", "--json").json == []


def test_a_good_list_exits_with_zero(publish: Publish) -> None:
    (publish.folder / "readers.csv").write_text("email\nreader@example.org\n")
    done = publish("subscribers", "import", "readers.csv")
    assert (done.code, done.err, done.out) == (0, "", "0 confirmed, 1 pending, 0 unchanged, 0 left out\n")
