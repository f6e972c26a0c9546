"""Quality: the gates between the stages. Belongs here: running the suites of expectations/.
Does not: what data should look like, which is in expectations/."""

from orchestration.quality.gate import run_gate, subject
from orchestration.quality.result import Failure, GateResult, previous_rows
from orchestration.quality.sources import GateContext
from orchestration.quality.suites import Suite, load_suite, load_suites, required_gates

__all__ = [
    "Failure",
    "GateContext",
    "GateResult",
    "Suite",
    "load_suite",
    "load_suites",
    "previous_rows",
    "required_gates",
    "run_gate",
    "subject",
]
