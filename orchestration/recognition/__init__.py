"""Free texts to competences. Belongs here: the public face. Does not: Dagster, or what a frame is (frame/)."""

from orchestration.recognition.answers import parts, says_nothing
from orchestration.recognition.decisions import (
    Decision,
    add_decisions,
    agreement,
    disputed,
    kappa,
    learned,
    load_decisions,
)
from orchestration.recognition.nearby import learn
from orchestration.recognition.recogniser import ACCEPTED, REVIEWED, Mapping, Recogniser, sureness
from orchestration.recognition.review import export_queue, import_decisions
from orchestration.recognition.vectors import Candidate, Index

__all__ = [
    "ACCEPTED",
    "REVIEWED",
    "Candidate",
    "Decision",
    "Index",
    "Mapping",
    "Recogniser",
    "add_decisions",
    "agreement",
    "disputed",
    "export_queue",
    "import_decisions",
    "kappa",
    "learn",
    "learned",
    "load_decisions",
    "parts",
    "says_nothing",
    "sureness",
]
