"""The long campaign: `python -m tests.crash --kills 10000`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conftest import ROOT
from tests.crash.campaign import Campaign, scratch

if TYPE_CHECKING:
    from tests.crash.campaign import Result

#: So many seconds apart something is said.
_EVERY = 20.0


@dataclass
class Progress:
    """Says now and then how far it is."""

    wanted: int
    began: float = 0
    said: float = 0
    _seen: int = 0

    def __call__(self, result: Result) -> None:
        """Say it, if it is time; and what may not be, at once."""
        for each in result.violations[self._seen :]:
            print(each, flush=True)
        self._seen = len(result.violations)
        now, kills = time.monotonic(), result.kills.total()
        if now - self.said < _EVERY or not kills:
            return
        self.said = now
        left = max(0.0, (now - self.began) / kills * (self.wanted - kills) / 60)
        line = f"{kills:,} of {self.wanted:,} kills, {len(result.violations):,} violations, {left:.0f} minutes left"
        print(line, flush=True)


def main() -> int:
    """Run it, and say what was seen."""
    parser = argparse.ArgumentParser(prog="make crash")
    parser.add_argument("--kills", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--doubles", type=Path, default=ROOT / "build" / "crash-doubles.txt", metavar="FILE")
    wanted = parser.parse_args()
    began = time.monotonic()
    with scratch() as folder:
        progress = Progress(wanted.kills, began, began)
        campaign = Campaign(folder=Path(folder), seed=wanted.seed, jobs=wanted.jobs, progress=progress)
        campaign.learn()
        never = campaign.everywhere()
        campaign.at_random(wanted.kills)
    wanted.doubles.parent.mkdir(parents=True, exist_ok=True)
    wanted.doubles.write_text("".join(f"{each}\n" for each in campaign.result.doubles), "utf-8")
    _tell(campaign.result, (time.monotonic() - began) / 60)
    print(f"seed {wanted.seed}; the doubles are listed in {wanted.doubles}")
    if never:
        print(f"never passed again: {', '.join(sorted(never))}")
    return 1 if campaign.result.violations else 0


def _tell(result: Result, minutes: float) -> None:
    kinds = Counter[str]()
    for name, count in result.kills.items():
        kinds[" ".join(name.split(":")[1::-1]) if ":" in name else f"at a {name}"] += count
    for kind, count in kinds.most_common():
        print(f"{count:8,}  {kind}")
    lines = {
        f"kills in {result.scenarios:,} scenarios, {result.kills.total() / minutes:.0f} a minute": result.kills.total(),
        "different points": len(result.kills),
        "of the kills were power cuts": result.cuts,
        "doubles inside the window": len(result.doubles),
        "held": result.held,
        "violations": len(result.violations),
    }
    for what, count in lines.items():
        print(f"{count:8,}  {what}")


if __name__ == "__main__":
    sys.exit(main())
