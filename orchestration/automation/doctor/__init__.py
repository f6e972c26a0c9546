"""What is wrong with a deployment, why, and what to do. Belongs here: which checks there are, and their order. Does
not: the checks themselves (machine.py, stored.py, runs.py)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from orchestration.automation.doctor import machine, objects, runs, stored
from orchestration.automation.doctor.finding import Finding, State
from orchestration.automation.lock import refresh_lock
from orchestration.settings import Settings

__all__ = ["CHECKS", "Finding", "State", "examine"]

Check = Callable[[Settings, bool], Finding]
# In the order in which one would mend: a full disk or a wrong clock explains much of what comes after it.
CHECKS: dict[str, Check] = {
    "disk": machine.disk,
    "folders": machine.folders,
    "clock": machine.clock,
    "packages": machine.packages,
    "lock": runs.lock,
    "storage": runs.storage,
    "runs": runs.stuck,
    "late": runs.late,
    "secrets": stored.secrets,
    "rights": stored.rights,
    "leftovers": stored.leftovers,
    "archive": stored.archive,
    "schemas": stored.schemas,
    "current release": stored.current_release,
}


def examine(settings: Settings, *, fix: bool = False) -> list[Finding]:
    """Run every check, a finding each; one that breaks is a finding too.

    With ``fix`` what can be mended safely is: rights, links, and files that are provably temporary. Nothing else is
    ever deleted.

    Raises:
        BusyError: ``fix``, and a refresh is running.
    """
    findings = []
    checks = {**CHECKS, "object storage": objects.object_storage} if settings.store else CHECKS
    with refresh_lock(settings.data, "doctor --fix") if fix else nullcontext():
        for name, check in checks.items():
            try:
                findings.append(check(settings, fix))
            except Exception as problem:  # a doctor that breaks off helps nobody
                findings.append(Finding(name, State.wrong, f"the check broke: {problem}", "mend this first"))
    return findings
