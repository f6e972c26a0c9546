"""Codebooks: the YAML that maps an edition's questions to canonical variables. Belongs here: the public face.
Does not: anything that reads exports."""

from orchestration.codebook.columns import META_COLUMNS, OTHER_CODE, Column, MetaColumn
from orchestration.codebook.labels import (
    answers_of,
    has_text_headings,
    headings_of,
    item_key,
    items_of,
    plain_text,
)
from orchestration.codebook.loading import VARIABLES, load, load_all, load_variables
from orchestration.codebook.models import (
    IDS_A_SOURCE,
    Codebook,
    Complete,
    Condition,
    Export,
    Layout,
    Question,
    Server,
    Tests,
    Variable,
    Variables,
)
from orchestration.codebook.rules import check, column_mismatches

__all__ = [
    "IDS_A_SOURCE",
    "META_COLUMNS",
    "OTHER_CODE",
    "VARIABLES",
    "Codebook",
    "Column",
    "Complete",
    "Condition",
    "Export",
    "Layout",
    "MetaColumn",
    "Question",
    "Server",
    "Tests",
    "Variable",
    "Variables",
    "answers_of",
    "check",
    "column_mismatches",
    "has_text_headings",
    "headings_of",
    "item_key",
    "items_of",
    "load",
    "load_all",
    "load_variables",
    "plain_text",
]
