"""What leaves the house at the end of a run: only what waits, and what cannot leave is told."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from tests.jobs.conftest import desk

if TYPE_CHECKING:
    from tests.jobs.conftest import Desk

__all__ = ["desk"]


def test_a_hub_that_is_not_there_is_named_and_nothing_else_is_lost(desk: Desk) -> None:
    with socket.socket() as taken:
        # Nobody listens behind it.
        taken.bind(("127.0.0.1", 0))
        hub = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        desk.configure("feeds", hubs=(hub,))
        desk.post("A1")
        report = desk.run()
    (remark,) = report.remarks
    assert hub in remark
    assert report.troubles == ()
    assert report.delivered.states["accepted"] == 1
    assert desk.titles() == ["Title of A1"]


def test_a_run_with_nothing_to_send_sends_nothing(desk: Desk) -> None:
    report = desk.run()
    assert (report.delivered.states.total(), report.remarks, report.troubles) == (0, (), ())
    assert not (desk.folder / "var" / "outbox").exists()
