"""Jobs of which a step dies, or fails by itself, for the Kubernetes executor that the settings choose."""

import os
import signal

import dagster as dg

from orchestration.automation.executors import executor_of
from orchestration.automation.stuck import ONCE_MORE
from orchestration.settings import Settings


@dg.op
def works() -> int:
    return 1


@dg.op
def dies(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


@dg.op
def fails(number: int) -> int:
    raise ValueError(number)


@dg.op
def follows(number: int) -> int:
    return number


def job_of(middle: dg.OpDefinition) -> dg.JobDefinition:
    @dg.job(name=f"one_{middle.name}", executor_def=executor_of(Settings()), tags=ONCE_MORE)
    def job() -> None:
        follows(middle(works()))

    return job


def one_dies() -> dg.JobDefinition:
    return job_of(dies)


def one_fails() -> dg.JobDefinition:
    return job_of(fails)
