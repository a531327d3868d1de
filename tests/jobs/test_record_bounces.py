"""What came back is believed only with a hash of ours in it, counts once, and each decision has its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from publisher.jobs.record_bounces import BounceRecorder, Outcome
from publisher.jobs.subscriptions import erase
from publisher.mail import verp
from publisher.mail.tokens import Signer
from publisher.model.bounce import Action, Kind
from publisher.model.edition import EditionState
from publisher.model.errors import UsageError
from publisher.model.subscriber import Consent
from publisher.store import bounces, consents, editions, schema, subscribers
from tests.build import NOW
from tests.mail.reports import complaint, group, in_words, standard
from tests.store.test_bounces import READER, delivery_of, mailed
from tests.store.test_editions import THAI

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from publisher.store.bounces import Owner
    from publisher.store.database import Database

SIGNER = Signer("a secret of the publication, long enough")
FULL = group(status="4.2.2", said="452 4.2.2 The mailbox is full")
REFUSED = group(status="5.7.1", said="550 5.7.1 blocked for its reputation")


@dataclass
class Mailed:
    """An edition that one reader was sent."""

    database: Database
    owner: Owner
    #: Where that message comes back to.
    path: str

    def take_in(self, data: bytes, *, now: datetime = NOW, to: tuple[str, ...] = ()) -> Outcome:
        (outcome,) = self.recorder(now).take_in(data, source="report.eml", envelope_to=to)
        return outcome

    def recorder(self, now: datetime = NOW) -> BounceRecorder:
        return BounceRecorder(database=self.database, signer=SIGNER, now=now)

    @property
    def message_id(self) -> str:
        return f"<{SIGNER.digest(THAI, self.owner.subscriber_id)}@news.example.org>"

    @property
    def token(self) -> str:
        return SIGNER.token("unsubscribe", self.owner.subscriber_id, "world")

    @property
    def consent(self) -> Consent | None:
        with self.database.read() as connection:
            return subscribers.consent(connection, self.owner.subscriber_id, "world")

    @property
    def kept(self) -> list[tuple[Kind, Action]]:
        with self.database.read() as connection:
            return [(each.kind, each.action) for each in bounces.of(connection, self.owner.subscriber_id)]

    @property
    def edition(self) -> tuple[str, str | None]:
        with self.database.read() as connection:
            columns = schema.editions.c
            row = connection.execute(select(columns.state, columns.paused_for).where(columns.id == THAI)).one()
            return row.state, row.paused_for


@pytest.fixture
def reader(sqlite: Database) -> Mailed:
    with sqlite.begin() as connection:
        (owner,) = mailed(connection)
        path = verp.envelope_from("bounces@news.example.org", delivery_of(connection, owner), SIGNER)
    return Mailed(sqlite, owner, path)


def test_no_such_address_suppresses_the_one_whose_return_path_it_came_to(reader: Mailed) -> None:
    outcome = reader.take_in(standard(to=reader.path))
    assert (outcome.source, outcome.report.kind, outcome.action) == ("report.eml", Kind.HARD, Action.SUPPRESSED)
    assert "550 5.1.1 No such user here" in outcome.why
    assert reader.consent is Consent.BOUNCED
    with reader.database.read() as connection:
        (kept,) = bounces.of(connection, reader.owner.subscriber_id)
        assert (kept.edition_id, kept.status, kept.why, kept.at) == (THAI, "5.1.1", outcome.why, NOW)
        assert consents.of(connection, reader.owner.subscriber_id)[-1].source == "hard: report.eml"


@pytest.mark.parametrize(
    "made",
    [
        lambda reader: (standard(), (reader.path,)),
        lambda reader: (standard(returned=f"Return-Path: <{reader.path}>"), ()),
        lambda reader: (standard(returned=f"To: {READER}\nMessage-ID: {reader.message_id}"), ()),
        # A forwarded mail: the report names another address, the message's own header the reader's.
        lambda reader: (
            standard(group("else@example.com"), returned=f"To: <{READER}>\nMessage-ID: {reader.message_id}"),
            (),
        ),
        # Headers without To: the address in the report says where to look.
        lambda reader: (standard(returned=f"Message-ID: {reader.message_id}"), ()),
    ],
    ids=["envelope", "returned path", "message-id", "forwarded", "recipient"],
)
def test_a_report_may_show_in_several_ways_whose_it_is(
    reader: Mailed, made: Callable[[Mailed], tuple[bytes, tuple[str, ...]]]
) -> None:
    data, to = made(reader)
    assert reader.take_in(data, to=to).action is Action.SUPPRESSED
    assert reader.consent is Consent.BOUNCED


@pytest.mark.parametrize(
    "made",
    [
        lambda reader: standard(),
        lambda reader: standard(to=READER, words=READER, returned=f"To: {READER}\nMessage-ID: <made-up@example.org>"),
        lambda reader: standard(to=reader.path.replace("+", "+9")),
        lambda reader: standard(to="bounces+1-00000000000000000000@news.example.org"),
        # A return path that was made here, of a delivery that is none.
        lambda reader: standard(to=verp.envelope_from("bounces@news.example.org", 999, SIGNER)),
        lambda reader: standard(group("no address"), returned=f"To: nobody@\nMessage-ID: {reader.message_id}"),
        lambda reader: standard(returned=f"To: other@example.org\nMessage-ID: {reader.message_id}").replace(
            READER.encode(), b"other@example.org"
        ),
        lambda reader: standard(returned=f"List-Unsubscribe: <https://news.example.org/u/{reader.token}>"),
        lambda reader: complaint(returned=f"To: {READER}\nList-Unsubscribe: <https://x.example/u/{'a' * 40}>"),
        lambda reader: complaint(
            returned=f"List-Unsubscribe: <https://x.example/u/{SIGNER.token('unsubscribe', 999, 'world')}>"
        ),
        lambda reader: in_words("", subject=f"unsubscribe {reader.token}x"),
        lambda reader: in_words("", subject=f"unsubscribe {SIGNER.token('preferences', 1, 'world')}"),
        lambda reader: in_words("", subject=f"unsubscribe {SIGNER.token('unsubscribe', 999, 'world')}"),
    ],
)
def test_what_nobody_here_has_signed_changes_nothing_and_says_so(
    reader: Mailed, made: Callable[[Mailed], bytes]
) -> None:
    outcome = reader.take_in(made(reader))
    assert outcome.report.kind is not Kind.NOT_A_BOUNCE
    assert outcome.action is Action.NONE
    assert outcome.why
    assert (reader.consent, reader.kept, reader.edition) == (Consent.CONFIRMED, [], ("approved", None))


def test_a_message_that_is_no_bounce_changes_nothing_wherever_it_was_sent(reader: Mailed) -> None:
    assert reader.take_in(in_words("Thank you!", sender=READER, subject="Re: News", to=reader.path)) == Outcome(
        source="report.eml", report=reader.take_in(b"").report, action=Action.NONE, why="it is no bounce"
    )
    assert (reader.consent, reader.kept) == (Consent.CONFIRMED, [])


def test_one_report_counts_once(reader: Mailed) -> None:
    data = standard(FULL, to=reader.path)
    assert reader.take_in(data).action is Action.COUNTED
    assert reader.take_in(data.replace(b"\n", b"\r\n")).why == "it was taken in before"
    assert reader.kept == [(Kind.SOFT, Action.COUNTED)]


def test_a_mailbox_that_stays_full_is_given_up(reader: Mailed) -> None:
    for day in range(8):
        data = standard(FULL, to=reader.path, name=str(day))
        last = reader.take_in(data, now=NOW + timedelta(days=day))
        assert last.action is (Action.SUPPRESSED if day == 7 else Action.COUNTED)
    assert reader.consent is Consent.BOUNCED
    assert reader.take_in(standard(to=reader.path)).action is Action.NOTED


def test_a_refusal_by_policy_pauses_the_edition_and_suppresses_nobody(reader: Mailed) -> None:
    outcome = reader.take_in(standard(REFUSED, to=reader.path))
    assert outcome.action is Action.PAUSED
    state, reason = reader.edition
    assert (state, reader.consent) == ("paused", Consent.CONFIRMED)
    assert reason is not None
    assert f"publish editions resume {THAI}" in reason
    assert reader.take_in(standard(REFUSED, to=reader.path, name="2")).action is Action.NOTED


def test_a_refusal_after_the_edition_is_out_is_only_kept(reader: Mailed) -> None:
    with reader.database.begin() as connection:
        editions.move(connection, THAI, [*EditionState], EditionState.FINISHED)
    assert reader.take_in(standard(REFUSED, to=reader.path)).action is Action.NOTED
    assert reader.edition == ("finished", None)


def test_a_complaint_is_heard_at_once_though_only_the_link_in_it_is_left(reader: Mailed) -> None:
    link = f"List-Unsubscribe: <https://news.example.org/u/{reader.token}>"
    outcome = reader.take_in(complaint(returned=link))
    assert (outcome.report.kind, outcome.action) == (Kind.COMPLAINT, Action.SUPPRESSED)
    assert reader.consent is Consent.COMPLAINED


def test_of_several_addresses_the_readers_own_counts(reader: Mailed) -> None:
    data = standard(group("else@example.com"), FULL, to=reader.path)
    outcomes = reader.recorder().take_in(data, source="report.eml")
    assert [(each.report.kind, each.action) for each in outcomes] == [
        (Kind.HARD, Action.NONE),
        (Kind.SOFT, Action.COUNTED),
    ]


def test_of_addresses_behind_the_readers_the_mildest_counts(reader: Mailed) -> None:
    data = standard(group("one@example.com"), group("two@example.com", status="4.2.2", said=""), to=reader.path)
    reader.recorder().take_in(data, source="report.eml")
    assert (reader.kept, reader.consent) == ([(Kind.SOFT, Action.COUNTED)], Consent.CONFIRMED)


def test_a_mail_with_the_readers_token_unsubscribes_however_often_it_comes(reader: Mailed) -> None:
    data = in_words("", sender="anybody@example.net", subject=f"unsubscribe {reader.token}", fields="")
    for _ in range(2):
        assert reader.take_in(data).action is Action.UNSUBSCRIBED
    assert reader.consent is Consent.UNSUBSCRIBED
    assert reader.kept == [(Kind.UNSUBSCRIBE, Action.UNSUBSCRIBED)]


def _maildir(folder: Path, *reports: bytes) -> Path:
    (folder / "new").mkdir(parents=True)
    for number, data in enumerate(reports):
        (folder / "new" / f"{number}.relay.example").write_bytes(data)
    return folder


def test_a_maildir_is_emptied_and_nothing_in_it_stops_the_rest(reader: Mailed, tmp_path: Path) -> None:
    folder = _maildir(tmp_path / "mail", b"\xff" * 1000, standard(FULL, to=reader.path), standard())
    (folder / "new" / ".hidden").write_bytes(standard(to=reader.path))
    (folder / "new" / "folder").mkdir()
    (folder / "new" / "link").symlink_to(folder / "new" / ".hidden")
    outcomes = list(reader.recorder().poll_maildir(folder))
    assert [each.action for each in outcomes] == [Action.NONE, Action.COUNTED, Action.NONE]
    assert sorted(path.name for path in (folder / "cur").iterdir()) == [f"{n}.relay.example:2,S" for n in range(3)]
    assert sorted(path.name for path in (folder / "new").iterdir()) == [".hidden", "folder", "link"]
    assert list(reader.recorder().poll_maildir(folder)) == []


def test_what_was_taken_in_before_a_crash_counts_once(reader: Mailed, tmp_path: Path) -> None:
    data = standard(FULL, to=reader.path)
    folder = _maildir(tmp_path / "mail", data)
    reader.take_in(data)
    assert [each.why for each in reader.recorder().poll_maildir(folder)] == ["it was taken in before"]
    assert reader.kept == [(Kind.SOFT, Action.COUNTED)]


def test_what_another_has_moved_meanwhile_is_no_trouble(reader: Mailed, tmp_path: Path) -> None:
    folder = _maildir(tmp_path / "mail", standard())
    for outcome in reader.recorder().poll_maildir(folder):
        (folder / "new" / "0.relay.example").unlink()
        assert outcome.action is Action.NONE
    assert list((folder / "cur").iterdir()) == []


def test_what_cannot_be_read_stays_where_it_is(reader: Mailed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _maildir(tmp_path / "mail", standard())

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    (outcome,) = reader.recorder().poll_maildir(folder)
    assert (outcome.failed, outcome.why) == (True, "it cannot be read (Permission denied)")
    assert (folder / "new" / "0.relay.example").exists()


def test_a_maildir_that_is_still_to_be_made_has_nothing_new(reader: Mailed, tmp_path: Path) -> None:
    assert list(reader.recorder().poll_maildir(tmp_path / "mail")) == []
    assert not (tmp_path / "mail").exists()


def test_a_file_in_the_place_of_a_maildir_is_named(reader: Mailed, tmp_path: Path) -> None:
    (tmp_path / "mail").write_bytes(standard())
    with pytest.raises(UsageError, match="is no Maildir"):
        list(reader.recorder().poll_maildir(tmp_path / "mail"))


def test_a_folder_that_is_no_maildir_is_named(reader: Mailed, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"mail\.bounces_maildir"):
        list(reader.recorder().poll_maildir(tmp_path))


def test_no_real_report_suppresses_anybody_here(reader: Mailed, corpus: Path) -> None:
    for path in sorted((corpus / "mail").glob("*/*.eml")):
        outcomes = reader.recorder().take_in(path.read_bytes(), source=path.name)
        assert {each.action for each in outcomes} == {Action.NONE}
    assert (reader.consent, reader.kept) == (Consent.CONFIRMED, [])


ROTATED = Signer("a newer secret of the publication", (SIGNER.secret,))


def test_a_report_on_what_was_sent_under_an_older_secret_counts(reader: Mailed) -> None:
    recorder = BounceRecorder(database=reader.database, signer=ROTATED, now=NOW)
    (outcome,) = recorder.take_in(standard(to=reader.path), source="report.eml")
    assert (outcome.action, reader.consent) == (Action.SUPPRESSED, Consent.BOUNCED)


def test_what_comes_back_of_the_erased_leaves_no_trace_under_any_secret(reader: Mailed) -> None:
    returned = f"To: {READER}\nMessage-ID: {reader.message_id}"
    came_back = [
        standard(to=reader.path),
        standard(returned=returned),
        complaint(returned=f"List-Unsubscribe: <https://news.example.org/u/{reader.token}>"),
    ]
    assert erase(reader.database, READER, fingerprint=lambda key: SIGNER.digest("address", key), source="x", now=NOW)
    for signer in (SIGNER, ROTATED):
        recorder = BounceRecorder(database=reader.database, signer=signer, now=NOW)
        for data in came_back:
            for outcome in recorder.take_in(data, source="report.eml"):
                assert outcome.action is Action.NONE, outcome
        with reader.database.read() as connection:
            assert subscribers.find(connection, READER) is None
            assert subscribers.erased_among(connection, [ROTATED.digests("address", READER)[1]])
    assert reader.kept == []
