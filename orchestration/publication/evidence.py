"""The evidence for a release. Belongs here: what must be shown before anything is published. Does not: the
gates."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from orchestration.errors import ReleaseError
from orchestration.publication.manifest import GateResult

RELEASE_GATE, SECRECY_GATE = "release", "secrecy"
# These look at the staged files themselves, and must have seen those about to be published.
_ON_STAGED = (RELEASE_GATE, SECRECY_GATE)


@dataclass(frozen=True)
class Evidence:
    """What the gates of a run found; a gate that was not evaluated has no result, and counts as failed."""

    run_id: str
    results: tuple[GateResult, ...]


def check_evidence(evidence: Evidence, required: Collection[str], *, run_id: str, content_hash: str) -> None:
    """Raise ReleaseError unless every required gate passed in this run, the release gate on these very files.

    Args:
        evidence: what the gates found.
        required: names of the gates; the release gate is required whether named or not.
        run_id: the run that built the candidate.
        content_hash: the candidate's.
    """
    by_name: dict[str, list[GateResult]] = {}
    for result in evidence.results:
        by_name.setdefault(result.gate, []).append(result)
    for gate in sorted({*required, RELEASE_GATE, *by_name}):
        results = by_name.get(gate, [])
        if not results:
            raise _refused(gate, "has no result in this run")
        if evidence.run_id != run_id or any(result.run_id != run_id for result in results):
            raise _refused(gate, f"was not evaluated in run {run_id}")
        # A gate asked twice must have passed twice: the kinder answer does not win.
        if not all(result.passed and result.expectations and not result.failures for result in results):
            raise _refused(gate, "failed")
    for gate in _ON_STAGED:
        if any(result.subject_hash != content_hash for result in by_name.get(gate, [])):
            raise _refused(gate, "looked at other files than those about to be published")


def _refused(gate: str, why: str) -> ReleaseError:
    return ReleaseError(
        f"nothing is published: the gate `{gate}` {why}",
        expected="every required gate evaluated and passed in the run that publishes",
        fix="see the failed checks in the Dagster UI, mend the data or the expectation, and refresh again",
    )
