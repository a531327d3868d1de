"""A test message that the other side does not take is told with its reply."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publisher.jobs.send_test import send_test
from publisher.model.delivery import Receipt
from publisher.model.errors import TransportError, UsageError
from tests.build import NOW
from tests.jobs.test_deliver import SENDER, Relay

if TYPE_CHECKING:
    from publisher.jobs.compose_editions import Composition
    from tests.jobs.conftest import Desk


def composed(desk: Desk) -> Composition:
    desk.post("A1")
    with desk.open() as publication:
        publication.rehearsal = True
        (composition,) = publication.preview("world")
    return composition


@pytest.mark.parametrize(
    ("receipt", "said"), [(Receipt(550, "5.7.1 not here"), "5.7.1 not here"), (None, "the connection was lost")]
)
def test_a_test_that_is_not_taken_is_told_with_the_reply(desk: Desk, receipt: Receipt | None, said: str) -> None:
    relay = Relay(lambda _message: receipt)
    with pytest.raises(TransportError, match=f"not taken for you@example.org: {said}"):
        send_test(composed(desk), "World", "you@example.org", relay, SENDER, now=NOW)
    assert (relay.opened, relay.closed) == (1, 1)


def test_no_connection_is_opened_for_no_address(desk: Desk) -> None:
    relay = Relay()
    with pytest.raises(UsageError, match="no address"):
        send_test(composed(desk), "World", "nobody", relay, SENDER, now=NOW)
    assert relay.opened == 0
