"""The sensor on the inbox. Belongs here: which run a changed file starts. Does not: what changed (inbox_watch.py)."""

import hashlib
import json
import time
from collections.abc import Collection, Mapping
from typing import Any

import dagster as dg
from dagster import AssetCheckKey, AssetKey

from orchestration.automation.inbox_watch import changed, concerned, inbox_state
from orchestration.codebook import load_all
from orchestration.collection.assets import SET_ASIDE
from orchestration.collection.partners.contract import feeds_of
from orchestration.collection.partners.contract import load_all as load_contracts
from orchestration.personal_text import hide
from orchestration.settings import Settings

DESCRIPTION = """Starts a refresh when files were added to or changed in `data/inbox/` and have settled.

It collects **only what the files are of**, an edition's export or frame, or a partner's feed, and makes what depends
on it: no survey server is asked and no other file is read again. A file that belongs nowhere starts a whole refresh,
which tells it on `raw/set_aside`. Such a run passes the same gates as a whole `weekly_refresh` and takes the same lock.
"""


def inbox_sensor_definition(settings: Settings, refresh: Any) -> dg.SensorDefinition:
    """The sensor for ``refresh``, a job that Dagster gives no public type."""

    @dg.sensor(
        job=refresh,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=DESCRIPTION,
    )
    def inbox_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        state = inbox_state(settings.inbox, time.time())
        if state is None:
            return dg.SkipReason("A file in the inbox is still being written.")
        files = changed(_cursor(context.cursor), state)
        cursor = json.dumps(state)
        if not files:
            why = "Nothing new in the inbox." if state else f"The inbox {settings.inbox} is empty."
            return dg.SensorResult(skip_reason=why, cursor=cursor)
        editions = [book.edition for book in load_all(settings.codebooks)]
        feeds = [feed for _, feed in feeds_of(load_contracts(settings.contracts))]
        names = concerned(files, editions, feeds)
        collected = None if names is None else {AssetKey(["raw", f"{kind}__{name}"]) for kind, name in names}
        assert context.repository_def is not None
        assets, checks = chosen(context.repository_def, refresh.name, collected)
        request = dg.RunRequest(
            run_key=hashlib.sha256(cursor.encode()).hexdigest(),
            tags={"trigger": "sensor", "files": hide(", ".join(files))[:250]},
            asset_selection=assets,
            asset_check_keys=checks,
        )
        return dg.SensorResult(run_requests=[request], cursor=cursor)

    return inbox_sensor


def chosen(
    repository: dg.RepositoryDefinition, job: str, collected: Collection[AssetKey] | None
) -> tuple[list[AssetKey] | None, list[AssetCheckKey] | None]:
    """The assets and checks of a job without the other collected ones; None for all of them.

    What is left out: whatever stands on nothing (an export, a frame, a feed), but for ``collected`` and for the list of
    what was set aside. Every gate stays: ``collected`` looks at the whole archive, whichever assets it is shown on.
    """
    if collected is None:
        return None, None
    graph, keys = repository.asset_graph, set(repository.get_job(job).asset_layer.executable_asset_keys)
    left_out = {
        key
        for key in keys - {*collected, SET_ASIDE}
        if key.path[0] == "raw" and not graph.get(key).parent_keys
    }
    checks = repository.get_job(job).asset_layer.asset_graph.asset_check_keys
    return sorted(keys - left_out), sorted(check for check in checks if check.asset_key not in left_out)


def _cursor(cursor: str | None) -> Mapping[str, str]:
    """What was seen last; nothing where an earlier version left a cursor of another form."""
    try:
        seen = json.loads(cursor or "{}")
    except ValueError:
        return {}
    return seen if isinstance(seen, dict) else {}
