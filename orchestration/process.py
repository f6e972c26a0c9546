"""A process that lives for one run. Belongs here: how it minds garbage and signals, and how it ends. Does not: what it
works at."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable

_SOON = 0.01  # seconds


def leaving_at_once() -> Callable[[int], None]:
    """Once what is returned has been told the exit code, the process ends right after its exit handlers.

    Python would take down, object by object, what Dagster, dbt and Great Expectations have built, for seconds. To be
    called before they are imported: exit handlers run in the opposite order, and this one must be the last.
    """
    told: list[int] = []

    def leave() -> None:
        if told:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(told[0])

    atexit.register(leave)
    return told.append


def collect_less() -> None:
    """Look seldom for garbage: Dagster's and dbt's own objects are many and live as long as the run, and Python goes
    through them again and again, a tenth of the run."""
    gc.set_threshold(200_000, 20, 20)


def lose_no_interrupt() -> None:
    """Raise an interrupt once more that came while an object was taken down: Python tells of that and goes on.

    To be called in the thread that interrupts are for.
    """
    thread = threading.get_ident()

    def unraisable(told: sys.UnraisableHookArgs) -> None:
        if issubclass(told.exc_type, Exception | GeneratorExit):
            sys.__unraisablehook__(told)
        else:
            threading.Timer(_SOON, signal.pthread_kill, [thread, signal.SIGINT]).start()

    sys.unraisablehook = unraisable
