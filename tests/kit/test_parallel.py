"""Work is shared out among processes, and comes back whole and in order whatever a child does."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from publisher.kit.parallel import Bounds, processors, spread, stream, within

several = pytest.mark.skipif(processors() < 2, reason="there is one processor only: nothing is shared out")


def _with_process(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


@several
def test_many_items_are_done_by_several_processes_and_come_back_in_order() -> None:
    results = spread(_with_process, range(1001), worth=10)
    assert [square for square, _ in results] == [number * number for number in range(1001)]
    assert os.getpid() not in {process for _, process in results}
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


@several
def test_results_come_while_the_work_goes_on() -> None:
    results = stream(_with_process, range(100_000), worth=10, chunk=10)
    assert next(results)[0] == 0
    del results
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


BOUNDS = Bounds(seconds=0.2, memory=64 * 2**20)


def _misbehave(number: int) -> int:
    match number:
        case 2:
            while True:
                pass
        case 4:
            return len(bytearray(200 * 2**20))
        case 6:
            os.kill(os.getpid(), signal.SIGKILL)
        case 8:
            os._exit(3)
        case 10:
            raise ValueError("nobody caught it")
    return number


def test_what_takes_too_much_is_lost_alone_and_says_why() -> None:
    done = list(within(_misbehave, range(12), lambda _number, reason: reason, bounds=BOUNDS))
    assert done[1::2] == [1, 3, 5, 7, 9, 11]
    assert done[2::2] == [
        "takes more than 0.2 s",
        "takes more than 64 MB",
        "ends the process that works on it (SIGKILL)",
        "ends the process that works on it (exit code 3)",
        "ends the process that works on it (exit code 1)",
    ]


def test_each_item_has_the_time_for_itself() -> None:
    def work_for_a_while(number: int) -> int:
        return sum(range(200_000)) and number

    bounds = Bounds(seconds=0.5, memory=64 * 2**20)
    assert list(within(work_for_a_while, range(200), lambda _number, _reason: -1, bounds=bounds)) == list(range(200))


def test_nothing_to_do_within_bounds_starts_nobody() -> None:
    assert list(within(_with_process, [], lambda _number, _reason: (0, 0), bounds=BOUNDS)) == []


def test_a_process_of_several_threads_bounds_nothing_and_does_the_work_itself() -> None:
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        results = list(within(_with_process, range(3), lambda _number, _reason: (0, 0), bounds=BOUNDS))
    finally:
        done.set()
        other.join()
    assert results == [(number * number, os.getpid()) for number in range(3)]


def test_nobody_is_left_behind_by_work_that_is_given_up() -> None:
    results = within(_with_process, range(1000), lambda _number, _reason: (0, 0), bounds=BOUNDS)
    next(results)
    del results
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
