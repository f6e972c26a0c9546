"""A second process for the work of a run, so that two cores work. Belongs here: that process, from its start to its
end. Does not: what it works at.

Great Expectations and others take seconds to import. Here they are imported while the run collects and decodes.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from itertools import count
from multiprocessing.connection import Connection
from typing import Any, Protocol, TypeVar

from orchestration.errors import SkillsBankError
from orchestration.leaving import leaving_at_once

_T = TypeVar("_T")

# Not a fork: the run has threads, of DuckDB and Arrow among others.
_PROCESSES = multiprocessing.get_context("spawn")
_GRACE = 5.0  # seconds
_started: list[SecondProcess] = []


class Start(Protocol):
    """How work is started: by ``SecondProcess.start``, or by ``functools.partial``, which does it when asked for it."""

    def __call__(self, function: Callable[..., _T], /, *args: Any) -> Callable[[], _T]:
        """Start ``function(*args)``; what is returned waits for its result."""


def shared(start: Start, work: Callable[..., list[_T]], names: Sequence[str], *rest: Any) -> list[_T]:
    """``work(names, *rest)``, which gives a result for each name: every second name is started elsewhere meanwhile."""
    elsewhere = start(work, names[::2], *rest)
    here = work(names[1::2], *rest)
    done = dict(zip([*names[1::2], *names[::2]], [*here, *elsewhere()], strict=True))
    return [done[name] for name in names]


class SecondProcess:
    """A process that does one piece of work at a time, in order, and ends with the process that started it."""

    def __init__(self) -> None:
        self._pipe, theirs = _PROCESSES.Pipe()
        self._process = _PROCESSES.Process(target=_serve, args=(theirs,), name="second", daemon=True)
        self._process.start()
        theirs.close()  # so that the end of one process is the end of the file for the other
        self._numbers = count()

    def start(self, function: Callable[..., _T], /, *args: Any) -> Callable[[], _T]:
        """Start ``function(*args)`` there; what is returned waits, and gives its result or raises what it raised.

        Raises:
            SkillsBankError: the process has ended, and the work was not done.
        """
        number = next(self._numbers)
        try:
            self._pipe.send((number, function, args))
        except ConnectionError:
            raise self._ended(function) from None
        return lambda: self._result(number, function)

    def _result(self, number: int, function: Callable[..., _T]) -> _T:
        answered = -1
        while answered != number:  # an answer that nobody waited for is passed over
            try:
                answered, succeeded, answer = pickle.loads(self._pipe.recv_bytes())
            except (EOFError, ConnectionError):
                raise self._ended(function) from None
        if not succeeded:
            raise answer
        result: _T = answer
        return result

    def _ended(self, function: Callable[..., object]) -> SkillsBankError:
        self._process.join(1)
        return SkillsBankError(
            f"{function.__name__} was not done: its process ended with exit code {self._process.exitcode}",
            expected="a process that lives until the run ends",
            fix="see whether the machine ran out of memory, then start the refresh again",
        )

    def stop(self) -> None:
        """End the process, whatever it is at."""
        self._pipe.close()
        self._process.terminate()
        self._process.join(_GRACE)
        self._process.kill()
        self._process.join()


class NoSecondProcess:
    """Stands in for one where each step has a process of its own already: work is done when its result is asked for."""

    start: Start = staticmethod(partial)


@contextmanager
def second_process() -> Iterator[SecondProcess]:
    """The second process of this one: started unless it runs already (the command line starts it before the job)."""
    if _started:
        yield _started[0]
        return
    second = SecondProcess()
    _started.append(second)
    try:
        yield second
    finally:
        _started.remove(second)
        second.stop()


def _serve(pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, which then stops us
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # in good order: what Python made is cleared away
    leave = leaving_at_once()
    _prepare()
    leave(0)
    while True:
        try:
            number, function, args = pipe.recv()
        except EOFError:
            # It ends by itself now: an exit in the middle of that would be told as an error.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            return
        pipe.send_bytes(_answer(number, function, args))


def _prepare() -> None:
    """Import what takes seconds, in the order in which a refresh needs it."""
    from orchestration.quality.evaluation import prepare  # noqa: PLC0415 - not in the process that starts this one

    prepare()
    for stage in ("disclosure.stage", "publication.export"):
        import_module(f"orchestration.{stage}")


def _answer(number: int, function: Callable[..., object], args: tuple[object, ...]) -> bytes:
    """The number, whether it succeeded, and the result or the error, as they go through the pipe."""
    try:
        return pickle.dumps((number, True, function(*args)))
    except Exception as error:
        error.add_note("".join(traceback.format_exception(error)))
        try:
            return pickle.dumps((number, False, error))
        except Exception:
            return pickle.dumps((number, False, RuntimeError(repr(error))))
