"""A notice to a hub (WebSub) that a feed changed: what the hub's answer means, and when to try again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

#: A hub that was not told is tried again after these waits, then every four hours.
_WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
#: Nor is a hub taken at its word when it asks for longer.
LAST_WAIT = timedelta(hours=4)
#: After so long the news is none.
GIVE_UP = timedelta(hours=48)
#: Too Many Requests (RFC 6585) and Service Unavailable: the hub, not this topic, wants to be left alone.
BUSY = frozenset({429, 503})


@dataclass(frozen=True, kw_only=True, slots=True)
class Ping:
    """One changed topic that one hub has not been told of: one row of the ledger."""

    hub: str
    #: URL of the feed.
    topic: str
    attempts: int
    #: When the topic changed last.
    since: datetime
    due: datetime
    #: What the hub, or the way to it, said last.
    reply: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from a hub."""

    #: HTTP status (RFC 9110 section 15); None where no answer came.
    status: int | None
    #: One line, fit to show.
    reply: str
    #: How long the hub asked to be left alone.
    wait: timedelta = timedelta()

    @property
    def ok(self) -> bool:
        """Say whether the hub was told: it may take the news at once, or later."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def closed(self) -> bool:
        """Say whether there is no use in asking this hub anything more for now."""
        return self.status is None or self.status in BUSY


def after(ping: Ping, answer: Answer, *, now: datetime) -> Ping | None:
    """Decide what becomes of a ping: None if the hub was told, or was not in so long that it is given up."""
    if answer.ok or now - ping.since >= GIVE_UP:
        return None
    wait = _WAITS[ping.attempts] if ping.attempts < len(_WAITS) else LAST_WAIT
    due = now + max(wait, min(answer.wait, LAST_WAIT))
    return replace(ping, attempts=ping.attempts + 1, due=due, reply=answer.reply)
