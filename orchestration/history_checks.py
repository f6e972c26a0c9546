"""Whether an asset's numbers are as usual, as Dagster checks that warn. Belongs here: the check, and reading past runs
from the event log. Does not: what is usual (history.py)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import dagster as dg

from orchestration.history import LEAST_HISTORY, Bounds, usual_count, usual_level

CHECK = "as_usual"
ROWS = "dagster/row_count"
# Half a year of weeks: what was usual before may no longer be.
RUNS = 26
_DESCRIPTION = (
    "The number of rows, and what else is counted here, is within what past successful runs let expect (median and "
    f"MAD of up to {RUNS} of them, from {LEAST_HISTORY} on). A warning: it stops nothing, and tells where to look."
)


def history_check(key: dg.AssetKey) -> dg.AssetCheckSpec:
    """The check on an asset; the asset's own step evaluates it with ``judge``."""
    return dg.AssetCheckSpec(CHECK, asset=key, description=_DESCRIPTION)


def unchanged(key: dg.AssetKey) -> dg.AssetCheckResult:
    """The result of a step that made nothing, since nothing is new."""
    return dg.AssetCheckResult(
        asset_key=key, check_name=CHECK, passed=True, severity=dg.AssetCheckSeverity.WARN,
        description="nothing has changed since the current release",
    )  # fmt: skip


class History:
    """What successful runs of a job recorded; read once for all assets of a step."""

    def __init__(self, instance: dg.DagsterInstance, job: str) -> None:
        self._instance = instance
        filters = dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS])
        self._runs = {run.run_id for run in instance.get_runs(filters, limit=4 * RUNS)}

    def of(self, key: dg.AssetKey, names: Collection[str]) -> dict[str, list[float]]:
        """The numbers recorded under ``names``, the oldest first; a run that failed teaches nothing."""
        found: dict[str, list[float]] = {name: [] for name in names}
        if not self._runs:
            return found
        records = self._instance.fetch_materializations(key, limit=2 * RUNS).records
        good = [record for record in records if record.run_id in self._runs][:RUNS]
        for record in reversed(good):
            assert record.asset_materialization is not None
            metadata = record.asset_materialization.metadata
            for name in names:
                value: Any = metadata[name].value if name in metadata else None
                if isinstance(value, int | float):
                    found[name].append(float(value))
        return found

    def judge(self, key: dg.AssetKey, metadata: Mapping[str, Any]) -> dg.AssetCheckResult:
        """The check's result for what a step is about to record: every number in ``metadata``."""
        numbers = {
            name: float(value)
            for name, value in metadata.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
        past = self.of(key, numbers)
        bounds = {name: (usual_count if name == ROWS else usual_level)(past[name]) for name in numbers}
        odd = [
            _told(name, numbers[name], one)
            for name, one in bounds.items()
            if one is not None and not one.hold(numbers[name])
        ]
        learned = [one for one in bounds.values() if one is not None]
        said = "; ".join(odd) or (
            f"as in {max(one.history for one in learned)} past runs"
            if learned
            else f"too few past runs to tell, {LEAST_HISTORY} are needed"
        )
        return dg.AssetCheckResult(
            asset_key=key,
            check_name=CHECK,
            passed=not odd,
            severity=dg.AssetCheckSeverity.WARN,
            description=said,
            metadata={"bounds": _table(numbers, bounds)} if learned else {},
        )


def _table(numbers: Mapping[str, float], bounds: Mapping[str, Bounds | None]) -> dg.TableMetadataValue:
    rows: Sequence[dg.TableRecord] = [
        dg.TableRecord(
            {"what": name, "now": numbers[name], "from": one.low, "to": one.high, "runs": one.history}
        )
        for name, one in bounds.items()
        if one is not None
    ]
    return dg.MetadataValue.table(rows)


def _told(name: str, value: float, bounds: Bounds) -> str:
    what = "rows" if name == ROWS else name
    return f"{what}: {value:,.6g}, usual are {bounds.low:,.6g} to {bounds.high:,.6g}"
