"""One edition on its way: claimed and built ahead, in flight over every connection, settled, one commit a turn."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from publisher.jobs.pace import ANY_TIME
from publisher.jobs.turns import Request
from publisher.model.delivery import Delivery, DeliveryState, Phase, Receipt, Settlement, concerns_everybody, settle
from publisher.model.errors import TransportError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from datetime import datetime

    from publisher.jobs.pace import Slot
    from publisher.jobs.ports import Transport
    from publisher.jobs.turns import Answer, Turns
    from publisher.mail.message import MessageTemplate
    from publisher.model.mail import Message

#: In seconds: so often, at least, the state of the edition is looked at.
_TURN = 0.25
#: So many messages a connection are claimed and built ahead, up to so many in all.
_AHEAD = 8
_MOST_AHEAD = 128
#: After so many temporary refusals in a row, before a recipient was named, there is no use in going on now.
_PATIENCE = 50


class Stop:
    """How somebody outside ends what is under way: the first time after what is in flight, the second at once."""

    def __init__(self) -> None:
        self.soon = False
        self.at_once = asyncio.Event()
        #: Called when it is asked for.
        self.heard: Callable[[], object] = lambda: None

    def ask(self) -> None:
        """Ask once more."""
        if self.soon:
            self.at_once.set()
        self.soon = True
        self.heard()


@dataclass(eq=False)
class _Work:
    """One delivery in hand, with its message or what will become that."""

    delivery: Delivery
    message: asyncio.Future[Message]


@dataclass(kw_only=True, eq=False)
class Flight:
    """Sends what is due of one edition. Everything but building and committing happens in one event loop."""

    turns: Turns
    transport: Transport
    template: MessageTemplate
    #: Where messages are built and signed, and where the ledger is written: the latter has one thread.
    builders: Executor
    writer: Executor
    clock: Callable[[], datetime]
    hold: bool
    stop: Stop
    #: Told now and then how many are done.
    progress: Callable[[int], None]
    #: Deliveries by the state that they reached.
    states: Counter[str] = field(default_factory=Counter)
    #: Why it ended before its time; `TransportError` if somebody has to mend something.
    trouble: TransportError | None = None
    _ahead: dict[int, _Work] = field(default_factory=dict)
    _flying: dict[asyncio.Task[None], _Work] = field(default_factory=dict)
    _settled: list[Settlement] = field(default_factory=list)
    #: Marked as in flight, and not sent.
    _unsent: list[int] = field(default_factory=list)
    #: Something happened that may be worth a turn.
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _more: bool = True
    _put_off: int = 0

    async def fly(self) -> None:
        """Send until nothing is due, or the edition, the transport or somebody outside says otherwise.

        Whatever ends it: what was done is recorded, what was not begun goes back. Raises StoreError if the ledger
        cannot be written, and StaleLeaseError if it is another's by now.
        """
        self.stop.heard = self._news.set
        try:
            while not self.stop.soon and not self.trouble and await self._turn():
                if not (self._more or self._ahead or self._flying or self._settled):
                    break
                await self._wait()
        finally:
            await self._land()

    async def _turn(self) -> bool:
        """Commit what happened, and begin what may be begun; says whether the edition still goes out."""
        settled, unsent = self._settled[:], self._unsent[:]
        request = Request(
            settled=settled,
            unsent=unsent,
            ready=self._ready(),
            free=self._free,
            ahead=[work.delivery for work in self._ahead.values()],
            claim=self._room if self._more else 0,
        )
        answer = await self._write(self.turns.take, request)
        del self._settled[: len(settled)], self._unsent[: len(unsent)]
        self._count(settled)
        for delivery in answer.suppressed:
            self._ahead.pop(delivery)
            self.states[DeliveryState.SUPPRESSED] += 1
        for delivery, slot in answer.going:
            self._begin(self._ahead.pop(delivery), slot)
        for claimed in answer.claimed:
            self._build(claimed)
        if request.claim:
            self._more = answer.more
        if self._more and not self._ahead:
            self._news.set()
        return answer.sending

    async def _write(self, act: Callable[[Request], Answer], request: Request) -> Answer:
        # A commit that has begun is waited for, whoever wants to leave.
        return await asyncio.get_running_loop().run_in_executor(self.writer, act, request)

    @property
    def _free(self) -> int:
        return max(0, self.transport.connections - len(self._flying))

    @property
    def _room(self) -> int:
        """How many to claim: none until half of the messages ahead are gone."""
        most = min(_MOST_AHEAD, _AHEAD * max(1, self.transport.connections))
        room = most - len(self._ahead)
        return room if room >= most // 2 else 0

    def _ready(self) -> list[Delivery]:
        """List those whose message is built; a recipient for whom none can be made has failed."""
        ready = []
        for work in list(self._ahead.values()):
            if not work.message.done():
                continue
            error = work.message.exception()
            if error is None:
                ready.append(work.delivery)
                continue
            del self._ahead[work.delivery.id]
            reply = f"no message can be made: {type(error).__name__}: {error}"
            self._settled.append(
                Settlement(delivery_id=work.delivery.id, state=DeliveryState.FAILED, reply=reply, counted=False)
            )
            self._news.set()
        return ready

    def _build(self, delivery: Delivery) -> None:
        loop = asyncio.get_running_loop()
        message = loop.run_in_executor(self.builders, self.template.message_for, delivery)
        self._ahead[delivery.id] = _Work(delivery, message)
        message.add_done_callback(self._built)

    def _built(self, _message: asyncio.Future[Message]) -> None:
        # A turn for every single one would be a commit for every single one.
        built = sum(work.message.done() for work in self._ahead.values())
        if self._free and (built >= self._free or built == len(self._ahead)):
            self._news.set()

    def _begin(self, work: _Work, slot: Slot) -> None:
        task = asyncio.create_task(self._send(work, slot))
        self._flying[task] = work
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._flying[task]
        self._news.set()

    async def _send(self, work: _Work, slot: Slot) -> None:
        """Send one message; the wall behind which one recipient's trouble stays with that recipient."""
        with contextlib.suppress(asyncio.CancelledError):
            if slot is not ANY_TIME:
                await asyncio.sleep(max(0.0, (slot.begin - self.clock()).total_seconds()))
        # Whoever was stopped for long may have lost the ledger, and another may be sending this.
        if self.trouble or self.stop.soon or self.clock() >= slot.end or not self.turns.mine():
            self._take_back(work)
            return
        try:
            receipt = await self.transport.send(work.message.result())
        except TransportError as error:
            self.trouble = self.trouble or error
            self._take_back(work)
            return
        except (asyncio.CancelledError, Exception):  # noqa: BLE001 (the wall; or somebody does not wait for the reply)
            receipt = None
        self._settled.append(settle(work.delivery, receipt, now=self.clock(), hold=self.hold))
        self._look_at(receipt)

    def _take_back(self, work: _Work) -> None:
        self._unsent.append(work.delivery.id)
        self._ahead[work.delivery.id] = work

    def _look_at(self, receipt: Receipt | None) -> None:
        """Find out whether it is of any use to go on."""
        if receipt is None:
            return
        said = f"{receipt.code} {receipt.reply}".strip()
        if concerns_everybody(receipt):
            self.trouble = self.trouble or TransportError(
                f"the relay refuses whoever the recipient is ({said}, at {receipt.phase.value}): nobody is given up; "
                "mend it, then `publish editions resume`"
            )
        early = receipt.phase not in {Phase.RCPT, Phase.BODY}
        self._put_off = self._put_off + 1 if early and 400 <= receipt.code < 500 else 0
        if self._put_off >= _PATIENCE:
            self.trouble = self.trouble or UnreachableError(
                f"the relay puts every message off ({said}): what was not sent waits for the next run"
            )

    async def _wait(self) -> None:
        """Wait until there may be something for a turn to do, and see to those that end together."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_TURN):
                await self._news.wait()
        await asyncio.sleep(0)
        self._news.clear()

    async def _land(self) -> None:
        """Let what is in flight finish, and record it."""
        at_once = asyncio.create_task(self.stop.at_once.wait())
        while self._flying:
            await asyncio.wait((*self._flying, at_once), return_when=asyncio.FIRST_COMPLETED)
            if at_once.done():
                for task in self._flying:
                    task.cancel()
                await asyncio.gather(*self._flying)
        at_once.cancel()
        for work in self._ahead.values():
            work.message.cancel()
        self._count(self._settled)
        request = Request(settled=self._settled, unsent=list(self._ahead), trouble=self.trouble)
        await self._write(self.turns.end, request)

    def _count(self, settled: list[Settlement]) -> None:
        self.states.update(done.state for done in settled if done.state is not DeliveryState.QUEUED)
        self.progress(self.states.total())
