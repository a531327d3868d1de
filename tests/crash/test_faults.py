"""A harness that finds nothing may be blind: each planted fault has to be seen, at the moment that tells of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.crash import power
from tests.crash.campaign import Campaign, scratch
from tests.crash.faults import FAULTS
from tests.crash.scenario import LATER, Kill, Scenario
from tests.crash.zygote import Zygote

if TYPE_CHECKING:
    from collections.abc import Iterator

MAIL = Kill(name="smtp:before:MAIL", number=1, then=LATER)
DOT = "smtp:after:dot's CRLF"
WITHOUT = power.library() is None


@dataclass(frozen=True, kw_only=True)
class Signal:
    """When a fault is seen, and as what."""

    #: Runs with the fault, and a kill of one without it before.
    kills: tuple[Kill, ...]
    before: tuple[Kill, ...] = ()
    hold: bool = False
    power: bool = False
    outbox: bool = False
    seen: tuple[str, ...]


SIGNALS = {
    "checkpoint_at_fetch": Signal(kills=(MAIL,), seen=("is accepted and has nothing", "was skipped")),
    "commit_after_data": Signal(
        kills=(Kill(name=DOT, number=1),),
        seen=("has a message that the ledger does not know of", "has 2 copies of 1; in flight at no kill"),
    ),
    "hold_ignored": Signal(kills=(Kill(name=DOT, number=1), Kill(then=LATER)), hold=True, seen=("has 2 copies of 1",)),
    "written_in_place": Signal(kills=(Kill(name="open:after:files._replace", number=1),), seen=("half a file",)),
    # The power goes in the middle of sending; the edition is on the disk by then.
    "synchronous_normal": Signal(
        before=(MAIL,),
        kills=(Kill(name=DOT, number=9),),
        power=True,
        seen=("was accepted, and the ledger forgot it", "has 2 copies of 1; in flight at no kill"),
    ),
    "renamed_before_synced": Signal(
        kills=(Kill(name="replace:after:files._replace", number=3),), power=True, seen=("is half a file",)
    ),
    "outbox_not_synced": Signal(
        kills=(Kill(name="commit:before:jobs.deliver._holding", number=1),),
        power=True,
        outbox=True,
        seen=("is accepted and has nothing",),
    ),
    "folder_not_synced": Signal(kills=(MAIL,), power=True, seen=("is gone, and messages that lead to it go out",)),
}


@pytest.fixture(scope="module")
def ground() -> Iterator[tuple[Campaign, Zygote]]:
    """A publication to kill, and what kills it."""
    with scratch() as folder, Zygote() as zygote:
        campaign = Campaign(folder=Path(folder), seed=1)
        campaign.learn()
        yield campaign, zygote


def test_every_fault_has_its_signal() -> None:
    assert SIGNALS.keys() == FAULTS.keys()


@pytest.mark.parametrize("fault", sorted(SIGNALS))
def test_a_planted_fault_is_found_and_nothing_without_it(ground: tuple[Campaign, Zygote], fault: str) -> None:
    campaign, zygote = ground
    signal = SIGNALS[fault]
    if signal.power and WITHOUT:
        pytest.skip("the SQLite of this Python cannot be reached for power cuts")
    sound = Scenario(
        title=fault, kills=signal.before + signal.kills, hold=signal.hold, power=signal.power, outbox=signal.outbox
    )
    outcome = campaign.play(zygote, sound)
    assert outcome.kills
    assert outcome.violations == []
    faulty = signal.before + tuple(replace(kill, fault=fault) for kill in signal.kills)
    found = "\n".join(campaign.play(zygote, replace(sound, kills=faulty)).violations)
    assert [each for each in signal.seen if each not in found] == []
