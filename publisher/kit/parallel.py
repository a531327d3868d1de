"""Work shared out among the processors, and kept within bounds: by forking, which costs a millisecond or two.

A child starts with everything imported, does its share, and sends the results back chunk by chunk. What happens to a
child happens to nobody else.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pickle
import resource
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

#: How much of its results a child may have ready before anybody asks for them, in bytes; Linux gives so much.
_PIPE_BYTES = 1024 * 1024
#: The exit code of a child that was refused memory.
_OUT_OF_MEMORY = 17


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """What one item may take; more ends the child that works on it, and only that item is lost."""

    #: Of processor time.
    seconds: float
    #: On top of what the process has already, in bytes.
    memory: int


def spread(work: Callable[[_Item], _Result], items: Sequence[_Item], *, worth: int, chunk: int = 500) -> list[_Result]:
    """Apply `work` to every item; the results are in order and can be pickled. See `stream`."""
    return list(stream(work, items, worth=worth, chunk=chunk))


def stream(
    work: Callable[[_Item], _Result], items: Sequence[_Item], *, worth: int, chunk: int = 500
) -> Iterator[_Result]:
    """Apply `work` to every item in children, which begin at once, and give the results in order while they come.

    Fewer than `worth` items are done here, as are all of them in a process of several threads, which must not fork.
    What a child fails to bring back is done here, too: `work` should have no effect but its result.
    """
    if len(items) < worth or processors() == 1 or threading.active_count() > 1:
        return map(work, items)
    chunks = [items[start : start + chunk] for start in range(0, len(items), chunk)]
    team = _Team(work, chunks, processors(), None)

    def results() -> Iterator[_Result]:
        for number, part in enumerate(chunks):
            brought = team.fetch(number)
            yield from map(work, part) if brought is None else brought

    return _Results(team, results())


def within(
    work: Callable[[_Item], _Result], items: Sequence[_Item], lost: Callable[[_Item, str], _Result], *, bounds: Bounds
) -> Iterator[_Result]:
    """Apply `work` to every item in children that keep to `bounds`, and give the results in order while they come.

    Of an item that breaks them, or its child, the result is `lost(item, reason)`; the reason is a phrase such as
    "takes more than 5 s". In a process of several threads, which must not fork, nothing is bounded.
    """
    if threading.active_count() > 1:
        return map(work, items)
    team = _Team(work, [[item] for item in items], min(processors(), len(items)), bounds)

    def results() -> Iterator[_Result]:
        for number, item in enumerate(items):
            brought = team.fetch(number)
            yield lost(item, team.restart(number)) if brought is None else brought[0]

    return _Results(team, results())


class _Results(Iterator[_Result]):
    """Results as they come; once they are all there, or nobody wants them any more, the children are let go."""

    def __init__(self, team: _Team, results: Iterator[_Result]) -> None:
        self._team = team
        self._results = results

    def __next__(self) -> _Result:
        try:
            return next(self._results)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the children."""
        self._team.close()

    def __del__(self) -> None:
        self.close()


def processors() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Team:
    """Children that take the chunks in turns: the third of two does what comes after the second."""

    def __init__(
        self, work: Callable[[Any], Any], chunks: Sequence[Sequence[Any]], size: int, bounds: Bounds | None
    ) -> None:
        self._work = work
        self._chunks = chunks
        self._bounds = bounds
        self._children = [self._start(first, size) for first in range(size)]

    def close(self) -> None:
        """End the children; those that still work, because nobody wants their results any more, are killed."""
        for process, pipe in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
            pipe.close()
            os.waitpid(process, 0)
        self._children = []

    def fetch(self, number: int) -> list[Any] | None:
        """Read the results of one chunk; None if its child does not bring them back."""
        _, pipe = self._children[number % len(self._children)]
        try:
            results: list[Any] = pickle.load(pipe)  # noqa: S301 (our own child wrote it)
        except (pickle.UnpicklingError, EOFError):
            return None
        return results

    def restart(self, number: int) -> str:
        """Let another child go on behind a chunk that ended the one before it; gives the reason of its end."""
        place = number % len(self._children)
        process, pipe = self._children[place]
        pipe.close()
        _, status = os.waitpid(process, 0)
        self._children[place] = self._start(number + len(self._children), len(self._children))
        return self._reason(status)

    def _reason(self, status: int) -> str:
        code = -os.waitstatus_to_exitcode(status)
        if self._bounds is not None and code == signal.SIGPROF:
            return f"takes more than {self._bounds.seconds:g} s"
        # What is written in Rust aborts when it is refused memory.
        if self._bounds is not None and code in {-_OUT_OF_MEMORY, signal.SIGABRT}:
            return f"takes more than {self._bounds.memory // 2**20} MB"
        return f"ends the process that works on it ({signal.Signals(code).name if code > 0 else f'exit code {-code}'})"

    def _start(self, first: int, step: int) -> tuple[int, BinaryIO]:
        """Fork a child that writes its results into a pipe; gives its id and the end to read from."""
        reading, writing = os.pipe()
        with contextlib.suppress(OSError, AttributeError):
            fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        process = os.fork()
        if process == 0:  # pragma: no cover (a child that ends without telling anybody what it covered)
            code = 1
            try:
                os.close(reading)
                self._serve(writing, first, step)
                code = 0
            except MemoryError:
                code = _OUT_OF_MEMORY
            finally:
                # Nothing of the parent's is to be flushed, closed or rolled back from here, and nothing is to be said:
                # who waits for results sees that none come.
                os._exit(code)
        os.close(writing)
        return process, os.fdopen(reading, "rb")

    def _serve(self, writing: int, first: int, step: int) -> None:  # pragma: no cover (in a child)
        bounds = self._bounds
        if bounds is not None:
            _bound_memory(bounds.memory)
            # What a library says on its way out is for nobody.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        with os.fdopen(writing, "wb") as pipe:
            for number in range(first, len(self._chunks), step):
                if bounds is not None:
                    # Not a handler of Python's, which would wait for a library to return: the system ends the child.
                    signal.setitimer(signal.ITIMER_PROF, bounds.seconds)
                results = [self._work(item) for item in self._chunks[number]]
                pipe.write(pickle.dumps(results, protocol=pickle.HIGHEST_PROTOCOL))
                pipe.flush()


def _bound_memory(more: int) -> None:  # pragma: no cover (in a child)
    """Let this process have so many bytes more than it has; what asks for more meets a MemoryError."""
    with contextlib.suppress(OSError, ValueError):
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 (not worth an import)
            now = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + more, resource.getrlimit(resource.RLIMIT_AS)[1]))
