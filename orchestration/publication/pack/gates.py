"""The gates' results as pages. Belongs here: what each gate demands and what it found in the run. Does not: running
gates, or deciding on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from orchestration.publication.evidence import RELEASE_GATE, SECRECY_GATE
from orchestration.publication.manifest import GateResult
from orchestration.publication.pack.content import Content
from orchestration.publication.pack.page import texts, write_page
from orchestration.publication.report.words import LANGUAGES, Words
from orchestration.quality.suites import Suite, load_suites

# These look at the staged files, this page among them: what they found can only be told beside it.
_AFTER = (RELEASE_GATE, SECRECY_GATE)


def write_gates(content: Content, results: Iterable[GateResult]) -> None:
    """Write ``gates.fr.html`` and ``gates.en.html``: every gate with its expectations; found are the ``results`` of
    those that ran before the release was staged."""
    found = {result.gate: result for result in results if result.gate not in _AFTER}
    suites = list(load_suites().values())
    for language in LANGUAGES:
        write_page(content, "gates", language, gates=_gates(suites, found, language))


def _gates(suites: Sequence[Suite], found: dict[str, GateResult], language: str) -> list[dict[str, Any]]:
    said, words = texts(language), Words(language)
    gates: list[dict[str, Any]] = [
        {
            "name": suite.name,
            "stage": said["stages"][suite.meta.stage],
            "expectations": [
                {
                    "description": one.description,
                    "table": suite.meta.batches[one.meta.batch].table,
                    "notes": one.meta.notes or "",
                }
                for one in suite.expectations
            ],
        }
        for suite in suites
    ]
    others = [name for name in found if name not in {gate["name"] for gate in gates}]
    before = [{"name": name, "stage": said["stages"]["model"], "expectations": []} for name in others]
    publish = next(place for place, gate in enumerate(gates) if gate["name"] == RELEASE_GATE)
    gates[publish:publish] = before
    gates.append({"name": SECRECY_GATE, "stage": said["stages"]["publish"], "expectations": []})
    for gate in gates:
        result = found.get(gate["name"])
        gate["about"] = said["about"].get(gate["name"], "")
        gate["count"] = words.number(result.expectations if result else len(gate["expectations"]))
        gate["state"] = _state(gate["name"], result)
    return gates


def _state(name: str, result: GateResult | None) -> str:
    if name in _AFTER:
        return "after"
    if result is None:
        return "not_run"
    return "passed" if result.passed else "failed"
