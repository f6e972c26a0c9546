"""Where a run's steps are done. Belongs here: the executor that the settings choose. Does not: how many runs there are
at once (the instance's file), or what a step does."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from orchestration.automation.lock import refresh_lock
from orchestration.automation.run_tags import tag_run
from orchestration.errors import SkillsBankError
from orchestration.settings import Settings

# What Dagster says of a step whose Kubernetes job has failed or cannot be found.
_LOST_POD = "failed health check"


def executor_of(settings: Settings) -> dg.ExecutorDefinition:
    """This process, unless the settings name workers; only then is their library imported.

    Raises:
        SkillsBankError: that library is not installed, Celery has no addresses, or the workers share no data folder.
    """
    if settings.executor != "in_process" and settings.store is not None:
        raise SkillsBankError(
            "workers share a data folder, and object storage gives each machine one of its own",
            where=f"SKILLSBANK_EXECUTOR={settings.executor}, SKILLSBANK_DATA={settings.store}",
            expected="a folder that every worker sees, or one process",
            fix="set SKILLSBANK_DATA to a shared folder, or unset SKILLSBANK_EXECUTOR",
        )
    try:
        match settings.executor:
            case "celery":
                return _celery(settings)
            case "k8s":
                return _k8s(settings)
            case _:
                return dg.in_process_executor
    except ModuleNotFoundError as missing:
        raise SkillsBankError(
            f"the package {missing.name} is not installed",
            where=f"SKILLSBANK_EXECUTOR={settings.executor}",
            fix=f"pip install 'skills-bank[{settings.executor}]', or unset it to run in one process",
        ) from None


def _celery(settings: Settings) -> dg.ExecutorDefinition:
    from orchestration.automation.celery_steps import WatchedExecutor  # noqa: PLC0415 - imports Celery

    if settings.celery_broker is None or settings.celery_results is None:
        raise SkillsBankError(
            "Celery has no broker, or no place for results",
            where="SKILLSBANK_CELERY_BROKER and SKILLSBANK_CELERY_RESULTS",
            expected="an address each, such as redis://127.0.0.1:6379/0 and redis://127.0.0.1:6379/1",
            fix="set both for the daemon and the workers (docs/workers.md)",
        )
    addresses = settings.celery_broker.get_secret_value(), settings.celery_results.get_secret_value()
    return dg.ExecutorDefinition(
        name="celery",
        requirements=dg.multiple_process_executor_requirements(),
        executor_creation_fn=lambda _: _holding(WatchedExecutor.at(*addresses), settings),
    )


def _k8s(settings: Settings) -> dg.ExecutorDefinition:
    from dagster_k8s import k8s_job_executor  # noqa: PLC0415 - imports Kubernetes' client

    create: Any = k8s_job_executor.executor_creation_fn
    schema: Any = k8s_job_executor.config_schema
    return dg.ExecutorDefinition(
        name="k8s",
        config_schema=schema,
        requirements=dg.multiple_process_executor_requirements(),
        executor_creation_fn=lambda context: _holding(_telling_lost_pods(create(context)), settings),
    )


def _telling_lost_pods(executor: dg.Executor) -> dg.Executor:
    """The executor, whose run ends by an error where the pod of a step is gone: the daemon starts such a run again.

    Dagster tells it as a step that failed, and a run of which a step failed is not started again (stuck.py).
    """
    execute = executor.execute

    def told(plan_context: Any, execution_plan: Any) -> Iterator[dg.DagsterEvent]:
        lost = []
        for event in execute(plan_context, execution_plan):
            error = event.step_failure_data.error if event.is_step_failure else None
            if error and _LOST_POD in error.message:
                lost.append(error.message)
            yield event
        if lost:
            raise SkillsBankError(
                f"the pod of a step is gone ({lost[0]})",
                expected="a pod that lives until its step ends",
                fix="the run is started again, once; if that fails too, see memory and events of the pod",
            )

    executor.execute = told  # type: ignore[method-assign]
    return executor


def _holding(executor: dg.Executor, settings: Settings) -> dg.Executor:
    """The executor, which holds the data folder from a run's first step to its last: no other run comes between."""
    execute = executor.execute

    def held(plan_context: Any, execution_plan: Any) -> Iterator[dg.DagsterEvent]:
        tag_run(plan_context.instance, plan_context.dagster_run, settings)
        with refresh_lock(settings.data, plan_context.run_id, shared=True):
            yield from execute(plan_context, execution_plan)

    executor.execute = held  # type: ignore[method-assign]
    return executor
