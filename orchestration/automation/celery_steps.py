"""Steps done by Celery's workers. Belongs here: how the run learns that a step is over, whatever becomes of its worker.
Does not: where the workers are, or what a step does.

Celery itself waits for ever: a worker that was killed sends no result, and a task that nobody takes has none.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import dagster as dg
from celery.exceptions import TaskRevokedError
from celery.result import AsyncResult
from celery.states import READY_STATES, STARTED
from dagster._core.execution.retries import RetryMode
from dagster_celery.core_execution_loop import core_celery_execution_loop
from dagster_celery.executor import CeleryExecutor, _submit_task

from orchestration.errors import SkillsBankError

# Seconds. A worker answers within milliseconds, also while it works: its steps have processes of their own.
ASKED_EVERY, SILENT_FOR, ANSWER = 5.0, 30.0, 2.0
# Between two looks at a result: Dagster's loop does not pause once it ends a run.
_PAUSE = 0.05


class WatchedExecutor(CeleryExecutor):
    """Dagster's executor on Celery, for which a step is over too when its worker is gone or the run is called off."""

    @classmethod
    def at(cls, broker: str, results: str) -> WatchedExecutor:
        """The executor on the workers that listen there."""
        return cls(RetryMode.DISABLED, broker=broker, backend=results)

    def execute(self, plan_context: Any, execution_plan: Any) -> Iterator[dg.DagsterEvent]:
        """Do the plan's steps, each on some worker."""
        loop: Any = core_celery_execution_loop  # it has no types
        submit: Any = _submit_task
        events: Iterator[dg.DagsterEvent] = loop(
            plan_context, execution_plan, lambda *step: StepResult(submit(*step))
        )
        return events


class StepResult:
    """What comes of one step: a result of Celery's for Dagster's loop, that becomes ready in any case."""

    def __init__(self, result: AsyncResult[Any]) -> None:
        self._result = result
        self._asked = self._heard = 0.0
        self._is_called_off = False
        self._worker: str | None = None

    def ready(self) -> bool:
        """Whether the step has ended, or never will."""
        time.sleep(_PAUSE)
        # One look at state and content: between two looks the step may end.
        found = self._result.backend.get_task_meta(self._result.id)
        if found["status"] in READY_STATES:
            return True
        self._worker = found["result"]["hostname"] if found["status"] == STARTED else None
        return self._is_called_off if self._worker is None else self._is_lost(self._worker)

    def get(self) -> list[str]:
        """The step's events.

        Raises:
            TaskRevokedError: the run was called off.
            SkillsBankError: the worker is gone.
        """
        if self._result.ready():
            events: list[str] = self._result.get()
            return events
        if self._is_called_off:
            raise TaskRevokedError
        raise SkillsBankError(
            f"worker {self._worker} was given the step and is gone: it has not answered for {SILENT_FOR:.0f} s",
            expected="a worker that lives until its step ends",
            fix="see whether it was killed or ran out of memory; where run retries are on, the run starts again",
        )

    def revoke(self) -> None:
        """Call the step off: one that is being done is ended as Ctrl-C ends a run, at once."""
        self._is_called_off = True
        self._result.revoke(terminate=True)

    def _is_lost(self, worker: str) -> bool:
        now = time.monotonic()
        self._heard = self._heard or now
        if now - self._asked >= ASKED_EVERY:
            self._asked = now
            if self._result.app.control.ping(destination=[worker], timeout=ANSWER):
                self._heard = time.monotonic()
        return now - self._heard > SILENT_FOR
