"""Work shared out among the processors: by forking, which costs milliseconds and needs no second start-up."""

from __future__ import annotations

import os
import pickle
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def spread(work: Callable[[_Item], _Result], items: Sequence[_Item], *, worth: int) -> list[_Result]:
    """Apply `work` to every item; the results are in order and can be pickled.

    Fewer than `worth` items are done here, as are all of them in a process of several threads, which must not fork.
    What a child fails to bring back is done here, too: `work` should have no effect but its result.
    """
    share = -(-len(items) // processors())
    if len(items) < worth or share == len(items) or threading.active_count() > 1:
        return [work(item) for item in items]
    parts = [items[start : start + share] for start in range(0, len(items), share)]
    children = [_start(work, part) for part in parts[1:]]
    results = [work(item) for item in parts[0]]
    for part, (process, pipe) in zip(parts[1:], children, strict=True):
        brought: list[_Result] | None = _fetch(process, pipe)
        results += [work(item) for item in part] if brought is None else brought
    return results


def processors() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start(work: Callable[[_Item], _Result], part: Sequence[_Item]) -> tuple[int, int]:
    """Fork a child that writes its results into a pipe; gives its id and the end to read from."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:  # pragma: no cover (a child that ends without telling anybody what it covered)
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as pipe:
                pickle.dump([work(item) for item in part], pipe, protocol=pickle.HIGHEST_PROTOCOL)
        finally:
            # Nothing of the parent's is to be flushed, closed or rolled back from here.
            os._exit(0)
    os.close(writing)
    return process, reading


def _fetch(process: int, pipe: int) -> list[_Result] | None:
    """Read what a child brings back; None if that is not all there."""
    with os.fdopen(pipe, "rb") as file:
        data = file.read()
    os.waitpid(process, 0)
    try:
        results: list[_Result] = pickle.loads(data)  # noqa: S301 (our own child wrote it)
    except (pickle.UnpicklingError, EOFError):
        return None
    return results
