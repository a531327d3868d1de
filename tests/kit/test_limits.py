"""Work that has no end is ended, and nothing is left behind."""

from __future__ import annotations

import resource
import signal
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from publisher.kit.limits import TooLongError, limited

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_MUCH = 256 * 2**20


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """See that timer, handler and bound are as they were."""

    def state() -> tuple[Any, ...]:
        timer = signal.getitimer(signal.ITIMER_PROF)
        return sys.unraisablehook, signal.getsignal(signal.SIGPROF), timer, resource.getrlimit(resource.RLIMIT_AS)

    before = state()
    yield
    assert state() == before


def _spin() -> None:
    while True:
        pass


def test_work_that_ends_is_let_be() -> None:
    with limited(seconds=1, memory=_MUCH):
        assert signal.getitimer(signal.ITIMER_PROF)[0] > 0


def test_too_long_a_work_is_ended() -> None:
    with pytest.raises(TooLongError), limited(seconds=0.02, memory=_MUCH):
        _spin()


def test_work_that_swallows_its_end_is_ended_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publisher.kit.limits._AGAIN", 0.02)
    swallowed: list[TooLongError] = []

    def stubborn() -> None:
        try:
            _spin()
        except TooLongError as error:
            swallowed.append(error)
        _spin()

    with pytest.raises(TooLongError), limited(seconds=0.02, memory=_MUCH):
        stubborn()
    assert len(swallowed) == 1


def test_an_end_that_is_lost_in_the_callback_of_a_weak_reference_is_no_news_and_comes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[sys.UnraisableHookArgs] = []
    monkeypatch.setattr("publisher.kit.limits._AGAIN", 0.02)
    monkeypatch.setattr(sys, "unraisablehook", told.append)

    class _Thing:
        pass

    def fail(_reference: object) -> None:
        raise LookupError

    thing: _Thing | None = _Thing()
    other: _Thing | None = _Thing()
    references = weakref.ref(thing, lambda _: _spin()), weakref.ref(other, fail)

    def work() -> None:
        nonlocal thing, other
        other = thing = None
        _spin()

    with pytest.raises(TooLongError), limited(seconds=0.02, memory=_MUCH):
        work()
    assert [each.exc_type for each in told] == [LookupError]
    assert [each() for each in references] == [None, None]


def test_too_much_memory_is_refused() -> None:
    with pytest.raises(MemoryError), limited(seconds=1, memory=2**20):
        bytearray(2**26)
    assert len(bytearray(2**26)) == 2**26


def test_a_bound_that_is_lower_already_stays() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    lower = 2**40
    resource.setrlimit(resource.RLIMIT_AS, (lower, before[1]))
    try:
        with limited(seconds=1, memory=2**50):
            assert resource.getrlimit(resource.RLIMIT_AS)[0] == lower
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def test_a_timer_that_ran_before_runs_on() -> None:
    def ring(_number: int, _frame: FrameType | None) -> None:
        raise AssertionError

    handler = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, 90)
    try:
        with limited(seconds=1, memory=_MUCH):
            pass
        assert signal.getsignal(signal.SIGPROF) is ring
        assert 80 < signal.getitimer(signal.ITIMER_PROF)[0] < 91
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, handler)


def test_another_thread_is_not_limited() -> None:
    seen: list[float] = []

    def work() -> None:
        with limited(seconds=1, memory=_MUCH):
            seen.append(signal.getitimer(signal.ITIMER_PROF)[0])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [0]
