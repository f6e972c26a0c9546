"""The reference frame of competences. Belongs here: the public face. Does not: recognising texts (recognition/)."""

from orchestration.frame.changes import Change, Recode, Recoded, diff, recode, recode_codes, recodes
from orchestration.frame.checking import check
from orchestration.frame.esco import esco_files, read_esco
from orchestration.frame.importing import import_frame
from orchestration.frame.loading import HEADING, load, read_heading
from orchestration.frame.models import Competence, Concept, Frame, Level, Link, Name, Scheme, SchemeName
from orchestration.frame.rome import read_rome
from orchestration.frame.writing import save

__all__ = [
    "HEADING",
    "Change",
    "Competence",
    "Concept",
    "Frame",
    "Level",
    "Link",
    "Name",
    "Recode",
    "Recoded",
    "Scheme",
    "SchemeName",
    "check",
    "diff",
    "esco_files",
    "import_frame",
    "load",
    "read_esco",
    "read_heading",
    "read_rome",
    "recode",
    "recode_codes",
    "recodes",
    "save",
]
