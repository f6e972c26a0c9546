"""Which executor the settings choose, and what is said where it cannot be had."""

import sys

import pytest

from orchestration.automation.executors import executor_of
from orchestration.errors import SkillsBankError
from orchestration.settings import Settings

ADDRESSES = {"celery_broker": "redis://127.0.0.1:1/0", "celery_results": "redis://127.0.0.1:1/1"}


def test_one_process_is_the_default(tmp_path):
    assert executor_of(Settings(data=tmp_path)).name == "in_process"


def test_celery_needs_its_addresses(tmp_path):
    assert executor_of(Settings(data=tmp_path, executor="celery", **ADDRESSES)).name == "celery"
    with pytest.raises(SkillsBankError, match="SKILLSBANK_CELERY_BROKER and SKILLSBANK_CELERY_RESULTS"):
        executor_of(Settings(data=tmp_path, executor="celery"))


def test_workers_need_a_folder_that_they_share(tmp_path):
    settings = Settings(data="s3://bucket/bank", work=tmp_path, executor="celery", **ADDRESSES)
    with pytest.raises(SkillsBankError, match="workers share a data folder"):
        executor_of(settings)


@pytest.mark.parametrize(("executor", "package"), [("celery", "dagster_celery"), ("k8s", "dagster_k8s")])
def test_a_missing_package_is_told_with_its_extra(tmp_path, monkeypatch, executor, package):
    monkeypatch.delitem(sys.modules, "orchestration.automation.celery_steps", raising=False)
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(SkillsBankError, match=rf"skills-bank\[{executor}\]") as told:
        executor_of(Settings(data=tmp_path, executor=executor, **ADDRESSES))
    assert package in str(told.value)
