"""Two small questionnaires, and tables of answers to them, for the tests that write every format.

Belongs here: codebooks made in memory, cells drawn for them. Does not: bytes of formats (writers.py).
"""

from functools import cache

from orchestration.codebook import META_COLUMNS, Codebook, Column


def _question(code, kind, **more):
    return {
        "code": code,
        "kind": kind,
        "variable": code.lower(),
        "label": {"fr": f"{code} ?", "en": f"What is {code.lower()}"},
        **more,
    }


LEVELS = {"1": "low", "2": "middle", "3": "high"}
ASKED = {"asked_when": {"question": "EXPORTS", "is": "Y"}}
_EXPORTS = _question("EXPORTS", "yes_no", answer_labels={"Y": "Yes", "N": "No"})
_NEEDS = _question(
    "NEEDS", "multiple", items={"EN": "english", "DA": "data"}, item_labels={"EN": "English", "DA": "Data"}
)
_SIREN = _question("SIREN", "siren", personal=True)
_NAME = _question("NAME", "text", personal=True)
_AMOUNT, _SINCE = _question("AMOUNT", "number", **ASKED), _question("SINCE", "date", **ASKED)
_REMARK = _question("REMARK", "long_text", **ASKED)
# Every kind of question that LimeSurvey exports, and the few that any tool can ask.
EVERY_KIND = [
    _SIREN,
    _NAME,
    _EXPORTS,
    _question("SIZE", "single", values={"A1": "1-9", "A2": "10+"}, other=True),
    _NEEDS | {"other": True},
    _question("BRAKES", "multiple_comments", items={"F1": "cost", "F2": "time"}, **ASKED),
    _question("LEVEL", "array", items={"X": "x", "Y": "y"}, values=LEVELS, asked_when={"page": 2}),
    _question(
        "BOTH", "dual_scale", items={"X": "x"}, values=LEVELS, scales={"1": "level_now", "2": "level_then"}
    ),
    _question("COUNTS", "array_numbers", items={"A_B": "a_b"}, **ASKED),
    _question("TOP", "ranking", slots=2, values={"P": "price", "Q": "quality"}),
    _AMOUNT,
    _SINCE,
    _REMARK,
]
FEW_KINDS = [
    _SIREN,
    _NAME,
    _EXPORTS,
    _question("SIZE", "single", values={"A1": "1-9", "A2": "10+"}, answer_labels={"A1": "Few", "A2": "Many"}),
    _NEEDS,
    _AMOUNT,
    _SINCE,
    _REMARK,
]


@cache
def codebook(export_format: str, count: int = 1) -> Codebook:
    """The codebook of an edition whose ``count`` sources, `s0` and on, are exports of one format."""
    limesurvey = export_format.startswith("limesurvey") or export_format == "spss_sav"
    exports = [{"source": f"s{n}", "files": "*", "format": export_format} for n in range(count)]
    if export_format == "plain":
        exports = [one | {"columns": {"id": "No", "submitdate": "Sent"}} for one in exports]
    return Codebook.model_validate(
        {
            "edition": f"of_{export_format}",
            "year": 2024,
            "title": {"fr": "Enquête", "en": "Survey"},
            "status": "closed",
            "simulated": True,
            "has_frame": False,
            "timezone": "UTC",
            "languages": ["en"],
            "retention_months": 12,
            "complete_when": "submitted",
            "exports": exports,
            "questions": EVERY_KIND if limesurvey else FEW_KINDS,
        }
    )


def headings(book: Codebook) -> list[str]:
    """The headings of an export with LimeSurvey's own columns."""
    return [*META_COLUMNS, *book.columns()]


def drawn(draw, book: Codebook, count: int, texts: list[str]) -> list[dict[str, str | None]]:
    """Rows of likely cells by heading; ``texts`` are what people write, "" and None included."""
    columns = book.columns()
    return [
        {name: cell_of(draw, columns.get(name), name, number, texts) for name in headings(book)}
        for number in range(1, count + 1)
    ]


def cell_of(draw, column: Column | None, heading: str, number: int, texts: list[str]) -> str | None:
    """One likely cell: the right answers of the column, or none."""
    if column is None:
        return {
            "id": str(number),
            "submitdate": f"2024-07-19 08:{number % 60:02}:00",
            "lastpage": draw.choice(["1", "2", "3"]),
            "startlanguage": "en",
            "startdate": f"2024-07-19 07:{number % 60:02}:00",
        }.get(heading, "")
    return draw.choice(likely(column, number, texts))


def likely(column: Column, number: int, texts: list[str]) -> list[str | None]:
    """The cells to choose from."""
    if column.kind == "siren":
        return ["", "404833048", "732829320", "404 833 048", "1"]
    if column.personal:
        return ["", f"Company {number}", 'L\'été; "x", y']
    if column.is_free_text:
        return texts
    if column.kind == "date":
        return ["", None, "1958-05-22 00:00:00", "2019-03-31 14:05:00"]
    if column.kind in {"number", "array_numbers"}:
        return ["", None, "12.5", "-3", "1500", "0"]
    return ["", None, *column.values]
