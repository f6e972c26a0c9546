"""What `skillsbank prepare` makes before the services start; here, since a parsed project is at hand."""

import shutil
import stat

import yaml

from orchestration.automation.preparing import prepare
from orchestration.settings import Settings


def test_webservers_find_all_they_may_not_make_themselves(tmp_path, target, monkeypatch):
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    settings = Settings(data=tmp_path / "data", sample=False)
    shutil.copytree(target, settings.dbt_target)
    parsed = (settings.dbt_target / "manifest.json").stat().st_mtime_ns
    for _ in range(2):
        prepare(settings)
    assert (settings.dbt_target / "manifest.json").stat().st_mtime_ns == parsed
    for room in (settings.contacts, settings.secrets, settings.audit):
        assert stat.S_IMODE(room.stat().st_mode) == 0o700
        assert not list(room.iterdir())
    assert settings.inbox.is_dir()
    instance = yaml.safe_load((settings.data / "dagster" / "dagster.yaml").read_text(encoding="utf-8"))
    assert instance["telemetry"] == {"enabled": False}
    assert instance["concurrency"]["runs"] == {"max_concurrent_runs": 1}
