"""Territories in the report. Belongs here: their model-based shares, labelled so. Does not: the model, or direct
figures."""

from __future__ import annotations

from orchestration.publication.report.tables import MISSING, Tables
from orchestration.publication.report.views import (
    Cell,
    Exhibit,
    Row,
    RowGroup,
    Section,
    Table,
    number_cell,
    share_cell,
)
from orchestration.publication.report.words import Words


def territories(tables: Tables, words: Words) -> Section | None:
    """Model-based shares of the territories, labelled so; None where no model could be fitted."""
    edition, language = tables.main.code, words.language
    names = {label.code: label.text[language] for label in tables.domains.get("territory", ())}
    by_rate = {
        rate: {model.territory: model for model in tables.models.get((edition, f"{rate}_rate"), ())}
        for rate in ("innovation", "export")
    }
    codes = sorted(
        {code for models in by_rate.values() for code in models}, key=lambda code: names.get(code, code)
    )
    if not codes:
        return None
    rows = []
    for code in codes:
        cells = []
        for models in by_rate.values():
            model = models.get(code)
            cells.append(share_cell(words, model.figure if model else MISSING))
            cells.append(
                Cell(words.percent(model.gamma), kind="number") if model else number_cell(words, None)
            )
        rows.append(Row(names.get(code, code), tuple(cells)))
    gamma = words("territories.gamma")
    columns = ("", words("innovation.column"), gamma, words("territories.export"), gamma)
    table = Table(words("territories.table"), columns, (RowGroup("", tuple(rows)),), is_folded=True)
    return Section("territories", words("territories"), (words("territories.text"),), (Exhibit(table=table),))
