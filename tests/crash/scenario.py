"""One publication: killed a few times as its scenario says, started again until nothing is due, and looked at."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.crash import checks, power
from tests.crash.checks import Window
from tests.crash.relay import Relay, from_outbox, mailboxes
from tests.crash.site import CONNECTIONS, RECIPIENTS, configure
from tests.crash.zygote import Order

if TYPE_CHECKING:
    from pathlib import Path

    from tests.crash.relay import Mailboxes
    from tests.crash.zygote import Ending, Zygote

#: After so many seconds everything that was put off is due.
LATER = 5 * 3600.0
#: So many runs are enough for what is left.
_RUNS = 10
#: In seconds: how long a stalling relay is waited for, and any other. Even a busy machine answers within the first.
_IMPATIENT, _PATIENT = 5.0, 60.0
#: How many messages may be on their way at once into the outbox.
_WRITERS = 64


@dataclass(frozen=True, kw_only=True)
class Kill:
    """One run and its end: at the passing of a point, or after some seconds; without any of them it is left alone."""

    name: str = ""
    number: int = 0
    after: float | None = None
    #: How much later the next run begins, in seconds.
    then: float = 0
    #: What is planted in this run.
    fault: str = ""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What is done to one publication."""

    title: str
    kills: tuple[Kill, ...]
    hold: bool = False
    #: Whether a power cut follows each kill.
    power: bool = False
    outbox: bool = False
    #: See `Relay`.
    share: float = 0
    cuts: float = 0
    stalls: int = 0

    def __str__(self) -> str:
        said = [self.title, "hold" if self.hold else "resend", "outbox" if self.outbox else "relay"]
        if self.power:
            said.append("power cuts")
        if self.share or self.cuts or self.stalls:
            said.append("a bad relay")
        return ", ".join(said)


@dataclass
class Outcome:
    """What became of it."""

    kills: Counter[str] = field(default_factory=Counter)
    cuts: int = 0
    held: int = 0
    doubles: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    #: How often each point was passed in the first run that was left alone.
    counts: dict[str, int] = field(default_factory=dict)


class Play:
    """Plays one scenario in a folder of its own."""

    def __init__(self, scenario: Scenario, zygote: Zygote, folder: Path, published: dict[str, bytes]) -> None:
        self.outcome = Outcome()
        self._scenario, self._zygote, self._folder, self._published = scenario, zygote, folder, published
        self._site, self._notes = folder / "site", folder / "notes"
        self._notes.mkdir(parents=True)
        self._relay = Relay(
            chance=random.Random(str(scenario)), share=scenario.share, cuts=scenario.cuts, stalls=scenario.stalls
        )
        #: What the outbox had at some time.
        self._outbox: Mailboxes | None = None
        self._window = Window()
        self._found: list[str] = []
        self._later = 0.0

    def play(self, prepared: Path) -> Outcome:
        """Do it all; `prepared` is the publication to begin with."""
        shutil.copytree(prepared, self._site)
        with self._relay.server:
            port, transport = self._relay.server.port, "outbox" if self._scenario.outbox else "smtp"
            configure(self._site, transport=transport, port=port, hold=self._scenario.hold)
            for number, kill in enumerate(self._scenario.kills, 1):
                self._kill(number, kill)
            self._relay.behave()
            self._finish()
            self._once_more()
        self.outcome.violations = [f"{self._scenario}; {self._window}: {each}" for each in self._found]
        return self.outcome

    def _kill(self, number: int, kill: Kill) -> None:
        cut = self._scenario.power
        if cut:
            power.prepare(self._site, self._notes / "shadow")
        ending = self._run(
            Order(
                site=str(self._site),
                notes=str(self._notes),
                later=self._later,
                name=kill.name,
                number=kill.number,
                after=kill.after,
                power=cut,
                fault=kill.fault,
                patience=_IMPATIENT if self._scenario.stalls else _PATIENT,
            )
        )
        ledger = self._ledger()
        if ending.killed:
            point = ending.point or "random moment"
            self.outcome.kills[point] += 1
            if cut:
                committed = ledger
                power.cut(self._site, self._notes / "shadow")
                self.outcome.cuts += 1
                ledger = self._ledger()
                self._found += checks.forgotten(committed, ledger)
            self._window.add(f"kill {number} at {point}", ledger.those("inflight"))
        elif ending.counts is None:
            self._found.append(f"a run failed: {ending.trouble}")
        connections = _WRITERS if self._scenario.outbox else CONNECTIONS
        self._found += checks.after_kill(self._site, ledger, self._boxes(), self._published, connections)
        self._later += kill.then

    def _finish(self) -> None:
        """Run until nothing is due."""
        for _ in range(_RUNS):
            self._later += LATER
            ending = self._undisturbed()
            self.outcome.counts = self.outcome.counts or ending.counts or {}
            ledger = self._ledger()
            if ledger.rows and all(row.state in checks.SETTLED for row in ledger.rows):
                break
        boxes = self._boxes()
        self._found += checks.at_end(self._site, ledger, recipients=RECIPIENTS, published=self._published)
        self._found += checks.deliveries(
            ledger, boxes, self._window, hold=self._scenario.hold, misdeeds=self._relay.misdeeds
        )
        self.outcome.held = ledger.those("held").total()
        self.outcome.doubles = [
            f"{self._scenario}: {who} has {len(each)} copies; {self._window.of(who)}"
            + (f"; {boxes.unanswered[who, key]} taken without an answer" if boxes.unanswered[who, key] else "")
            for (who, key), each in boxes.copies.items()
            if len(each) > 1 and not self._scenario.outbox
        ]

    def _once_more(self) -> None:
        """One run more does nothing."""
        before = self._ledger(), checks.output(self._site), self._taken()
        self._later += LATER
        self._undisturbed()
        after = self._ledger(), checks.output(self._site), self._taken()
        for what, was, now in zip(("ledger", "output", "number of messages"), before, after, strict=True):
            if was != now:
                self._found.append(f"one run more changes the {what}")

    def _undisturbed(self) -> Ending:
        ending = self._run(Order(site=str(self._site), notes=str(self._notes), later=self._later, patience=_PATIENT))
        if ending.counts is None or ending.trouble:
            self._found.append(f"an undisturbed run failed: {ending.trouble}")
        return ending

    def _run(self, order: Order) -> Ending:
        ending = self._zygote.run(order)
        self._relay.settle()
        return ending

    def _ledger(self) -> checks.Ledger:
        return checks.read_ledger(self._site, self._folder / "scratch")

    def _boxes(self) -> Mailboxes:
        if not self._scenario.outbox:
            return mailboxes(self._relay)
        self._outbox = from_outbox(self._site, self._outbox)
        return self._outbox

    def _taken(self) -> object:
        return checks.outbox(self._site) if self._scenario.outbox else len(self._relay.server.taken)
