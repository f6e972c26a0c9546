"""First drafts of codebooks. Belongs here: from a survey's structure, server or export to a codebook that loads. Does
not: decisions, which stay with whoever reads the draft."""

from orchestration.collection.drafting.draft import Draft, write_draft
from orchestration.collection.drafting.headings import from_export
from orchestration.collection.drafting.server import from_server
from orchestration.collection.drafting.source import edition_of, read_survey
from orchestration.collection.drafting.structure import from_structure
from orchestration.collection.drafting.survey import Survey

__all__ = [
    "Draft",
    "Survey",
    "edition_of",
    "from_export",
    "from_server",
    "from_structure",
    "read_survey",
    "write_draft",
]
