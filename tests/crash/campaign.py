"""Many publications, each killed and started again until nothing is due."""

from __future__ import annotations

import itertools
import random
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.crash import checks, power
from tests.crash.relay import Relay
from tests.crash.scenario import LATER, Kill, Outcome, Play, Scenario
from tests.crash.site import configure, prepare
from tests.crash.zygote import Order, Zygote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

#: Points of one publication that are passed one after the other, each by a run that begins where the last was killed.
_CHAIN = 8
#: How many times a point is tried that was not passed, as which connection does what is left to chance.
_TRIES = 4
#: A kill that leaves something for the next run to find out about.
_IN_FLIGHT = Kill(name="smtp:after:dot's CRLF", number=3, then=LATER)
_MAIL = ("smtp:", "reply:", "commit:before:jobs.turns", "commit:after:jobs.turns")


@dataclass
class Result:
    """What a campaign saw."""

    kills: Counter[str] = field(default_factory=Counter)
    cuts: int = 0
    scenarios: int = 0
    held: int = 0
    doubles: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count one more."""
        self.kills += outcome.kills
        self.cuts += outcome.cuts
        self.scenarios += 1
        self.held += outcome.held
        self.doubles += outcome.doubles
        self.violations += outcome.violations


@dataclass(kw_only=True)
class Campaign:
    """Kills runs of one publication; scenarios come from the seed, and from the points of an undisturbed run."""

    folder: Path
    seed: int
    jobs: int = 2
    #: Told after each scenario.
    progress: Callable[[Result], None] = lambda _result: None
    result: Result = field(default_factory=Result)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def learn(self) -> None:
        """Run without any trouble: what is published then, and which points are passed, in their order."""
        self.prepared = prepare(self.folder / "prepared")
        with Zygote() as zygote:
            self.points = self._record(zygote, "smtp", cut=False)
            self.published = checks.output(self.folder / "smtp" / "site")
            self.outbox_points = self._record(zygote, "outbox", cut=False)
            #: With a database of which is kept what is synced, there are more.
            self.power_points = self._record(zygote, "smtp", cut=True) if power.library() else {}
            # What the next run does about a killed one has points of its own.
            self.again_points = self.play(zygote, Scenario(title="learning", kills=(_IN_FLIGHT,))).counts

    def _record(self, zygote: Zygote, transport: str, *, cut: bool) -> dict[str, int]:
        folder = self.folder / (f"{transport}-power" if cut else transport)
        site, notes = folder / "site", folder / "notes"
        notes.mkdir(parents=True)
        shutil.copytree(self.prepared, site)
        power.prepare(site, notes / "shadow")
        with (relay := Relay(chance=random.Random(0))).server:
            configure(site, transport=transport, port=relay.server.port)
            ending = zygote.run(Order(site=str(site), notes=str(notes), power=cut))
        assert ending.counts, ending.trouble
        return ending.counts

    def play(self, zygote: Zygote, scenario: Scenario) -> Outcome:
        """Play one scenario."""
        with self._lock:
            folder = self.folder / f"scenario-{next(self._numbers)}"
        outcome = Play(scenario, zygote, folder, self.published).play(self.prepared)
        shutil.rmtree(folder)
        return outcome

    def everywhere(self) -> set[str]:
        """Kill at every point by its name, also before power cuts and of the outbox; gives those never passed."""
        wanted = [
            *self._chains("points", self.points),
            *self._chains("points", self.again_points.keys() - self.points.keys(), killed=True),
            *self._chains("points", self.outbox_points.keys() - self.points.keys(), outbox=True),
            *self._chains("points", self.power_points.keys() - self.points.keys(), power=True),
        ]
        self._play_all(wanted)
        every = {kill.name for scenario in wanted for kill in scenario.kills}
        for number in range(_TRIES):
            missing = sorted(every - self.result.kills.keys())
            homes = {kill.name: scenario for scenario in wanted for kill in scenario.kills}
            self._play_all(
                replace(
                    homes[name],
                    title=f"point {name}, try {number}",
                    kills=(*(kill for kill in homes[name].kills if kill is _IN_FLIGHT), Kill(name=name, number=1)),
                )
                for name in missing
            )
        return every - self.result.kills.keys()

    def _chains(
        self, title: str, points: Iterable[str], *, killed: bool = False, power: bool = False, outbox: bool = False
    ) -> list[Scenario]:
        """Put each point into a scenario, those far from each other into the same."""
        # Those of a set have no order.
        names = sorted(points) if isinstance(points, AbstractSet) else list(points)
        count = -(-len(names) // _CHAIN)
        first = (_IN_FLIGHT,) if killed else ()
        return [
            Scenario(
                title=f"{title} {number}{' after a kill' if killed else ''}",
                kills=(*first, *(Kill(name=name, number=1) for name in names[number::count])),
                hold=bool(number % 2),
                power=power,
                outbox=outbox,
            )
            for number in range(count)
        ]

    def at_random(self, kills: int) -> None:
        """Go on until there are so many kills in all."""
        numbers = itertools.count()
        self._play_all(self._draw(number) for number in itertools.takewhile(lambda _: self._missing(kills), numbers))

    def _missing(self, kills: int) -> bool:
        return self.result.kills.total() < kills

    def _play_all(self, scenarios: Iterable[Scenario]) -> None:
        left = iter(scenarios)

        def work() -> None:
            with Zygote() as zygote:
                while (scenario := self._next(left)) is not None:
                    outcome = self.play(zygote, scenario)
                    with self._lock:
                        self.result.add(outcome)
                        self.progress(self.result)

        first = self._next(left)
        if first is None:
            return
        left = itertools.chain([first], left)
        with ThreadPoolExecutor(self.jobs) as pool:
            for each in [pool.submit(work) for _ in range(self.jobs)]:
                each.result()

    def _next(self, left: Iterator[Scenario]) -> Scenario | None:
        with self._lock:
            return next(left, None)

    def _draw(self, number: int) -> Scenario:
        """Make a scenario that is the same for the same seed and points."""
        chance = random.Random(f"{self.seed} {number}")
        outbox = chance.random() < 0.1
        cut = chance.random() < 0.3 and bool(self.power_points)
        bad = chance.random() < 0.4 and not outbox
        points = self.outbox_points if outbox else self.power_points if cut else self.points
        return Scenario(
            title=f"scenario {number}",
            kills=tuple(self._draw_kill(chance, turn, points) for turn in range(chance.randint(1, 4))),
            hold=chance.random() < 0.3,
            power=cut,
            outbox=outbox,
            share=0.1 if bad else 0,
            cuts=0.1 if bad else 0,
            stalls=int(bad and chance.random() < 0.15),
        )

    def _draw_kill(self, chance: random.Random, turn: int, points: dict[str, int]) -> Kill:
        then = chance.choice([0.0, 1200.0, LATER])
        drawn = chance.random()
        if drawn < 0.15:
            return Kill(after=chance.uniform(0.01, 0.5 if turn == 0 else 0.25), then=then)
        if drawn < 0.3:
            return Kill(number=chance.randint(1, sum(points.values()) // (1 if turn == 0 else 6)), then=then)
        # What is published is so in the first run; then there is mail.
        names = sorted(each for each in points if turn == 0 or each.startswith(_MAIL) or ":mail." in each)
        name = chance.choice(names)
        return Kill(name=name, number=chance.randint(1, points[name] if turn == 0 else 3), then=then)


def scratch() -> tempfile.TemporaryDirectory[str]:
    """Make a folder in memory where there is one."""
    memory = Path("/dev/shm")
    return tempfile.TemporaryDirectory(prefix="crash-", dir=memory if memory.is_dir() else None)
