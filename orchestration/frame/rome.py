"""ROME 4.0's own files. Belongs here: reading its competences and fields of knowledge. Does not: its jobs, links
or sectors."""

from __future__ import annotations

import re
from pathlib import Path

from orchestration.errors import FrameError
from orchestration.frame.models import Concept, ConceptName, Scheme
from orchestration.frame.tables import read_rows

_TABLES = {
    "competence": ("code_ogr", "libelle_competence"),
    "savoir": ("code_ogr_savoir", "libelle_savoir"),
}


def read_rome(folder: Path) -> Scheme:
    """Read the competences, then the knowledge (*savoirs*), of ROME's open data; codes are OGR codes.

    Both are one list here, as in the job sheets: a need is said as either. Labels are in French only.

    Raises:
        FrameError: a file is missing or there twice, lacks a column, or an OGR code stands twice.
    """
    concepts: dict[str, Concept] = {}
    version = "4"
    for table, (code, label) in _TABLES.items():
        found = sorted(folder.glob(f"unix_referentiel_{table}_v*_utf8.csv"))
        if len(found) != 1:
            raise FrameError(
                f"holds {len(found)} files unix_referentiel_{table}_v..._utf8.csv",
                where=str(folder),
                expected="one, of one version of ROME",
                fix="unpack one download of ROME's open data (CSV, UTF-8) there",
            )
        match = re.search(r"_v(\d)(\d+)_", found[0].name)
        version = f"{match[1]}.{match[2]}" if match else version
        for row in read_rows(found[0], (code, label)):
            ogr = row.cells.get(code, "")
            if not ogr or label not in row.cells or ogr in concepts:
                raise FrameError(
                    f"the code '{ogr}' stands twice" if ogr in concepts else "a code or a label is empty",
                    where=f"{found[0]}, line {row.line}",
                    expected="one code and one label a row",
                    fix="download the file again",
                )
            concepts[ogr] = Concept(ogr, (ConceptName("fr", "label", row.cells[label]),))
    return Scheme(f"rome-{version}", tuple(concepts.values()))
