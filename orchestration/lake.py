"""The lake's schemas, one a table: the boundary between Python and SQL. Belongs here: schemas (those of partners'
tables are in their contracts), how a table is written or found. Does not: where the rows come from."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.ahead import ahead

STATES = ("answered", "refused", "blank", "not_asked", "invalid")

_text, _integer, _number, _flag = pa.string(), pa.int64(), pa.float64(), pa.bool_()
_moment, _day = pa.timestamp("s"), pa.date32()


def _schema(key: str, **columns: pa.DataType) -> pa.Schema:
    """A schema whose columns named in ``key`` are never null."""
    keys = key.split()
    return pa.schema([pa.field(name, kind, nullable=name not in keys) for name, kind in columns.items()])


SCHEMAS: dict[str, pa.Schema] = {
    "editions": _schema(
        "edition",
        edition=_text,
        year=_integer,
        title_fr=_text,
        title_en=_text,
        status=_text,
        is_simulated=_flag,
        has_frame=_flag,
    ),
    "respondents": _schema(
        "edition respondent_id source siren_class siret_class is_complete is_undated is_test",
        edition=_text,
        respondent_id=_integer,
        source=_text,
        company_key=_text,
        identified_by=_text,
        siren_class=_text,
        siret_class=_text,
        is_test=_flag,
        is_complete=_flag,
        is_undated=_flag,
        started_at=_moment,
        submitted_at=_moment,
        last_action_at=_moment,
        last_page=_integer,
        language=_text,
        file=_text,
        row_number=_integer,
    ),
    "answers": _schema(
        "edition respondent_id variable item state",
        edition=_text,
        respondent_id=_integer,
        variable=_text,
        item=_text,
        state=_text,
        value_code=_text,
        value_number=_number,
        value_text=_text,
        value_date=_moment,
    ),
    "variables": _schema(
        "edition variable item question",
        edition=_text,
        variable=_text,
        item=_text,
        question=_text,
        heading=_text,
        kind=_text,
        comparability=_text,
        position=_integer,
        answers=_text,
        label_fr=_text,
        label_en=_text,
    ),
    # Without an edition where a partner's file is at fault.
    "quarantine": _schema(
        "source file reason_code reason",
        edition=_text,
        source=_text,
        file=_text,
        row_number=_integer,
        respondent_id=_integer,
        field=_text,
        reason_code=_text,
        reason=_text,
        value_masked=_text,
    ),
    "frame": _schema(
        "edition company_key is_invited",
        edition=_text,
        company_key=_text,
        commune_code=_text,
        naf_code=_text,
        headcount_band=_text,
        is_invited=_flag,
        invitation_mode=_text,
        invited_on=_day,
    ),
    "register": _schema(
        "company_key",
        company_key=_text,
        commune_code=_text,
        naf_code=_text,
        headcount_band=_text,
        category=_text,
        state=_text,
        created_on=_day,
        diffusion=_text,
        open_establishments=_integer,
        closed_establishments=_integer,
    ),
    "partner_quarantine": _schema(
        "partner table_name file reason_code reason is_row_lost",
        partner=_text,
        table_name=_text,
        file=_text,
        row_number=_integer,
        field=_text,
        reason_code=_text,
        reason=_text,
        value_masked=_text,
        is_row_lost=_flag,
    ),
    "communes": _schema(
        "commune_code",
        commune_code=_text,
        name=_text,
        departement_code=_text,
        region_code=_text,
        epci_code=_text,
        ept_code=_text,
        district_of=_text,
        population=_integer,
    ),
    "commune_passage": _schema(
        "former_code commune_code change",
        former_code=_text,
        commune_code=_text,
        change=_text,
        name=_text,
        last_vintage=_text,
    ),
    "coordinates": _schema(
        "place_kind place_code latitude longitude",
        place_kind=_text,
        place_code=_text,
        latitude=_number,
        longitude=_number,
    ),
    "epcis": _schema("vintage epci_code", vintage=_text, epci_code=_text, name=_text, kind=_text),
    "epci_passage": _schema("vintage commune_code", vintage=_text, commune_code=_text, epci_code=_text),
    "regions": _schema("region_code", region_code=_text, name=_text),
    "former_regions": _schema("former_region_code", former_region_code=_text, name=_text),
    "departements": _schema(
        "departement_code",
        departement_code=_text,
        name=_text,
        region_code=_text,
        former_region_code=_text,
    ),
    "territories": _schema("territory_id", territory_id=_text, name=_text),
    "territory_communes": _schema("territory_id commune_code", territory_id=_text, commune_code=_text),
    # The reference frame of competences; `past_code` is what questionnaires and partners' files say.
    "competences": _schema(
        "competence_code position family label_fr label_en definition_fr definition_en valid_from frame_version",
        competence_code=_text,
        position=_integer,
        family=_text,
        label_fr=_text,
        label_en=_text,
        definition_fr=_text,
        definition_en=_text,
        valid_from=_day,
        valid_to=_day,
        replaces=_text,
        frame_version=_text,
    ),
    "competence_families": _schema(
        "family position label_fr label_en",
        family=_text,
        position=_integer,
        label_fr=_text,
        label_en=_text,
    ),
    "competence_names": _schema(
        "competence_code kind name",
        competence_code=_text,
        kind=_text,
        language=_text,
        name=_text,
    ),
    "competence_levels": _schema(
        "competence_code level label_fr label_en descriptor_fr descriptor_en",
        competence_code=_text,
        level=_integer,
        label_fr=_text,
        label_en=_text,
        descriptor_fr=_text,
        descriptor_en=_text,
    ),
    "competence_links": _schema(
        "competence_code scheme relation concept_code",
        competence_code=_text,
        scheme=_text,
        relation=_text,
        concept_code=_text,
        concept_label_fr=_text,
        concept_label_en=_text,
    ),
    "competence_recodes": _schema(
        "past_code comparability",
        past_code=_text,
        competence_code=_text,
        comparability=_text,
    ),
    # What texts were taken for: a row a span and competence, or a span and what else became of it.
    "competence_mappings": _schema(
        "source record_id field item span number outcome frame_version decided_by",
        source=_text,
        edition=_text,
        respondent_id=_integer,
        record_id=_text,
        company_key=_text,
        field=_text,
        item=_text,
        span=_integer,
        number=_integer,
        text=_text,
        competence_code=_text,
        outcome=_text,
        method=_text,
        score=_number,
        frame_version=_text,
        decided_by=_text,
        decided_at=_moment,
    ),
    "activities": _schema(
        "nomenclature activity_code level section_code",
        nomenclature=_text,
        activity_code=_text,
        level=_text,
        parent_code=_text,
        section_code=_text,
        label_fr=_text,
        label_en=_text,
    ),
}

PARTITIONED = frozenset({"respondents", "answers", "variables", "quarantine", "frame"})


def files(lake: Path, table: str) -> list[Path]:
    """The Parquet files of a table, sorted."""
    return sorted((lake / table).rglob("*.parquet"))


def _write_file(path: Path, schema: pa.Schema, chunks: Iterator[pa.Table]) -> int:
    """Write one Parquet file; a column whose first chunk comes as a dictionary is written from it as it is.

    That is four times as fast as making strings of it first. Readers see plain strings either way, hence no
    Arrow schema in the file; statistics of such a column cost more than they save.
    """
    first = next(chunks, schema.empty_table())
    kinds = {field.name: field.type for field in first.schema if pa.types.is_dictionary(field.type)}
    shape = pa.schema([field.with_type(kinds.get(field.name, field.type)) for field in schema])
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    rows = 0
    with pq.ParquetWriter(
        path,
        shape,
        compression="zstd",
        store_schema=False,
        use_dictionary=texts,  # type: ignore[arg-type]  # the stubs do not know that a list will do
        write_statistics=[name for name in schema.names if name not in kinds],
        column_encoding={
            field.name: "DELTA_BINARY_PACKED" for field in schema if pa.types.is_integer(field.type)
        },
    ) as writer:
        for chunk in ahead(itertools.chain([first], chunks)):
            writer.write_table(chunk.cast(shape))
            rows += chunk.num_rows
    return rows


def write(
    lake: Path,
    table: str,
    parts: Iterable[tuple[str | None, Iterable[pa.Table]]],
    schema: pa.Schema | None = None,
) -> int:
    """Replace a table as a whole: ``parts`` are (edition or None, chunks); returns the number of rows.

    ``schema`` is that of a partner's table; any other has its own in `SCHEMAS`.

    The new table is written beside the old one and renamed, so that a killed run leaves one of the two whole.
    """
    schema, rows = schema or SCHEMAS[table], 0
    fresh, old = lake / f".{table}.new", lake / f".{table}.old"
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    for edition, chunks in parts:
        folder = fresh / f"edition={edition}" if edition else fresh
        folder.mkdir(parents=True, exist_ok=True)
        # The edition column stays in the file too, so that one file read alone is still whole.
        rows += _write_file(folder / "part-0.parquet", schema, iter(chunks))
    fresh.mkdir(parents=True, exist_ok=True)
    if not any(fresh.rglob("*.parquet")):
        pq.write_table(schema.empty_table(), fresh / "part-0.parquet", compression="zstd")
    if (lake / table).exists():
        (lake / table).rename(old)
    fresh.rename(lake / table)
    shutil.rmtree(old, ignore_errors=True)
    return rows
