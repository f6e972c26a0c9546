"""Frames, the register and reference files into the lake. Belongs here: what each table's file must hold, and its
translation to lake columns. Does not: reading CSV and Parquet (partner_files.py), partners' feeds (feeds.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import pyarrow.parquet as pq

from orchestration import lake as tables
from orchestration.decoding.arrow import Array, Flags, Table, flags, pa, pc
from orchestration.decoding.partner_codes import PartnerCodes
from orchestration.decoding.partner_files import Chunk, PartnerFile
from orchestration.decoding.values import moments
from orchestration.errors import PartnerFileError

FieldKind = Literal["text", "integer", "number", "flag", "day", "headcount", "band"]

# Sirene's trancheEffectifs codes (INSEE) by our headcount bands; NN is "no employee declared".
HEADCOUNT_BANDS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("NN", "00"), "0"),
        **dict.fromkeys(("01", "02", "03"), "1-9"),
        **dict.fromkeys(("11", "12"), "10-49"),
        **dict.fromkeys(("21", "22", "31"), "50-249"),
        **dict.fromkeys(("32", "41", "42", "51", "52", "53"), "250+"),
    }
)
# Lake columns of the register by the names of Sirene's stock files, and of the counts made of them.
_SIRENE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "commune_code": "codeCommuneEtablissement",
        "naf_code": "activitePrincipaleUniteLegale",
        "headcount_band": "trancheEffectifsUniteLegale",
        "category": "categorieEntreprise",
        "state": "etatAdministratifUniteLegale",
        "created_on": "dateCreationUniteLegale",
        "diffusion": "statutDiffusionUniteLegale",
        "open_establishments": "etablissementsOuverts",
        "closed_establishments": "etablissementsFermes",
    }
)
PARTNER_TABLES = ("frame", "register")
# The register of 24 November 2026 had a row an establishment, with its activity in the place of the company's.
_EARLY, _SINCE = "activitePrincipaleEtablissement", "activitePrincipaleUniteLegale"
REFERENCE_TABLES = (
    "communes",
    "commune_passage",
    "coordinates",
    "epcis",
    "epci_passage",
    "departements",
    "regions",
    "former_regions",
    "territories",
    "territory_communes",
    "activities",
)

_FORMS: Mapping[FieldKind, tuple[str, str]] = MappingProxyType(
    {
        "integer": (r"^-?[0-9]{1,15}$", "a whole number"),
        "number": (r"^-?[0-9]{1,15}(\.[0-9]{1,15})?$", "a number such as 49.25"),
        "flag": (r"(?i)^(oui|non|true|false)$", "oui or non"),
        "day": (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "a date such as 2019-03-31"),
        **dict.fromkeys(
            ("headcount", "band"),
            (f"^({'|'.join(HEADCOUNT_BANDS)})$", f"a Sirene code ({', '.join(HEADCOUNT_BANDS)})"),
        ),
    }
)


@dataclass(frozen=True)
class PartnerInput:
    """One archived file of a table; ``file`` is the original's name, ``edition`` that of a sampling frame."""

    table: str
    path: Path
    file: str
    edition: str | None = None


@dataclass(frozen=True)
class _Field:
    """A column of the file and the lake column that it becomes."""

    source: str
    target: str
    kind: FieldKind


@dataclass(frozen=True)
class _Layout:
    """What a table's file holds; a file of a public register has more columns than we use."""

    fields: tuple[_Field, ...]
    may_have_more: bool = False


def decode_partners(
    inputs: Sequence[PartnerInput], lake: Path, codes: PartnerCodes | None = None
) -> dict[str, int]:
    """Replace the lake's partner tables by what the files say; a table without a file is there, and empty.

    The archived files hold company keys, never a SIREN. They are read and written in chunks. ``codes`` puts
    today's codes of communes and activities in the place of what the files have. Returns the number of rows
    of each table.

    Raises:
        PartnerFileError: a file breaks its contract; the message names file, line and column. Or the register is one
            that the first version archived, a row an establishment.
    """
    for given in inputs:
        if given.table == "register" and _is_early(given.path):
            raise PartnerFileError(
                "this register was archived by the first version, in a layout that is read no more",
                where=str(given.path),
                expected="a register made from INSEE's stock files",
                fix="put StockUniteLegale_utf8 and StockEtablissement_utf8 of one month into inbox/register/, then "
                "refresh (docs/register.md); what was archived stays",
            )
    return _decode(PARTNER_TABLES, inputs, lake, codes)


def _is_early(path: Path) -> bool:
    try:
        names = pq.read_schema(path).names
    except (OSError, pa.ArrowException):
        return False  # no Parquet, or none that can be read: told where it is read
    return _EARLY in names and _SINCE not in names


def decode_reference(folder: Path, lake: Path) -> dict[str, int]:
    """Replace the lake's reference tables by the CSV files of a folder (one a table, all of them).

    Raises:
        PartnerFileError: a file is missing or breaks its contract.
    """
    inputs = [PartnerInput(name, folder / f"{name}.csv", f"{name}.csv") for name in REFERENCE_TABLES]
    return _decode(REFERENCE_TABLES, inputs, lake, None)


def _decode(
    names: Sequence[str], inputs: Sequence[PartnerInput], lake: Path, codes: PartnerCodes | None
) -> dict[str, int]:
    for given in inputs:
        if given.table not in names:
            raise PartnerFileError(
                f"there is no table '{given.table}'",
                where=given.file,
                expected=f"one of {', '.join(names)}",
                fix="name the file after its table",
            )
    return {name: _write(name, [one for one in inputs if one.table == name], lake, codes) for name in names}


def _write(table: str, inputs: Sequence[PartnerInput], lake: Path, codes: PartnerCodes | None) -> int:
    if table == "frame":
        editions = sorted({str(given.edition) for given in inputs})
        parts = (
            (edition, _chunks([one for one in inputs if one.edition == edition], codes))
            for edition in editions
        )
        return tables.write(lake, table, parts)
    return tables.write(lake, table, [(None, _chunks(inputs, codes))] if inputs else [])


def _chunks(inputs: Sequence[PartnerInput], codes: PartnerCodes | None) -> Iterator[Table]:
    for given in inputs:
        layout, schema = _layout(given.table), tables.SCHEMAS[given.table]
        names = [field.source for field in layout.fields]
        file = PartnerFile(given.path, given.file, names, layout.may_have_more)
        for chunk in file.chunks():
            columns = {
                field.target: _column(field, chunk, file, schema.field(field.target))
                for field in layout.fields
            }
            if codes is not None:
                columns = {
                    name: codes.resolve(
                        name,
                        cells,
                        table=given.table,
                        file=given.file,
                        rows_before=chunk.first,
                        edition=given.edition,
                    )
                    for name, cells in columns.items()
                }
            if given.table == "frame":
                columns["edition"] = pa.repeat(pa.scalar(given.edition, pa.string()), chunk.rows)
            yield pa.table([columns[name] for name in schema.names], schema=schema)


def _layout(table: str) -> _Layout:
    """Tell what a table's file holds: the lake's columns, the register's under Sirene's names."""
    names = _SIRENE_NAMES if table == "register" else {}
    fields = tuple(
        _Field(names.get(field.name, field.name), field.name, _kind(table, field))
        for field in tables.SCHEMAS[table]
        if not (table == "frame" and field.name == "edition")
    )
    return _Layout(fields, may_have_more=table == "register")


def _kind(table: str, field: Any) -> FieldKind:
    if field.name == "headcount_band":
        # The register's finer bands are kept: they give the population's headcount.
        return "band" if table == "register" else "headcount"
    kinds: dict[object, FieldKind] = {
        pa.int64(): "integer",
        pa.float64(): "number",
        pa.bool_(): "flag",
        pa.date32(): "day",
    }
    return kinds.get(field.type, "text")


def _column(field: _Field, chunk: Chunk, file: PartnerFile, target: Any) -> Array:
    """Translate one column of a chunk; PartnerFileError at the first cell that breaks the contract."""
    cells = chunk.columns[field.source]
    if not target.nullable:
        file.refuse(chunk, field.source, flags(cells.is_null()), "a value in every row")
    form, expected = _FORMS.get(field.kind, ("", ""))
    file.refuse(chunk, field.source, ~_flags(pc.match_substring_regex(cells, form)), expected)
    match field.kind:
        case "integer":
            return cells.cast(pa.int64())
        case "number":
            return cells.cast(pa.float64())
        case "flag":
            yes = pc.is_in(pc.utf8_lower(cells), value_set=pa.array(["oui", "true"]))
            return pc.if_else(cells.is_valid(), yes, None)
        case "day":
            days = moments(cells)
            file.refuse(chunk, field.source, flags(cells.is_valid()) & flags(days.is_null()), "a real date")
            return days.cast(pa.date32())
        case "headcount":
            codes = pa.array(list(HEADCOUNT_BANDS))
            return pa.array(list(HEADCOUNT_BANDS.values())).take(pc.index_in(cells, value_set=codes))
    return cells


def _flags(right: Array) -> Flags:
    """Turn a test's result into flags; an empty cell passes it."""
    return flags(pc.fill_null(right, fill_value=True))
