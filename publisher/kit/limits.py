"""Time and memory that work in this process may take, where it might have no end."""

from __future__ import annotations

import contextlib
import resource
import signal
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

#: An exception that comes at a bad moment is swallowed, or lost: it comes again after so many seconds.
_AGAIN = 0.5


class TooLongError(Exception):
    """Work took more processor time than it may."""


#: What a limit raises where it is reached; lost in the callback of a weak reference, it is no news.
_REACHED = (TooLongError, RecursionError, MemoryError)


@contextlib.contextmanager
def limited(*, seconds: float, memory: int) -> Iterator[None]:
    """Raise TooLongError after so much processor time, and MemoryError if so many bytes more are wanted.

    Signals are for the main thread: in any other, nothing is limited. What was set before is set again in the end.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGPROF, _stop)
    bound = resource.getrlimit(resource.RLIMIT_AS)
    hook = sys.unraisablehook
    sys.unraisablehook = lambda lost: None if issubclass(lost.exc_type, _REACHED) else hook(lost)
    timer = signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN)
    try:
        _bound_memory(memory, bound)
        try:
            yield
        finally:
            # What comes at the last moment comes before the rest is put back.
            signal.setitimer(signal.ITIMER_PROF, 0)
    finally:
        signal.setitimer(signal.ITIMER_PROF, *timer)
        resource.setrlimit(resource.RLIMIT_AS, bound)
        signal.signal(signal.SIGPROF, handler)
        sys.unraisablehook = hook


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise TooLongError


def _bound_memory(more: int, bound: tuple[int, int]) -> None:
    """Let this process have so many bytes more than it has, where the system says how many those are."""
    with contextlib.suppress(OSError, ValueError):
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 (not worth an import)
            limit = int(file.read().split()[0]) * resource.getpagesize() + more
        least = min((each for each in (limit, *bound) if each != resource.RLIM_INFINITY), default=limit)
        resource.setrlimit(resource.RLIMIT_AS, (least, bound[1]))
