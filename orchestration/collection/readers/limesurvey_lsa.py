"""LimeSurvey's survey archive (.lsa): a zip of structure, responses and participants. Belongs here: responses
as a stream, missing elements, code headings by way of the structure. Does not: participants, never read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import ParseError
from zipfile import ZipFile

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from orchestration.collection.exports import Chunk
from orchestration.collection.survey_structure import headings_of, rankings_of, structure_root
from orchestration.collection.text_rows import BadRow, Cells, chunked
from orchestration.collection.zip_files import open_zip
from orchestration.errors import ExportError

FIX = "in LimeSurvey open the survey, choose Display/Export > Survey archive (.lsa), and put in the new file"
_KIND = "a LimeSurvey survey archive (.lsa): a zip file of .lss, .lsr and perhaps .lst"
_BLOCK = 1 << 16
_LONGEST_ROW = 16 << 20
_QUESTION = re.compile(r"\d+X|Q\d")
_STRUCTURE, _RESPONSES = ".lss", "_responses.lsr"


class LimeSurveyLsa:
    """One file. A missing element (NULL in the database) is null, "not asked"; an empty one is ""."""

    def __init__(self, path: Path, part: str, columns: dict[str, tuple[str, ...]]) -> None:
        self.headings = tuple(heading for headings in columns.values() for heading in headings)
        self._path, self._part, self._columns = path, part, columns

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows: see `Export`."""
        with open_zip(self._path, _KIND, FIX) as archive, archive.open(self._part) as file:
            document = _Document()
            yield from chunked(self.headings, self._rows(document, file))

    def _rows(self, document: _Document, file: IO[bytes]) -> Iterator[Cells | BadRow]:
        places = {tag: place for place, tag in enumerate(map(_tag, self._columns))}
        widths = [len(headings) for headings in self._columns.values()]
        for row in document.read(file, f"{self._path}, {self._part}"):
            cells: list[str | None] = [None] * len(self._columns)
            fault = None
            for tag, text in row:
                if tag not in places:
                    fault = fault or f"the row has an element '{tag}' that is not among the fields"
                elif cells[places[tag]] is not None:
                    fault = fault or f"the element '{tag}' stands twice"
                else:
                    cells[places[tag]] = text
            spread: list[str | None] = []
            for cell, width in zip(cells, widths, strict=True):
                answers = [cell] if width == 1 else _ranked(cell, width)
                fault = fault or (None if answers else f"a ranking is no JSON list of at most {width} codes")
                spread += answers or ()
            yield BadRow(fault, "\t".join(text for _, text in row)) if fault else spread


def open_export(path: Path) -> LimeSurveyLsa:
    """Open an archive, read its structure, and name the columns of its responses.

    Raises:
        ExportError: it is damaged, hostile, holds no responses, or structure and responses do not belong
            together.
    """
    with open_zip(path, _KIND, FIX) as archive:
        structure, responses = _part(path, archive, _STRUCTURE), _part(path, archive, _RESPONSES)
        with archive.open(structure) as file:
            root = structure_root(file, f"{path}, {structure}")
        with archive.open(responses) as file:
            document = _Document()
            next(document.read(file, f"{path}, {responses}"), None)
    fields = document.fields
    if not fields:
        raise ExportError(
            "the archive holds no responses: nobody has answered, or the survey was never active",
            where=f"{path}, {responses}",
            expected=_KIND,
            fix="put in the archive of a survey with responses",
        )
    names = {field: (heading,) for field, heading in headings_of(root).items()} | rankings_of(root)
    # LimeSurvey's own columns (id, token, submitdate ...) are no field names of questions.
    unknown = [name for name in fields if name not in names and _QUESTION.match(name)]
    if unknown:
        raise ExportError(
            f"no question of the structure has the field '{unknown[0]}'"
            + (f" (nor {len(unknown) - 1} more)" if unknown[1:] else ""),
            where=f"{path}, {responses}",
            expected="responses to the survey whose structure lies beside them",
            fix=FIX,
        )
    return LimeSurveyLsa(path, responses, {name: names.get(name, (name,)) for name in fields})


def _ranked(cell: str | None, places: int) -> list[str | None] | None:
    """The answer at each place of a ranking that is one JSON list of codes, the first place first; None for no such."""
    if not cell:
        return [cell] * places
    try:
        codes = json.loads(cell)
    except ValueError:
        return None
    is_list = isinstance(codes, list) and len(codes) <= places
    if not is_list or not all(code is None or isinstance(code, str) for code in codes):
        return None
    return [code or "" for code in codes] + [""] * (places - len(codes))


def _part(path: Path, archive: ZipFile, ending: str) -> str:
    found = [name for name in archive.namelist() if name.endswith(ending)]
    if len(found) == 1:
        return found[0]
    raise ExportError(
        f"the zip file has {len(found) or 'no'} part{'s' if len(found) > 1 else ''} ending in '{ending}'",
        where=str(path),
        expected=_KIND,
        fix=FIX,
    )


def _tag(field: str) -> str:
    """The element of a field: XML names do not begin with a digit, nor hold '#'."""
    return f"{'_' if field[:1].isdigit() else ''}{field.replace('#', '-')}"


class _Document:
    """The target of an XML parser: gathers field names and whole rows, and keeps no tree."""

    def __init__(self) -> None:
        self.fields: list[str] = []
        self._open: list[str] = []
        self._rows: list[list[tuple[str, str]]] = []
        self._row: list[tuple[str, str]] = []
        self._text: list[str] = []
        self._size = 0

    def read(self, file: IO[bytes], where: str) -> Iterator[list[tuple[str, str]]]:
        """Yield each row as pairs of element and text; the fields are known by then.

        Raises:
            ExportError: the XML is cut off, damaged, hostile or no table of responses.
        """

        def refuse(problem: str) -> ExportError:
            return ExportError(problem, where=where, expected="responses as LimeSurvey writes them", fix=FIX)

        parser = DefusedXMLParser(target=self, forbid_dtd=True)
        try:
            while block := file.read(_BLOCK):
                parser.feed(block)
                yield from self._taken()
                if self._size > _LONGEST_ROW:
                    raise refuse(f"a response is longer than {_LONGEST_ROW:,} characters")
            parser.close()
        except DefusedXmlException:
            raise refuse("the XML defines entities, as attacks do and LimeSurvey does not") from None
        except ParseError as problem:
            raise refuse(f"the XML is cut off or damaged ({problem})") from problem
        yield from self._taken()

    def _taken(self) -> Iterator[list[tuple[str, str]]]:
        rows, self._rows = self._rows, []
        yield from rows

    def start(self, tag: str, _: dict[str, str]) -> None:
        """An element begins."""
        self._between()
        self._open.append(tag)
        self._text = []
        self._size += len(tag)

    def data(self, text: str) -> None:
        """Text of the innermost element."""
        self._text.append(text)
        self._size += len(text)

    def end(self, _: str) -> None:
        """An element ends."""
        match self._open[1:]:
            case ["responses", "fields", "fieldname"]:
                self.fields.append("".join(self._text))
            case ["responses", "rows", name]:
                self._between()
                # Whatever is no row is told as one that has an unknown element: it may have been a response.
                self._rows.append(self._row if name == "row" else [*self._row, (name, "")])
                self._row, self._size = [], 0
            case ["responses", "rows", _, *names]:
                self._row.append(("/".join(names), "".join(self._text)))
        self._open.pop()
        self._text = []

    def _between(self) -> None:
        """Keep what text stands between the elements of a row, where LimeSurvey writes none."""
        text = "".join(self._text)
        if text.strip() and self._open[1:3] == ["responses", "rows"]:
            self._row.append(("text between elements", text))

    def close(self) -> None:
        """Nothing is left to do."""
