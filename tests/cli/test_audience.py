"""`publish subscribers`: readers come in one by one or by a list."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publisher.cli.options import Options
from publisher.jobs.subscriptions import suppress
from publisher.model.subscriber import Consent, ConsentEvent, ConsentRecord, Wording
from publisher.store import consents, schema, subscribers
from tests.build import NOW
from tests.conftest import ROOT

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
    assert done.out == "2 confirmed, 0 pending, 0 unchanged, 1 named twice, 1 left out\n"
    assert done.err.startswith("readers.csv, line 3: ")
    again = publish("subscribers", "import", "readers.csv")
    assert again.out == "0 confirmed, 0 pending, 2 unchanged, 1 named twice, 1 left out\n"


def test_a_file_that_is_no_list_is_wrong_usage_and_brings_nobody_in(publish: Publish) -> None:
    for content in (b"name\nx\n", b"email,x\nreader@example.org,\x81\x8d\n", b""):
        (publish.folder / "readers.csv").write_bytes(content)
        done = publish("subscribers", "import", "readers.csv")
        assert (done.code, done.is_one_sentence()) == (2, True)
    assert publish("subscribers", "list", "--json").json == []


def test_a_good_list_exits_with_zero(publish: Publish) -> None:
    (publish.folder / "readers.csv").write_text("email\nreader@example.org\n")
    done = publish("subscribers", "import", "readers.csv")
    assert (done.code, done.err, done.out) == (0, "", "0 confirmed, 1 pending, 0 unchanged, 0 left out\n")


def test_a_dry_run_tells_as_a_program_or_a_person_wants_it_and_writes_nothing(publish: Publish) -> None:
    (publish.folder / "readers.csv").write_text("Mail;Lang\nreader@example.org;th\nnobody;th\n")
    words = ("subscribers", "import", "readers.csv", "--column", "email=Mail", "--column", "language=Lang", "--dry-run")
    done = publish(*words)
    assert done.code == 1
    assert done.out == (
        "A dry run, nothing is written; read as utf-8: 0 confirmed, 1 pending, 0 unchanged, 1 left out\n"
    )
    found = publish(*words, "--json").json
    assert (found["added"], found["rejected"], found["delimiter"], found["dry_run"]) == (1, 1, ";", True)
    assert [problem["line"] for problem in found["problems"]] == [3]
    assert publish("subscribers", "list", "--json").json == []


def test_of_very_many_bad_lines_some_are_named(publish: Publish) -> None:
    (publish.folder / "readers.csv").write_text("email\n" + "nobody\n" * 60)
    done = publish("subscribers", "import", "readers.csv")
    assert done.err.count("\n") == 51
    assert "10 more lines are wrong" in done.err


@pytest.mark.parametrize(
    "words",
    [
        ("import", "readers.csv", "--column", "mail=x"),
        ("import", "readers.csv", "--column", "email"),
        ("import", "readers.csv", "--column", "digest=x"),
        ("import", "readers.csv", "--encoding", "klingon"),
        ("import", "missing.csv"),
        ("add", "reader@example.org", "--language", "no language"),
        ("add", "reader"),
        ("show", "reader@example.org"),
        ("show", "reader"),
        ("erase", "reader@example.org"),
        ("unsubscribe", "reader@example.org"),
        ("unsubscribe", "reader@example.org", "--digest", "wrld"),
        ("export", "--output", "missing/readers.csv"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(publish: Publish, words: tuple[str, ...]) -> None:
    (publish.folder / "readers.csv").write_text("email\n")
    done = publish("subscribers", *words)
    assert done.code == 2
    assert "Traceback" not in done.err
    assert done.err.strip()


def test_a_reader_leaves_and_a_list_does_not_bring_them_back(publish: Publish) -> None:
    publish("subscribers", "add", "reader@example.org", "--confirmed")
    done = publish("subscribers", "unsubscribe", "Reader@Example.org")
    assert (done.code, done.out) == (0, "reader@example.org: world, unsubscribed\n")
    (publish.folder / "readers.csv").write_text("email\nreader@example.org\n")
    done = publish("subscribers", "import", "readers.csv", "--confirmed")
    assert done.out == "0 confirmed, 0 pending, 0 unchanged, 1 not brought back, 0 left out\n"


def test_the_erased_are_unknown_and_come_back_by_no_list_even_under_a_new_secret(publish: Publish) -> None:
    publish("subscribers", "add", "reader@example.org", "--confirmed")
    done = publish("subscribers", "erase", "reader@example.org")
    assert (done.code, done.out) == (0, "reader@example.org is erased; no list brings it back.\n")
    secret = publish.folder / "var" / "secret"
    secret.write_text("n" * 43 + "\n" + secret.read_text())
    assert publish("subscribers", "add", "reader@example.org").out == "reader@example.org: world, suppressed\n"
    (publish.folder / "readers.csv").write_text("email\nreader@example.org\n")
    for words in (["--dry-run"], ["--confirmed"], []):
        done = publish("subscribers", "import", "readers.csv", *words)
        assert "1 not brought back" in done.out
    # Whoever is erased from now on is remembered beside them.
    publish("subscribers", "add", "other@example.org")
    publish("subscribers", "erase", "other@example.org")
    secret.write_text("m" * 43 + "\n" + secret.read_text())
    for address in ("reader@example.org", "other@example.org"):
        assert publish("subscribers", "add", address).out == f"{address}: world, suppressed\n"
    assert publish("subscribers", "show", "reader@example.org").code == 2
    assert publish("subscribers", "list", "--json").json == []


def test_everything_known_of_a_reader_is_shown(publish: Publish) -> None:
    publish("subscribers", "add", "reader@example.org", "--confirmed", "--language", "th")
    with Options().publication() as publication, publication.database.begin() as connection:
        reader = subscribers.find(connection, "reader@example.org")
        assert reader is not None
        wording = Wording(text="I agree.", version="3")
        consents.record(
            connection,
            [ConsentRecord(subscriber_id=reader.id, digest="world", event=ConsentEvent.ASKED, at=NOW, wording=wording)],
        )
        suppress(connection, reader.id, Consent.BOUNCED, source="a report", now=NOW)
        connection.execute(
            schema.bounces.insert().values(
                report="r", subscriber_id=reader.id, kind="hard", action="suppressed", why="no such user", at=NOW
            )
        )
    shown = publish("subscribers", "show", "reader@example.org").out
    for said in ("bounced since 2024-11-10 12:00 UTC", "attested", "I agree. (3)", "a report", "no such user"):
        assert said in shown
    found = publish("subscribers", "show", "reader@example.org", "--json").json
    assert (found["email"], found["language"], found["suppressed_for"]) == ("reader@example.org", "th", "bounced")
    assert [each["state"] for each in found["subscriptions"]] == ["bounced"]
    assert [each["event"] for each in found["consents"]] == ["attested", "asked", "bounced"]
    assert [each["why"] for each in found["bounces"]] == ["no such user"]
    assert found["deliveries"] == []


def test_the_audience_is_written_where_nobody_else_reads_it(publish: Publish) -> None:
    publish("subscribers", "add", "reader@example.org", "--confirmed")
    done = publish("subscribers", "export", "--digest", "world", "--output", "out.csv")
    assert done.out == "1 subscriptions are in out.csv.\n"
    assert (publish.folder / "out.csv").stat().st_mode & 0o777 == 0o600
    written = (publish.folder / "out.csv").read_bytes().decode()
    assert written.startswith("email,digest,language,state,since,confirmed_at\r\nreader@example.org,world,,confirmed,")
    assert publish("subscribers", "export").out.splitlines() == written.splitlines()


def test_an_export_that_nobody_reads_to_its_end_is_no_mistake(publish: Publish) -> None:
    publish("subscribers", "add", "reader@example.org")
    reading, writing = os.pipe()
    os.close(reading)
    assert _export_to(publish.folder, writing) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_an_export_that_has_no_room_is_one_sentence(publish: Publish) -> None:
    publish("subscribers", "add", "reader@example.org")
    assert _export_to(publish.folder, os.open("/dev/full", os.O_WRONLY)) == (
        2,
        "publish: standard output cannot be written (No space left on device): name a file with --output\n",
    )


def test_an_export_to_a_closed_output_is_one_sentence(publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    done = publish("subscribers", "export")
    assert (done.code, done.err) == (2, "publish: standard output is closed: name a file with --output\n")


def _export_to(folder: Path, output: int) -> tuple[int, str]:
    """Export to a descriptor, which is closed then; gives the exit code and what was complained of."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "publisher", "subscribers", "export"],
            cwd=folder,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=False,
        )
    finally:
        os.close(output)
    return done.returncode, done.stderr
