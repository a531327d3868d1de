"""What leaves the house at the end of a run: only what waits, and what cannot leave is told."""

from __future__ import annotations

import socket
from datetime import timedelta
from mailbox import Maildir
from typing import TYPE_CHECKING

from sqlalchemy import event

from publisher.jobs.subscriptions import Enrolment, subscribe
from publisher.mail import verp
from publisher.mail.tokens import load_signer
from publisher.model.subscriber import Consent
from publisher.settings import SmtpSettings
from publisher.store import subscribers
from tests.build import NOW
from tests.jobs.conftest import desk
from tests.mail import reports
from tests.mail.scripted import ScriptedServer

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.jobs.conftest import Desk

__all__ = ["desk"]


def test_a_hub_that_is_not_there_is_named_and_nothing_else_is_lost(desk: Desk) -> None:
    with socket.socket() as taken:
        # Nobody listens behind it.
        taken.bind(("127.0.0.1", 0))
        hub = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        desk.configure("feeds", hubs=(hub,))
        desk.post("A1")
        report = desk.run()
    (remark,) = report.remarks
    assert hub in remark
    assert report.troubles == ()
    assert report.delivered.states["accepted"] == 1
    assert desk.titles() == ["Title of A1"]


def test_a_run_with_nothing_to_send_sends_nothing(desk: Desk) -> None:
    report = desk.run()
    assert (report.delivered.states.total(), report.remarks, report.troubles) == (0, (), ())
    assert not (desk.folder / "var" / "outbox").exists()


def test_who_is_on_a_list_by_somebody_elses_word_is_asked_by_the_next_run(desk: Desk) -> None:
    with desk.open() as publication:
        wanted = Enrolment(address="reader@example.org", digest="world", language="en", confirmed=False)
        subscribe(publication.database, wanted, now=NOW, fingerprint=str)
    assert desk.run().troubles == ()
    folder = desk.folder / "var" / "outbox" / "confirm-world"
    assert [path.name for path in folder.iterdir()] == ["000000-reader@example.org.eml"]
    (folder / "000000-reader@example.org.eml").unlink()
    desk.run(NOW + timedelta(hours=1))
    assert list(folder.iterdir()) == []


def test_a_reader_whose_mailbox_is_gone_gets_nothing_more_once_the_report_is_in_the_maildir(desk: Desk) -> None:
    maildir = Maildir(desk.folder / "bounces", create=True)
    desk.configure("mail", return_path="bounces@news.example.org", bounces_maildir="bounces")
    desk.configure_digest(copies_to=())
    with desk.open() as publication:
        wanted = Enrolment(address="reader@example.org", digest="world", language="en", confirmed=True)
        subscribe(publication.database, wanted, now=NOW, fingerprint=str)
    desk.post("A1")
    assert desk.run().delivered.states["accepted"] == 1
    signer = load_signer(desk.folder / "var" / "secret")
    own = verp.envelope_from("bounces@news.example.org", 1, signer)
    maildir.add(reports.standard(to=own))
    desk.post("A2", date="2024-11-10T11:30:00Z")
    report = desk.run(NOW + timedelta(days=1))
    assert (len(report.editions), report.delivered.states["accepted"]) == (1, 0)
    with desk.open() as publication, publication.database.read() as connection:
        assert subscribers.consent(connection, 1, "world") is Consent.BOUNCED


def test_a_maildir_that_the_mail_server_has_still_to_make_is_no_trouble(desk: Desk) -> None:
    desk.configure("mail", bounces_maildir="bounces")
    desk.post("A1")
    report = desk.run()
    assert (report.delivered.states["accepted"], report.troubles) == (1, ())


def test_the_relay_is_told_the_name_that_is_configured(desk: Desk) -> None:
    with ScriptedServer() as relay:
        smtp = SmtpSettings(host="127.0.0.1", port=relay.port, security="none", hostname="mail.example.org")
        desk.configure("mail", transport="smtp", smtp=smtp)
        desk.post("A1")
        assert desk.run().delivered.states["accepted"] == 1
    assert [line for _, line in relay.lines if line.startswith("EHLO")] == ["EHLO mail.example.org"]


def test_a_folder_that_is_no_maildir_is_named_and_the_mail_goes_out(desk: Desk) -> None:
    desk.configure("mail", bounces_maildir="posts")
    desk.post("A1")
    report = desk.run()
    assert report.delivered.states["accepted"] == 1
    (trouble,) = report.troubles
    assert trouble.startswith("mail.bounces_maildir: ")


def test_a_database_that_fails_while_mail_goes_out_is_told_once_and_what_was_published_stays(desk: Desk) -> None:
    desk.configure("feeds", hubs=("http://hub.invalid/",))
    desk.post("A1")

    def fail(connection: Connection) -> None:
        went_out = "select count(*) from deliveries where state = 'accepted'"
        broken = connection.exec_driver_sql(went_out).scalar()
        connection.exec_driver_sql(f"pragma query_only = {'on' if broken else 'off'}")

    with desk.open() as publication:
        event.listen(publication.database.engine, "begin", fail)
        report = publication.run()
    (trouble,) = report.troubles
    assert "cannot be used (attempt to write a readonly database)" in trouble
    assert (report.failed, report.delivered.states["accepted"]) == (True, 1)
    assert desk.titles() == ["Title of A1"]
