"""A survey out of its structure file. Belongs here: .lss files of LimeSurvey 2 to 7, alone or in an .lsa archive.
Does not: the XML itself and code headings (survey_structure.py), or what becomes of the questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from orchestration.codebook import Export
from orchestration.collection.drafting.survey import Asked, Part, Survey, Texts
from orchestration.collection.survey_structure import FIX, headings_of, rows_of, structure_root, text_of
from orchestration.collection.zip_files import open_zip
from orchestration.errors import ExportError

_BY_GROUP = "G"
_TEXTS = {
    # What a text is called: where LimeSurvey 4 and later keep it, by which id, under which names.
    "questions": ("question_l10ns", "qid", "question"),
    "subquestions": ("question_l10ns", "qid", "question"),
    "answers": ("answer_l10ns", "aid", "answer"),
    "groups": ("group_l10ns", "gid", "group_name"),
}
_SCALES = ("dualscale_headerA", "dualscale_headerB")


def from_structure(path: Path) -> Survey:
    """Read the survey of an .lss file, or that inside an .lsa archive.

    Raises:
        ExportError: the file is damaged, hostile, or holds no survey's structure.
    """
    if path.suffix.lower() != ".lsa":
        try:
            with path.open("rb") as file:
                root = structure_root(file, str(path))
        except OSError as problem:
            raise ExportError(
                f"the file cannot be read ({problem.strerror})", where=str(path), fix="check path and rights"
            ) from problem
        export = Export(source="limesurvey", files="*.csv", format="limesurvey_csv")
        return _Structure(root).survey(str(path), export)
    with open_zip(path, "a LimeSurvey survey archive (.lsa)", FIX) as archive:
        parts = [name for name in archive.namelist() if name.endswith(".lss")]
        if len(parts) != 1:
            raise ExportError(
                f"the archive holds {len(parts)} structures", where=str(path), expected="one", fix=FIX
            )
        with archive.open(parts[0]) as file:
            root = structure_root(file, f"{path}, {parts[0]}")
    export = Export(source="limesurvey", files="*.lsa", format="limesurvey_lsa")
    return _Structure(root).survey(str(path), export)


class _Structure:
    """The tables of one structure, with the texts of every version of LimeSurvey in one shape."""

    def __init__(self, root: Element) -> None:
        self._root = root
        self._attributes: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        for row in rows_of(root, "question_attributes"):
            place = text_of(row, "qid"), text_of(row, "attribute")
            self._attributes[place][text_of(row, "language")] = text_of(row, "value")
        self._rows: dict[str, list[Element]] = {}
        self._texts: dict[str, dict[str, dict[str, str]]] = {}
        for table, (beside, key, name) in _TEXTS.items():
            texts: dict[str, dict[str, str]] = defaultdict(dict)
            first: dict[str, Element] = {}
            for row in rows_of(root, table):
                first.setdefault(self._id(table, row), row)
                if text_of(row, "language"):
                    texts[self._id(table, row)][text_of(row, "language")] = text_of(row, name)
            for row in rows_of(root, beside):
                texts[text_of(row, key)][text_of(row, "language")] = text_of(row, name)
            self._rows[table], self._texts[table] = list(first.values()), texts

    @staticmethod
    def _id(table: str, row: Element) -> str:
        if table == "answers":
            # Before LimeSurvey 4 an answer had no number of its own.
            place = (text_of(row, "qid"), text_of(row, "scale_id"), text_of(row, "code"))
            return text_of(row, "aid") or " ".join(place)
        return text_of(row, _TEXTS[table][1])

    def survey(self, where: str, export: Export) -> Survey:
        """Put the tables together."""
        settings = next(rows_of(self._root, "surveys"), None)
        base = text_of(settings, "language") if settings is not None else ""
        also = text_of(settings, "additional_languages").split() if settings is not None else []
        every = (
            [base, *also] if base else [node.text or "" for node in self._root.iterfind("languages/language")]
        )
        titles = {
            text_of(row, "surveyls_language"): text_of(row, "surveyls_title")
            for row in rows_of(self._root, "surveys_languagesettings")
        }
        form = text_of(settings, "format") if settings is not None else ""
        random = any(text_of(group, "randomization_group") for group in self._rows["groups"])
        told = form == _BY_GROUP and not random
        note = "the survey is not shown group by group in a fixed order: no pages could be told"
        return Survey(
            where=where,
            id=text_of(settings, "sid") if settings is not None else "",
            titles=titles,
            languages=tuple(dict.fromkeys(language for language in every if language)),
            questions=tuple(self._questions(told)),
            export=export,
            fields=headings_of(self._root),
            notes=() if told else (note,),
        )

    def _questions(self, paged: bool) -> Iterator[Asked]:
        headings: dict[str, list[str]] = defaultdict(list)
        for heading in headings_of(self._root).values():
            headings[heading.partition("[")[0]].append(heading)
        groups = {text_of(row, "gid"): row for row in self._rows["groups"]}
        used = {text_of(row, "gid") for row in self._rows["questions"]}
        order = sorted(used, key=lambda gid: _number(groups[gid], "group_order") if gid in groups else 0)
        pages = {gid: page for page, gid in enumerate(order, 1)}
        children: dict[str, list[Element]] = defaultdict(list)
        for row in self._rows["subquestions"]:
            children[text_of(row, "parent_qid")].append(row)
        answers: dict[str, list[Element]] = defaultdict(list)
        for row in self._rows["answers"]:
            answers[text_of(row, "qid")].append(row)
        rows = self._rows["questions"]
        for row in sorted(rows, key=lambda row: (pages[text_of(row, "gid")], _number(row, "question_order"))):
            qid, gid, code = text_of(row, "qid"), text_of(row, "gid"), text_of(row, "title")
            by_group = [text_of(groups[gid], "grelevance")] if gid in groups else []
            yield Asked(
                code=code,
                type=text_of(row, "type"),
                texts=self._texts["questions"][qid],
                headings=tuple(dict.fromkeys(headings[code])),
                rows=self._parts("subquestions", children[qid], "0"),
                across=self._parts("subquestions", children[qid], "1"),
                answers=tuple(self._parts("answers", answers[qid], scale) for scale in "01"),
                scales=tuple(self._attributes.get((qid, name), {}) for name in _SCALES),
                other=text_of(row, "other") == "Y",
                encrypted=text_of(row, "encrypted") == "Y",
                page=pages[gid] if paged else None,
                group=self._texts["groups"].get(gid, {}),
                equations=tuple(filter(_says_something, [*by_group, text_of(row, "relevance")])),
            )

    def _parts(self, table: str, rows: list[Element], scale: str) -> tuple[Part, ...]:
        name, order = ("code", "sortorder") if table == "answers" else ("title", "question_order")
        mine = [row for row in rows if (text_of(row, "scale_id") or "0") == scale]
        texts: dict[str, Texts] = {}
        for row in sorted(mine, key=lambda row: _number(row, order)):
            texts.setdefault(text_of(row, name), self._texts[table][self._id(table, row)])
        return tuple(Part(code, text) for code, text in texts.items() if code)


def _says_something(equation: str) -> bool:
    return equation.strip() not in {"", "1"}


def _number(row: Element, name: str) -> int:
    value = text_of(row, name)
    return int(value) if value.lstrip("-").isdigit() else 0
