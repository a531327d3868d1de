"""`publish send`: a test to one address, outside the ledger."""

from __future__ import annotations

import email
from email import policy
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import AT_NOON

if TYPE_CHECKING:
    from tests.cli.conftest import Publish

ID = "world-2024-11-10-en"


@pytest.fixture
def sender(publish: Publish) -> Publish:
    """A publication with a post in each language of its digest."""
    publish.post("A1")
    publish.post("A2", language="th")
    return publish


def test_each_language_goes_to_the_address_and_the_ledger_knows_nothing_of_it(sender: Publish) -> None:
    done = sender("send", "world", "--to", "you@example.org", *AT_NOON)
    assert (done.code, done.err) == (0, "")
    assert done.out == "".join(
        f"world-2024-11-10-{language}: written to 000000-you@example.org.eml\n" for language in ("th", "en")
    )
    data = (sender.folder / "var/outbox" / ID / "000000-you@example.org.eml").read_bytes()
    message = email.message_from_bytes(data, policy=policy.default)
    assert message["To"] == "you@example.org"
    assert message["Subject"] == "World briefing: Title of A1"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert sender("editions", "list", "--json").json == []
    assert not (sender.folder / "output").exists()


def test_one_language_alone_may_be_asked_for(sender: Publish) -> None:
    assert sender("send", "world", "--to", "you@example.org", "--language", "EN", *AT_NOON).out.startswith(ID)
    assert sender("send", "world", "--to", "you@example.org", "--language", "de", *AT_NOON).code == 2
    assert sender("send", "world", "--to", "you@example.org", "--quiet", *AT_NOON).out == ""


def test_without_posts_there_is_nothing_to_send(publish: Publish) -> None:
    done = publish("send", "world", "--to", "you@example.org", *AT_NOON)
    assert (done.code, done.out) == (0, "world: no new posts for an edition\n")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("world", "--to", "nobody"), 2, "--to 'nobody' is no address to which mail can go"),
        (("daily", "--to", "you@example.org"), 2, "there is no digest 'daily'"),
    ],
)
def test_what_is_typed_wrongly_is_one_sentence(sender: Publish, words: tuple[str, ...], code: int, said: str) -> None:
    done = sender("send", *words, *AT_NOON)
    assert (done.code, done.is_one_sentence()) == (code, True)
    assert said in done.err


def test_an_edition_that_would_not_be_sent_is_not_sent_as_a_test_either(sender: Publish) -> None:
    path = sender.folder / "templates" / "digest" / "digest.html"
    path.parent.mkdir(parents=True)
    path.write_text('{% extends "publisher/digest/digest.html" %}{% block masthead %}<form></form>{% endblock %}')
    done = sender("send", "world", "--to", "you@example.org", *AT_NOON)
    assert (done.code, done.is_one_sentence()) == (3, True)
    assert "publish preview world --lint" in done.err
    assert not (sender.folder / "var/outbox").exists()
