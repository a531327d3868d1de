"""Readers' links: looking changes nothing, the button does what it says, and both are on record."""

from __future__ import annotations

import re
import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from publisher.cli.audience_lists import fingerprint_of
from publisher.jobs import subscriptions
from publisher.jobs.subscriptions import Enrolment
from publisher.model.subscriber import Consent, ConsentEvent
from tests.build import NOW
from tests.web.conftest import serving

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

    from tests.web.conftest import Served

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def heading(answer: httpx2.Response) -> str:
    found = re.search("<h1>(.*)</h1>", answer.text)
    assert found
    return found[1]


def ticked(answer: httpx2.Response) -> dict[str, bool]:
    boxes = re.findall(r'type="checkbox" name="digest" value="(\w+)"( checked)?', answer.text)
    return {name: bool(checked) for name, checked in boxes}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_a_link_changes_nothing(served: Served, method: str) -> None:
    reader = served.reader()
    links = [served.link("unsubscribe", reader), served.confirm_link(reader), served.link("preferences", reader)]
    for link in links:
        for _ in range(2):
            answer = served.client.request(method, link)
            assert answer.status_code == 200
            assert bool(answer.text) == (method == "GET")
    assert served.consent(reader) is Consent.CONFIRMED
    assert served.records(reader) == []


def test_one_click_of_a_mail_program_unsubscribes_at_once(served: Served) -> None:
    reader = served.reader()
    answer = served.client.post(served.link("unsubscribe", reader), data=ONE_CLICK)
    assert (answer.status_code, heading(answer)) == (200, "You are unsubscribed")
    assert "set-cookie" not in answer.headers
    assert served.consent(reader) is Consent.UNSUBSCRIBED
    [record] = served.records(reader)
    assert (record.event, record.digest, record.source) == (ConsentEvent.WITHDRAWN, "world", "web, 127.0.0.1")
    assert record.at == NOW


def test_one_click_comes_as_multipart_too(served: Served) -> None:
    reader = served.reader()
    body = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    assert served.client.post(served.link("unsubscribe", reader), content=body, headers=kind).status_code == 200
    assert served.consent(reader) is Consent.UNSUBSCRIBED


@pytest.mark.parametrize("body", [b"", b"\xff\x00", b"--b\r\nno form at all"])
def test_nobody_stays_subscribed_because_a_body_was_odd(served: Served, body: bytes) -> None:
    reader = served.reader()
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    assert served.client.post(served.link("unsubscribe", reader), content=body, headers=kind).status_code == 200
    assert served.consent(reader) is Consent.UNSUBSCRIBED


def test_unsubscribing_twice_is_no_error_and_once_on_record(served: Served) -> None:
    reader = served.reader()
    for _ in range(2):
        assert served.client.post(served.link("unsubscribe", reader), data=ONE_CLICK).status_code == 200
    assert len(served.records(reader)) == 1


def test_one_digest_is_left_and_no_other(served: Served) -> None:
    reader = served.also(served.reader(), "sport")
    served.client.post(served.link("unsubscribe", reader, "sport"))
    assert (served.consent(reader), served.consent(reader, "sport")) == (Consent.CONFIRMED, Consent.UNSUBSCRIBED)


def test_whoever_is_no_longer_known_is_told_that_nothing_comes(served: Served) -> None:
    assert heading(served.client.post(served.link("unsubscribe", 999))) == "You are unsubscribed"


def test_links_of_the_erased_bring_nobody_back_even_under_a_new_secret(publication: Path) -> None:
    with serving(publication) as before:
        reader = before.reader()
        address = before.of(reader).address
        links = [before.link(purpose, reader) for purpose in ("confirm", "preferences", "unsubscribe")]
        hashed = fingerprint_of(before.publication)
        assert subscriptions.erase(before.database, address, fingerprint=hashed, source="a letter", now=NOW)
    secret = publication / "var" / "secret"
    secret.write_text("n" * 43 + "\n" + secret.read_text())
    with serving(publication) as after:
        for link in links:
            answer = after.client.post(link, data={"digest": "world", "shown": "world", "language": "en"})
            assert answer.status_code in {200, 403, 404}
            assert address not in answer.text
        assert after.consent(reader) is Consent.SUPPRESSED
        assert after.records(reader)[-1].event is ConsentEvent.ERASED
        wanted = Enrolment(address=address, digest="world", language=None, confirmed=True)
        again = fingerprint_of(after.publication)
        assert subscriptions.subscribe(after.database, wanted, now=NOW, fingerprint=again) is Consent.SUPPRESSED


def test_confirming_records_the_words_that_were_agreed_to(served: Served) -> None:
    reader = served.reader()
    served.client.post(served.link("unsubscribe", reader))
    link = served.confirm_link(reader)
    shown = served.client.get(link)
    answer = served.client.post(link, data={"shown": "en"}, headers={"Accept-Language": "th"})
    assert (answer.status_code, heading(answer)) == (200, "You are subscribed")
    assert served.consent(reader) is Consent.CONFIRMED
    record = served.records(reader)[-1]
    assert record.event is ConsentEvent.GIVEN
    assert record.wording
    assert record.wording.text.startswith("Yes, send me “World briefing” by e-mail.")
    assert record.wording.text in shown.text
    assert len(record.wording.version) == 12
    assert (record.language, record.source) == ("en", "web, 127.0.0.1")


def test_a_link_to_confirm_works_for_thirty_days(served: Served) -> None:
    reader = served.reader()
    served.client.post(served.link("unsubscribe", reader))
    old = served.confirm_link(reader, age=timedelta(days=30, seconds=1))
    for method in ("GET", "POST"):
        answer = served.client.request(method, old)
        assert (answer.status_code, heading(answer)) == (410, "This link is too old")
    assert served.consent(reader) is Consent.UNSUBSCRIBED
    assert served.client.post(served.confirm_link(reader, age=timedelta(days=30))).status_code == 200


@pytest.mark.parametrize("reason", [Consent.COMPLAINED, Consent.SUPPRESSED])
def test_who_complained_is_not_brought_back_by_a_link(served: Served, reason: Consent) -> None:
    reader = served.reader()
    with served.database.begin() as connection:
        subscriptions.suppress(connection, reader, reason, source="a test", now=NOW)
    for link in (served.confirm_link(reader), served.link("preferences", reader)):
        for method in ("GET", "POST"):
            answer = served.client.request(method, link)
            assert (answer.status_code, heading(answer)) == (403, "You cannot be subscribed")
    assert served.consent(reader) is reason


def test_a_complaint_about_one_digest_is_not_taken_back(served: Served) -> None:
    from publisher.store import subscribers

    reader = served.reader()
    with served.database.begin() as connection:
        subscribers.set_consent(connection, reader, "world", Consent.COMPLAINED, NOW)
    assert served.client.post(served.confirm_link(reader)).status_code == 403
    assert served.consent(reader) is Consent.COMPLAINED


def test_preferences_show_how_things_stand(served: Served) -> None:
    reader = served.reader(language="th")
    answer = served.client.get(served.link("preferences", reader))
    assert ticked(answer) == {"world": True}
    assert '<option value="th" selected lang="th">ไทย</option>' in answer.text
    assert '<html lang="th"' in answer.text


def test_a_digest_is_switched_off_and_on_again(served: Served) -> None:
    reader = served.reader()
    link = served.link("preferences", reader)
    off = served.client.post(link, data={"language": "en"})
    assert (heading(off), ticked(off)) == ("Your preferences are saved", {"world": False})
    assert served.consent(reader) is Consent.UNSUBSCRIBED
    on = served.client.post(link, data={"language": "en", "digest": "world", "shown": "en"})
    assert ticked(on) == {"world": True}
    assert served.consent(reader) is Consent.CONFIRMED
    given = served.records(reader)[-1]
    assert given.wording
    words, agreed = given.wording.text.splitlines()
    assert words in on.text
    assert agreed == "[x] World briefing"


def test_saving_what_was_so_already_is_not_on_record(served: Served) -> None:
    reader = served.reader()
    served.client.post(served.link("preferences", reader), data={"language": "en", "digest": "world"})
    assert served.records(reader) == []


def test_the_language_is_changed_and_the_page_with_it(served: Served) -> None:
    reader = served.reader(language="en")
    link = served.link("preferences", reader)
    answer = served.client.post(link, data={"language": "th", "digest": "world", "shown": "en"})
    assert '<html lang="th"' in answer.text
    assert served.of(reader).language == "th"
    served.client.post(link, data={"language": "", "digest": "world"})
    assert served.of(reader).language is None
    assert [record.event for record in served.records(reader)] == [ConsentEvent.PREFERENCES] * 2


def test_a_language_that_no_digest_has_is_kept_until_the_reader_chooses(served: Served) -> None:
    reader = served.reader(language="fr")
    link = served.link("preferences", reader)
    assert '<option value="fr" selected lang="fr">Français</option>' in served.client.get(link).text
    assert served.client.post(link, data={"language": "fr", "digest": "world"}).status_code == 200
    assert served.of(reader).language == "fr"


@pytest.mark.parametrize("form", [{}, {"language": "xx"}, {"language": "../th"}, {"digest": "world"}])
def test_a_form_of_preferences_that_is_not_ours_changes_nothing(served: Served, form: dict[str, str]) -> None:
    reader = served.reader()
    assert served.client.post(served.link("preferences", reader), data=form).status_code == 400
    assert (served.consent(reader), served.of(reader).language) == (Consent.CONFIRMED, "en")


def test_digests_that_a_reader_was_never_sent_are_neither_shown_nor_given(served: Served, publication: Path) -> None:
    path = publication / "config" / "publisher.toml"
    own = path.read_text("utf-8").replace("[mail]", _SECOND_DIGEST + "[mail]", 1)
    path.write_text(own, "utf-8")
    with serving(publication) as other:
        reader = other.reader()
        link = other.link("preferences", reader)
        assert ticked(other.client.get(link)) == {"world": True}
        other.client.post(link, data={"language": "en", "digest": ["world", "editors"]})
        assert other.consent(reader, "editors") is None
        both = other.link("preferences", reader, "editors")
        assert ticked(other.client.get(both)) == {"world": True, "editors": False}


_SECOND_DIGEST = """
[[digests]]
name = "editors"
title = "For the editors"
category = "WORLD"
languages = ["en"]
schedule = "0 6 * * *"

"""


def test_everything_is_left_with_one_button(served: Served) -> None:
    reader = served.also(served.reader(), "sport")
    answer = served.client.post(served.link("preferences", reader), data={"leave": "all"})
    assert (heading(answer), ticked(answer)) == ("You are unsubscribed from everything", {"world": False})
    assert (served.consent(reader), served.consent(reader, "sport")) == (Consent.UNSUBSCRIBED,) * 2


def test_an_address_that_bounced_comes_back_by_its_readers_word(served: Served) -> None:
    reader = served.reader()
    with served.database.begin() as connection:
        subscriptions.suppress(connection, reader, Consent.BOUNCED, source="a test", now=NOW)
    link = served.link("preferences", reader)
    assert ticked(served.client.get(link)) == {"world": False}
    assert ticked(served.client.post(link, data={"language": "en", "digest": "world"})) == {"world": True}
    assert served.consent(reader) is Consent.CONFIRMED


def test_a_digest_that_is_no_longer_published_is_left_all_the_same(served: Served) -> None:
    reader = served.reader(digest="sport")
    assert "“sport”" in served.client.get(served.link("unsubscribe", reader, "sport")).text
    served.client.post(served.link("unsubscribe", reader, "sport"))
    assert served.consent(reader, "sport") is Consent.UNSUBSCRIBED


def test_every_wrong_link_gets_one_and_the_same_page(served: Served) -> None:
    reader = served.reader()
    token = served.signer.token("unsubscribe", reader, "world")
    wrong = [
        f"/u/{token[:-1]}",
        f"/u/{token}x",
        f"/u/{token}/",
        f"/p/{token}",
        f"/c/{token}",
        "/u/",
        "/",
        "/u/a/b",
        "/c/%00",
        "/u/%2e%2e",
    ]
    wrong += [served.link("confirm", 999, until=NOW), served.link("preferences", 999)]
    pages = set()
    for link in wrong:
        for method in ("GET", "POST"):
            answer = served.client.request(method, link)
            assert answer.status_code == 404, (method, link)
            pages.add(answer.text)
    [page] = pages
    assert served.of(reader).address not in page
    assert "This link does not work" in page
    assert served.consent(reader) is Consent.CONFIRMED


def test_links_lead_below_the_path_of_the_site_as_well(publication: Path) -> None:
    path = publication / "config" / "publisher.toml"
    path.write_text(
        path.read_text("utf-8").replace('"https://news.example.org/"', '"https://example.org/news/"'), "utf-8"
    )
    with serving(publication) as served:
        reader = served.reader()
        link = served.link("unsubscribe", reader)
        host = {"Host": "example.org"}
        assert served.client.get(f"/news{link}", headers=host).status_code == 200
        assert served.client.get(link, headers=host).status_code == 200
        assert served.client.post(f"/news{link}", headers=host).status_code == 200
        assert served.consent(reader) is Consent.UNSUBSCRIBED


def test_pages_of_a_site_whose_language_has_no_words_are_in_english(publication: Path) -> None:
    path = publication / "config" / "publisher.toml"
    path.write_text(path.read_text("utf-8").replace('language = "th"', 'language = "fr"'), "utf-8")
    with serving(publication) as served:
        assert '<html lang="en"' in served.client.get("/", headers={"Accept-Language": "de"}).text


@pytest.mark.parametrize(
    ("own", "accepted", "expected"),
    [
        ("th", "en", "th"),
        (None, "ja;q=0.4, en-GB;q=0.8, xx, th;q=0", "en"),
        (None, "ar-EG, en;q=0.5", "ar"),
        ("fr", "ja", "ja"),
        (None, "../../etc;q=9, x" + ",y" * 500, "th"),
        (None, "en;q=much", "th"),
        (None, "", "th"),
    ],
)
def test_pages_are_in_the_readers_language(served: Served, own: str | None, accepted: str, expected: str) -> None:
    link = served.link("unsubscribe", served.reader(language=own))
    page = served.client.get(link, headers={"Accept-Language": accepted}).text
    assert f'<html lang="{expected}" dir="{"rtl" if expected == "ar" else "ltr"}">' in page


def test_the_address_of_a_reader_comes_from_a_proxy_on_this_machine(served: Served) -> None:
    sources = {
        "203.0.113.7": "web, 203.0.113.7",
        "6.6.6.6, 2001:db8::7": "web, 2001:db8::7",
        "<script>": "web, unknown",
    }
    for forwarded, expected in sources.items():
        reader = served.reader()
        served.client.post(served.link("unsubscribe", reader), headers={"X-Forwarded-For": forwarded})
        assert served.records(reader)[-1].source == expected


def test_a_database_that_cannot_be_used_is_no_lost_wish(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    reader = served.reader()
    ways = sqlite3.connect(served.publication.folder / "var" / "publisher.db")
    ways.execute("alter table subscriptions rename to elsewhere")
    answer = served.client.post(served.link("unsubscribe", reader), data=ONE_CLICK)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert heading(answer) == "This did not work"
    ways.execute("alter table elsewhere rename to subscriptions")
    ways.close()
    assert served.client.post(served.link("unsubscribe", reader), data=ONE_CLICK).status_code == 200
    assert "cannot be used" in caplog.text


def test_no_link_is_ever_logged(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    reader = served.reader()
    link = served.link("unsubscribe", reader)
    served.client.post(link)
    assert f"subscriber {reader} left world" in caplog.text
    assert link[3:] not in "".join(record.getMessage() for record in caplog.records if record.name != "httpx2")
