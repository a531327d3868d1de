"""The commands that say what becomes of an edition: it goes out, stops, goes on, or is called off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from publisher.cli.options import options_of, with_global_options
from publisher.cli.show import echo
from publisher.model.delivery import DeliveryState
from publisher.model.edition import EditionState
from publisher.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from publisher.store.database import Transaction
    from publisher.store.editions import EditionSummary

_DRAFT = frozenset({EditionState.DRAFT})
_OPEN = frozenset({EditionState.APPROVED, EditionState.SENDING})
_PAUSED = frozenset({EditionState.PAUSED})


@click.command(
    "approve",
    epilog="""\b
Examples:
  publish editions approve world-2024-11-10-th && publish
""",
)
@click.argument("edition_id", metavar="ID")
@with_global_options
@click.pass_context
def approve(context: click.Context, edition_id: str) -> None:
    """Let an edition that waits as a draft go out with the next run."""
    _move(context, edition_id, EditionState.APPROVED, "approved", _DRAFT, "a draft")
    echo(f"{edition_id} goes out with the next run of publish.")


@click.command(
    "pause",
    epilog="""\b
Examples:
  publish editions pause world-2024-11-10-th
""",
)
@click.argument("edition_id", metavar="ID")
@with_global_options
@click.pass_context
def pause(context: click.Context, edition_id: str) -> None:
    """Keep an edition from going out, or on, until it is resumed.

    A sender that is at it stops within a second; what it has in flight it finishes.
    """
    _move(
        context,
        edition_id,
        EditionState.PAUSED,
        "paused",
        _OPEN,
        "an edition that is going out",
        paused_for="it was paused by hand",
    )
    echo(f"{edition_id} is paused: publish editions resume {edition_id} lets it go on.")


@click.command(
    "resume",
    epilog="""\b
Examples:
  publish editions resume world-2024-11-10-th && publish
""",
)
@click.argument("edition_id", metavar="ID")
@with_global_options
@click.pass_context
def resume(context: click.Context, edition_id: str) -> None:
    """Let a paused edition go on with the next run."""
    _move(context, edition_id, EditionState.SENDING, "resumed", _PAUSED, "a paused edition")
    echo(f"{edition_id} goes on with the next run of publish.")


@click.command(
    "cancel",
    epilog="""\b
Examples:
  publish editions cancel world-2024-11-10-th
""",
)
@click.argument("edition_id", metavar="ID")
@with_global_options
@click.pass_context
def cancel(context: click.Context, edition_id: str) -> None:
    """Call an edition off, for good; its posts wait for the next edition.

    Of one that is going out, what is in flight is finished; whoever waits is never sent it, and stays counted as
    waiting.
    """
    _move(context, edition_id, EditionState.CANCELLED, "cancelled", _DRAFT | _OPEN | _PAUSED, "one that is not yet out")
    echo(f"{edition_id} is cancelled; its posts wait for the next edition.")


@click.command(
    "retry",
    epilog="""\b
Examples:
  publish editions retry world-2024-11-10-th && publish
""",
)
@click.argument("edition_id", metavar="ID")
@with_global_options
@click.pass_context
def retry(context: click.Context, edition_id: str) -> None:
    """Send an edition again to those to whom it could not be delivered, with the next run.

    Whoever has left or bounced meanwhile is not sent it.
    """
    from publisher.store import deliveries

    _reopen(context, edition_id, "has failed", deliveries.retry)


@click.command(
    "resolve",
    epilog="""\b
Examples:
  publish editions resolve world-2024-11-10-th --sent
  publish editions resolve world-2024-11-10-th --resend && publish
""",
)
@click.argument("edition_id", metavar="ID")
@click.option("--sent", "answer", flag_value="accepted", help="They have it: the relay's log says so.")
@click.option("--not-sent", "answer", flag_value="failed", help="They have not got it, and are not to.")
@click.option("--resend", "answer", flag_value="queued", help="Send it once more: they may have it twice.")
@with_global_options
@click.pass_context
def resolve(context: click.Context, edition_id: str, answer: str | None) -> None:
    """Say what became of messages that are held, because nobody knows whether they arrived."""
    from publisher.store import deliveries

    if answer is None:
        raise UsageError("say what became of them: --sent, --not-sent or --resend")
    state = DeliveryState(answer)

    def resolve(connection: Transaction, edition_id: str, *, now: datetime) -> int:
        return deliveries.resolve(connection, edition_id, state, now=now)

    _reopen(context, edition_id, "is held", resolve, again=state is DeliveryState.QUEUED)


def existing(found: EditionSummary | None, edition_id: str) -> EditionSummary:
    """Give the edition that was found. Raises UsageError if none was."""
    if found is None:
        raise UsageError(f"there is no edition {edition_id!r}: see `publish editions list`")
    return found


def _move(
    context: click.Context,
    edition_id: str,
    to: EditionState,
    done: str,
    before: Collection[EditionState],
    which: str,
    *,
    paused_for: str | None = None,
) -> None:
    """Move an edition from one of the states `before`, which are those of `which` in words."""
    from publisher.store import editions

    with options_of(context).publication() as publication, publication.database.begin() as connection:
        found = existing(editions.summary(connection, edition_id), edition_id)
        if not editions.move(connection, edition_id, before, to, paused_for=paused_for):
            raise UsageError(f"{edition_id} is {found.state}: only {which} can be {done}")


def _reopen(context: click.Context, edition_id: str, what: str, act: Callable[..., int], *, again: bool = True) -> None:
    """Change the deliveries of an edition, and let it go out again where there is something to send."""
    from publisher.store import editions

    with options_of(context).publication() as publication, publication.database.begin() as connection:
        found = existing(editions.summary(connection, edition_id), edition_id)
        if found.state is EditionState.CANCELLED:
            raise UsageError(f"{edition_id} is cancelled: nothing of it is sent any more")
        changed = act(connection, edition_id, now=publication.clock())
        if changed and again:
            editions.move(connection, edition_id, [EditionState.FINISHED], EditionState.SENDING)
    if not changed:
        raise UsageError(f"nothing of {edition_id} {what}: see `publish editions show {edition_id}`")
    goes = "to go out with the next run of publish" if again else "settled"
    echo(f"{edition_id}: {changed:,} {'deliveries' if changed > 1 else 'delivery'} {goes}.")
