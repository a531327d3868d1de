"""Work is shared out among processes, and comes back whole and in order whatever a child does."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from publisher.kit.parallel import processors, spread

several = pytest.mark.skipif(processors() < 2, reason="there is one processor only: nothing is shared out")


def _with_process(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


@several
def test_many_items_are_done_by_several_processes_and_come_back_in_order() -> None:
    results = spread(_with_process, range(1001), worth=10)
    assert [square for square, _ in results] == [number * number for number in range(1001)]
    assert len({process for _, process in results}) == processors()


@pytest.mark.parametrize("count", [0, 1, 9])
def test_few_items_are_done_here(count: int) -> None:
    results = spread(_with_process, range(count), worth=10)
    assert results == [(number * number, os.getpid()) for number in range(count)]


def test_a_process_of_several_threads_does_not_fork() -> None:
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        assert {process for _, process in spread(_with_process, range(100), worth=10)} == {os.getpid()}
    finally:
        done.set()
        other.join()


@several
def test_what_a_child_that_dies_does_not_bring_back_is_done_here() -> None:
    here = os.getpid()

    def die_elsewhere(number: int) -> int:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    assert spread(die_elsewhere, range(100), worth=10) == list(range(100))


@several
def test_what_a_child_cannot_do_fails_here() -> None:
    def refuse_the_last(number: int) -> int:
        if number == 99:
            raise ValueError("the last one")
        return number

    with pytest.raises(ValueError, match="the last one"):
        spread(refuse_the_last, range(100), worth=10)


@several
def test_no_child_is_left_behind() -> None:
    spread(_with_process, range(100), worth=10)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
