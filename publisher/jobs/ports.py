"""What the jobs ask of the world outside, where there is more than one of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

    from publisher.model.delivery import Receipt
    from publisher.model.mail import Message
    from publisher.model.post import KnownPost, Post
    from publisher.store.database import Transaction


class Transport(Protocol):
    """A way out for messages."""

    @property
    def connections(self) -> int:
        """How many messages may be in flight at once, now; it changes when the other side wants fewer."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

    async def send(self, message: Message) -> Receipt | None:
        """Hand one message over; None if it is not known whether it was taken.

        Called by as many tasks at once as there are `connections`. Each message has its own deadlines: this always
        returns. Raises TransportError if no message at all can be handed over.
        """


class Weigh(Protocol):
    """Compares what readers have read of posts with what their files say now."""

    def __call__(self, connection: Transaction, edits: Sequence[tuple[KnownPost, Post]]) -> dict[str, bool]:
        """Say of each code whether the new body has something to tell; codes that cannot be weighed are missing."""


class Progress(Protocol):
    """Tells a person how far long work has come."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Report that `done` of `total` are done of a stage."""


def silent(stage: str, done: int, total: int) -> None:
    """Report nothing."""
