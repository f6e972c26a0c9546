"""The end of a process. Belongs here: leaving without taking down what was built in it. Does not: what has to be done
before."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable


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
