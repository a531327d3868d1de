"""The short campaign: killed once at every point, and some times more at any; `make crash` runs the long one."""

from __future__ import annotations

from pathlib import Path

from tests.crash.campaign import Campaign, scratch

#: After every point: killed so often at random points and moments.
AT_RANDOM = 40


def test_nobody_is_skipped_and_nobody_gets_two_wherever_a_run_is_killed() -> None:
    with scratch() as folder:
        campaign = Campaign(folder=Path(folder), seed=6)
        campaign.learn()
        never = campaign.everywhere()
        campaign.at_random(campaign.result.kills.total() + AT_RANDOM)
    assert campaign.result.violations == []
    assert never == set()
    kinds = {name.partition(":")[0] for name in campaign.result.kills}
    assert {"commit", "replace", "fsync", "open", "smtp", "reply"} <= kinds
