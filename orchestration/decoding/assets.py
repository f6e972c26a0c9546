"""Decoding as Dagster assets. Belongs here: the lake's tables for Dagster. Does not: decoding."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa

from orchestration import lake as tables
from orchestration.archive import Archive, Entry
from orchestration.codebook import VARIABLES, Codebook, load_variables
from orchestration.collection.companies import matches, reviews
from orchestration.collection.partners.contract import Contract, feeds_of
from orchestration.decoding import CompanyInput, DecodeInput, decode
from orchestration.decoding.codes import code_lists
from orchestration.decoding.competence_frame import decode_frame
from orchestration.decoding.feeds import QUARANTINE, decode_feeds, feed_entries
from orchestration.decoding.partner_codes import PartnerCodes
from orchestration.decoding.partners import PARTNER_TABLES, PartnerInput, decode_partners, decode_reference
from orchestration.decoding.quarantine import Quarantine
from orchestration.decoding.shares import state_shares
from orchestration.frame import Scheme, SchemeName, esco_files, load, read_esco, read_rome
from orchestration.history_checks import History, history_check, unchanged
from orchestration.provenance import (
    Input,
    code_version,
    decisions_input,
    fingerprint,
    is_made_from,
    is_whole,
    published,
    write_inputs,
)
from orchestration.settings import Settings

GROUP, OWNERS = "decoding", ["team:data-engineering"]
COMPETENCES = "competences"  # the list in variables.yaml with the codes that questionnaires use
DESCRIPTIONS = {
    "editions": "One row an edition: year, titles, status, whether it is simulated and has a frame.",
    "respondents": "One row a questionnaire response, by company key: completeness, moments, identifier classes.",
    "answers": "One row a respondent, variable and item: the answer's state and canonical value.",
    "variables": "One row an edition's question item: its code, canonical variable, labels and comparability.",
    "quarantine": "Every row and value that could not be used as it came, with the reason and its place.",
    "frame": "One row an edition's frame company: place, activity, size, whether it was invited.",
    "register": "One row a company of the register, by company key.",
    "communes": "One row a commune or district of Paris, Lyon and Marseille, current vintage.",
    "commune_passage": "One row a code that a commune had once, with the commune that holds its place today.",
    "coordinates": "One row a commune or intercommunal body, with its latitude and longitude.",
    "epcis": "One row a vintage and intercommunal body.",
    "epci_passage": "One row an earlier vintage and commune that was in another intercommunal body then.",
    "partner_quarantine": "Every row and value of a partner's file that could not be used, and the reason.",
    "regions": "One row a région.",
    "former_regions": "One row a région of before 2016.",
    "departements": "One row a département.",
    "territories": "One row an industrial territory.",
    "territory_communes": "One row a commune of an industrial territory.",
    "competences": "One row a competence of the reference frame, retired ones too.",
    "competence_families": "One row a family of the reference frame.",
    "competence_names": "One row a synonym, acronym or example of wording of a competence.",
    "competence_levels": "One row a competence and level: what one can do at it.",
    "competence_links": "One row a competence and linked concept of ESCO or ROME.",
    "competence_recodes": "One row a past code and code that it is counted as today, with its comparability.",
    "activities": "One row a nomenclature and activity code, from sections down to sub-classes.",
}


def lake_key(table: str) -> dg.AssetKey:
    """The asset of a lake table; dbt's sources have the same keys."""
    return dg.AssetKey(["lake", table])


def decoding_assets(
    settings: Settings,
    codebooks: Sequence[Codebook],
    contracts: Sequence[Contract],
    raw: Sequence[dg.AssetKey],
) -> list[dg.AssetsDefinition]:
    """The lake's tables, made together; skipped with all downstream when the current release has the same inputs."""
    specs = [
        dg.AssetSpec(
            lake_key(table),
            deps=raw,
            skippable=True,
            group_name=GROUP,
            owners=OWNERS,
            kinds={"parquet"},
            description=description,
            metadata={"dagster/column_schema": columns_of(tables.SCHEMAS[table])},
        )
        for table, description in DESCRIPTIONS.items()
    ]
    specs += [
        dg.AssetSpec(
            lake_key(feed.table),
            deps=raw,
            skippable=True,
            group_name=GROUP,
            owners=[f"team:{contract.owner}"],
            kinds={"parquet"},
            description=feed.description,
            metadata={
                "dagster/column_schema": columns_of(feed.lake_schema()),
                "licence": contract.licence,
                "source": contract.source,
            },
        )
        for contract, feed in feeds_of(contracts)
    ]

    @dg.multi_asset(
        name="decode",
        specs=specs,
        check_specs=[history_check(spec.key) for spec in specs],
        required_resource_keys={"refresh_lock"},
    )
    def decode_archive(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        archive = Archive(settings.archive)
        exports = {
            book.edition: [
                (export.source, entry)
                for export in book.exports
                if (entry := archive.latest(export.source, book.edition))
            ]
            for book in codebooks
        }
        partners = _partner_entries(archive, codebooks)
        feeds = {feed.table: feed_entries(archive, feed) for _, feed in feeds_of(contracts)}
        decided = {book.edition: archive.latest(reviews.SOURCE, book.edition) for book in codebooks}
        searched = {book.edition: archive.latest(matches.SOURCE, book.edition) for book in codebooks}
        entries = [entry for found in exports.values() for _, entry in found]
        entries += [entry for _, entry in partners]
        entries += [entry for found in feeds.values() for entry in found]
        entries += [entry for entry in (*decided.values(), *searched.values()) if entry]
        # The gate looks at the latest of each feed; a table that grows is made from older ones, too.
        for entry in entries:
            archive.verify(entry)
        inputs = [Input.of(entry) for entry in entries]
        if decisions := decisions_input(settings):
            inputs.append(decisions)
        release = published(settings.releases)
        made_from = fingerprint(inputs, code_version(settings), settings.engine)
        same = release and is_made_from(settings.releases, release, made_from)
        if release and same and is_whole(settings.releases, release):
            context.log.info(f"Nothing has changed since release {release.get('id')}: the rest is skipped.")
            yield from (unchanged(spec.key) for spec in specs)
            return
        settings.lake.mkdir(parents=True, exist_ok=True)
        rows = decode_reference(settings.reference, settings.lake)
        past_codes = load_variables(settings.codebooks / VARIABLES).lists.get(COMPETENCES, ())
        rows |= decode_frame(load(settings.frame), past_codes, settings.lake, _schemes(settings))
        lists = code_lists(settings.reference)
        codes = PartnerCodes(lists, Quarantine(None, settings.lake))
        rows |= decode_partners(
            [
                PartnerInput(table, entry.path, _origin(entry), edition)
                for (table, edition), entry in partners
            ],
            settings.lake,
            codes,
        )
        in_partner_files = codes.quarantine.rows
        report = decode(
            codebooks,
            {
                edition: [DecodeInput(entry.path, source, _origin(entry)) for source, entry in found]
                for edition, found in exports.items()
            },
            settings.lake,
            lists,
            codes.quarantine,
            {
                book.edition: CompanyInput(_path(decided[book.edition]), _path(searched[book.edition]))
                for book in codebooks
            },
        )
        rows |= {
            table: report.rows(table)
            for table in ("editions", "respondents", "answers", "variables", "quarantine")
        }
        rows["quarantine"] += in_partner_files
        partly = decode_feeds(contracts, feeds, settings.lake, lists)
        rows |= partly.rows
        write_inputs(settings.lake, inputs)
        for note in report.notes:
            context.log.warning(note)
        reasons = {edition: dict(one.quarantine) for edition, one in report.editions.items()}
        reasons["partner files"] = dict(codes.quarantine.reasons)
        told = {
            "quarantine": {"reasons": dg.MetadataValue.json(reasons)},
            QUARANTINE: {"reasons": dg.MetadataValue.json(partly.reasons)},
        }
        history = History(context.instance, context.run.job_name)
        shares = {"answers": state_shares(settings.lake)}
        for table in rows:
            numbers = {"dagster/row_count": rows[table], **shares.get(table, {})}
            yield dg.MaterializeResult(
                asset_key=lake_key(table),
                metadata={
                    **numbers,
                    "notes": list(report.notes),
                    **told.get(table, {}),
                    **_vintage(feeds.get(table, [])),
                },
                check_results=[history.judge(lake_key(table), numbers)],
            )

    return [decode_archive]


def _schemes(settings: Settings) -> dict[SchemeName, Scheme]:
    """The classifications at hand."""
    found: dict[SchemeName, Scheme] = {}
    if settings.esco:
        found["esco"] = read_esco(esco_files(settings.esco), settings.esco.name)
    if settings.rome:
        found["rome4"] = read_rome(settings.rome)
    return found


def _partner_entries(
    archive: Archive, codebooks: Sequence[Codebook]
) -> list[tuple[tuple[str, str | None], Entry]]:
    feeds: list[tuple[tuple[str, str | None], tuple[str, str]]] = [
        (("frame", book.edition), ("sampling_frame", book.edition)) for book in codebooks if book.has_frame
    ]
    feeds += [((table, None), ("partners", table)) for table in PARTNER_TABLES if table != "frame"]
    return [(name, entry) for name, feed in feeds if (entry := archive.latest(*feed))]


def _path(entry: Entry | None) -> Path | None:
    return entry.path if entry else None


def _origin(entry: Entry) -> str:
    return str(entry.facts["origin"])


def _vintage(entries: Sequence[Entry]) -> dict[str, str]:
    """What time a partner's rows are of: the vintages of the files that they come from."""
    found = sorted({str(entry.facts["vintage"]) for entry in entries if entry.facts.get("vintage")})
    return {"vintage": ", ".join(found)} if found else {}


def columns_of(schema: pa.Schema) -> dg.TableSchema:
    """A lake table's columns, for its page."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                field.name, str(field.type), constraints=dg.TableColumnConstraints(nullable=field.nullable)
            )
            for field in schema
        ]
    )
