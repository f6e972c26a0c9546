"""A second process for the work of a run, so that two cores work. Belongs here: that process, from its start to its
end. Does not: what it works at.

Great Expectations, dbt and others take seconds to import. Here they are imported while the run collects and decodes.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from enum import Enum, auto
from functools import partial
from importlib import import_module
from itertools import count
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any, Protocol, TypeVar

from orchestration.errors import SkillsBankError
from orchestration.process import collect_less, leaving_at_once

_T = TypeVar("_T")

# Not a fork: the run has threads, of DuckDB and Arrow among others.
_PROCESSES = multiprocessing.get_context("spawn")
_GRACE = 5.0  # seconds
_started: list[SecondProcess] = []


class _Kind(Enum):
    """What comes through the pipe about a piece of work: any number of things told, then its result or its error."""

    TOLD = auto()
    RESULT = auto()
    ERROR = auto()


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
        with _interrupts_held():
            self._process.start()
        theirs.close()  # so that the end of one process is the end of the file for the other
        self._numbers = count()

    def start(self, function: Callable[..., _T], /, *args: Any) -> Callable[[], _T]:
        """Start ``function(*args)`` there; what is returned waits, and gives its result or raises what it raised.

        Raises:
            SkillsBankError: the process has ended, and the work was not done.
        """
        answers = self._answers(partial(function, *args), tells=False)
        return lambda: next(answers)

    def stream(self, function: Callable[..., object], /, *args: Any, **options: Any) -> Iterator[Any]:
        """Start ``function(*args, tell=..., **options)`` there; what it tells is given here as it tells it, and its
        result as the last. Raises as ``start`` does.
        """
        return self._answers(partial(function, *args, **options), tells=True)

    def _answers(self, work: partial[Any], *, tells: bool) -> Iterator[Any]:
        """Send the work, at once; what it tells comes, then its result."""
        number = next(self._numbers)
        try:
            self._pipe.send((number, work, tells))
        except ConnectionError:
            raise self._ended(work) from None
        return self._received(number, work)

    def _received(self, number: int, work: partial[Any]) -> Iterator[Any]:
        while True:
            try:
                answered, kind, answer = pickle.loads(self._pipe.recv_bytes())
            except (EOFError, ConnectionError):
                raise self._ended(work) from None
            if answered != number:  # nobody waited for it
                continue
            if kind is _Kind.ERROR:
                raise answer
            yield answer
            if kind is _Kind.RESULT:
                return

    def _ended(self, work: partial[Any]) -> SkillsBankError:
        self._process.join(1)
        return SkillsBankError(
            f"{work.func.__name__} was not done: its process ended with exit code {self._process.exitcode}",
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

    @staticmethod
    def stream(function: Callable[..., object], /, *args: Any, **options: Any) -> Iterator[Any]:
        """All that the function tells, once it has ended, and its result as the last."""
        told: list[object] = []
        told.append(function(*args, tell=told.append, **options))
        return iter(told)


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


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C is for the run, which then stops its second process: that starts with the signal held, and keeps it so."""
    resource_tracker.ensure_running()  # starting with the process, it would let the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(pipe: Connection) -> None:
    leave = leaving_at_once()
    collect_less()
    try:
        for prepare in _PREPARATIONS:
            while pipe.poll():  # work that is there does not wait for what other work needs
                _answer(pipe)
            # An import has nothing to clear away, and would make an error of an exit in its middle.
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            prepare()
            signal.signal(signal.SIGTERM, _exit)
        leave(0)
        while True:
            _answer(pipe)
    except (EOFError, ConnectionError):
        # It ends by itself now: an exit in the middle of that would be told as an error.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _exit(*_: object) -> None:
    """End in good order: what Python made is cleared away."""
    sys.exit()


def _prepare(module: str) -> None:
    """What a module imports on its first use, now."""
    import_module(module).prepare()


# What takes seconds to import, in the order in which a refresh needs it.
_PREPARATIONS: tuple[Callable[[], object], ...] = (
    partial(_prepare, "orchestration.quality.evaluation"),
    partial(_prepare, "orchestration.modelling.dbt"),
    partial(import_module, "orchestration.disclosure.stage"),
    partial(import_module, "orchestration.publication.export"),
    partial(import_module, "orchestration.publication.report.pdf"),
)


def _answer(pipe: Connection) -> None:
    """Do the next piece of work. Raises EOFError when no more will come."""
    number, work, tells = pipe.recv()
    # What is told is sent by a thread: the work goes on where the run does not listen yet.
    with ThreadPoolExecutor(1) as sender:

        def tell(told: object) -> None:
            sender.submit(pipe.send_bytes, pickle.dumps((number, _Kind.TOLD, told)))

        answer = _done(number, partial(work, tell=tell) if tells else work)
    pipe.send_bytes(answer)


def _done(number: int, work: Callable[[], object]) -> bytes:
    """The number, and the result or the error, as they go through the pipe."""
    try:
        return pickle.dumps((number, _Kind.RESULT, work()))
    except Exception as error:
        error.add_note("".join(traceback.format_exception(error)))
        try:
            return pickle.dumps((number, _Kind.ERROR, error))
        except Exception:
            return pickle.dumps((number, _Kind.ERROR, RuntimeError(repr(error))))
