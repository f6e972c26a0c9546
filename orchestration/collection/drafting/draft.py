"""`skillsbank codebook draft`. Belongs here: from a survey to a codebook that loads, and its variables. Does not:
where the survey comes from (structure.py, server.py, headings.py)."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestration.codebook import VARIABLES, Column, Condition, load, load_variables
from orchestration.codebook.columns import columns_of
from orchestration.collection.drafting.kinds import Entry, entries, is_heading
from orchestration.collection.drafting.mapping import Canon
from orchestration.collection.drafting.relevance import conditions
from orchestration.collection.drafting.survey import Survey, plain
from orchestration.collection.drafting.variables import CHECK, Drafted, declarations, drafted
from orchestration.collection.drafting.writing import codebook_text, declarations_text
from orchestration.errors import CodebookError
from orchestration.frame import load as load_frame
from orchestration.settings import PROJECT

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FRAME = PROJECT / "data" / "frame"


@dataclass(frozen=True, slots=True)
class Draft:
    """A codebook that was written: how much is in it, and which of its lines are to be decided."""

    path: Path
    questions: int
    columns: int
    declared: int
    to_check: tuple[int, ...]


def write_draft(survey: Survey, folder: Path, edition: str, year: int | None = None) -> Draft:
    """Write ``<folder>/<edition>.yaml`` and declare in its variables.yaml what has no canonical variable.

    Both are tried out before anything is written: a draft can always be loaded. Without variables.yaml in
    the folder, the project's is copied into it.

    Raises:
        CodebookError: there is such a codebook already, the edition has no proper name, or the survey has
            nothing that a codebook can name.
    """
    path = folder / f"{edition}.yaml"
    if not _NAME.fullmatch(edition) or path.name == VARIABLES:
        raise CodebookError(
            f"'{edition}' is no name for an edition",
            expected="small letters, digits and _, beginning with a letter, such as tour_2026",
            fix="give another name with --edition",
        )
    if path.exists():
        raise CodebookError(
            "there is such a codebook already",
            where=str(path),
            expected="an edition without codebook",
            fix="draft under another name with --edition, and compare the two; or delete the file",
        )
    beside, project = folder / VARIABLES, PROJECT / "data" / "codebooks" / VARIABLES
    before = beside if beside.exists() else project
    canon = Canon(load_variables(before), _competences())
    made = drafted(entries_of(survey), canon, edition)
    asked, comments = _asked(survey, made)
    text = codebook_text(
        survey, edition, year or _year(edition), made=made, asked_when=asked, comments=comments
    )
    declared = declarations(made, canon)
    with tempfile.TemporaryDirectory() as trial:
        tried = Path(trial) / path.name
        tried.write_text(text, encoding="utf-8")
        variables = before.read_text(encoding="utf-8")
        if declared:
            variables = variables.rstrip("\n") + "\n" + declarations_text(edition, declared)
        (Path(trial) / VARIABLES).write_text(variables, encoding="utf-8")
        codebook = load(tried)
        folder.mkdir(parents=True, exist_ok=True)
        if declared or not beside.exists():
            _put(Path(trial) / VARIABLES, beside)
        _put(tried, path)
    lines = enumerate(text.splitlines(), 1)
    marked = tuple(number for number, line in lines if re.search(rf"# .*\b{CHECK}\b", line) and number > 3)
    return Draft(path, len(codebook.questions), len(codebook.columns()), len(declared), marked)


def entries_of(survey: Survey) -> list[Entry]:
    """Give the entries that a codebook of this survey has.

    Raises:
        CodebookError: the survey has no questions, or codes that no codebook can name.
    """
    if not survey.questions:
        raise CodebookError(
            "the survey has no questions",
            where=survey.where,
            expected="a questionnaire",
            fix="add the questions in LimeSurvey, and export the structure again",
        )
    found = [entry for asked in survey.questions for entry in entries(asked, survey.languages)]
    if not found:
        raise CodebookError("no question has a column in an export", where=survey.where, fix="add questions")
    times = Counter(asked.code.lower() for asked in survey.questions)
    faults = [f"the question code '{code}' stands {n} times" for code, n in times.items() if n > 1]
    faults += [f"'{entry.code}' is no code" for entry in found if not is_heading(entry.code)]
    if faults:
        raise CodebookError(
            "; ".join(faults[:5]),
            where=survey.where,
            expected="codes of letters and digits, beginning with a letter, each once",
            fix="correct the question codes in LimeSurvey: exports name their columns after them",
        )
    return found


def names_of(survey: Survey, columns: Iterable[Column]) -> dict[str, str]:
    """Give the heading of each name that an equation of the survey may use: ``PAYS_DE``, ``482617X4X14DE``."""
    return {column.vv_heading: column.heading for column in columns} | dict(survey.fields)


def _asked(
    survey: Survey, made: Sequence[Drafted]
) -> tuple[dict[str, list[Condition]], dict[str, list[str]]]:
    """The conditions of each entry, and comments for the equations that are none."""
    columns: dict[str, Column] = {c.heading: c for one in made for c in columns_of(one.question)}
    names = names_of(survey, columns.values())
    asked: dict[str, list[Condition]] = {}
    comments: dict[str, list[str]] = {}
    for one in made:
        question, source = one.question, one.entry.asked
        told = [Condition(page=source.page)] if source.page is not None else []
        said = [f"{CHECK}: {note}" for note in one.entry.notes]
        for equation in source.equations:
            simple = conditions(equation, names, columns, question.code)
            if simple is None:
                said.append(f"{CHECK}: asked only where {plain(equation)}")
            told += simple or []
        asked[question.code] = list(dict.fromkeys(told))
        comments[question.code] = said
    return asked, comments


def _competences() -> dict[str, tuple[str, ...]]:
    """What the competences of the reference frame are called."""
    return {one.code: (one.label_fr, one.label_en) for one in load_frame(_FRAME).competences}


def _year(edition: str) -> int:
    told = re.search(r"(?<!\d)(19[9]\d|20\d\d)(?!\d)", edition)
    return int(told[1]) if told else datetime.now(UTC).year


def _put(source: Path, target: Path) -> None:
    """Whole or not at all."""
    waiting = target.with_name(f".{target.name}.new")
    shutil.copyfile(source, waiting)
    waiting.replace(target)
