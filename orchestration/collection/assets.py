"""Collection as Dagster assets. Belongs here: one asset an edition, a frame, a partner's file. Does not: reading."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import dagster as dg

from orchestration.archive import Archive
from orchestration.codebook import Codebook
from orchestration.collection.companies.matches import Matcher
from orchestration.collection.company_files import collect_partner_file
from orchestration.collection.contacts import Contacts
from orchestration.collection.inbox import find_exports, find_partner_files
from orchestration.collection.intake import Collected, collect_export
from orchestration.collection.limesurvey import Pulled, Server, configured, pull_edition, spans
from orchestration.collection.partners.assets import feed_assets, feed_key
from orchestration.collection.partners.contract import Contract, feeds_of
from orchestration.collection.register.assets import KEY as REGISTER_KEY
from orchestration.collection.register.assets import register_asset
from orchestration.collection.register.files import find_stock
from orchestration.errors import ExportError
from orchestration.identifiers import CompanyKeys
from orchestration.personal_text import hide
from orchestration.pools import server
from orchestration.settings import Settings

GROUP, OWNERS = "collection", ["team:data-engineering"]
# A week, and a day for a refresh that somebody starts again. Every refresh collects, also where nothing is new.
WEEKLY = dg.FreshnessPolicy.time_window(fail_window=timedelta(days=8))
SET_ASIDE = dg.AssetKey(["raw", "set_aside"])
MATCHES = dg.AssetKey(["raw", "company_matches"])
FRAME_COLUMNS = {
    "company_key": "Keyed hash of the SIREN.",
    "commune_code": "INSEE code of the commune.",
    "naf_code": "Activity code.",
    "headcount_band": "INSEE's headcount band (trancheEffectifs).",
    "is_invited": "Whether the company was invited.",
    "invitation_mode": "How it was invited.",
    "invited_on": "Day of the invitation.",
}
MATCH_COLUMNS = {
    "respondent_id": "Number of the questionnaire.",
    "source": "Export that it came from.",
    "row_number": "Its row there.",
    "outcome": "What the search by name and commune came to.",
    "candidates": "How many companies were found.",
}
Work = Callable[[Archive, CompanyKeys], list[Collected]]
# Observed: 5 of the real survey's 224 responses are tests (2 %), the ones that people delete by hand.
LOST_SHARE = 0.05


def raw_keys(codebooks: Sequence[Codebook], contracts: Sequence[Contract]) -> list[dg.AssetKey]:
    """What this stage archives: an export and a frame for each edition, the register, and each partner's feeds."""
    return [
        *(_key(kind, book.edition) for book in codebooks for kind in ("export", "frame")),
        REGISTER_KEY,
        *(feed_key(feed.table) for _, feed in feeds_of(contracts)),
    ]


def collection_assets(
    settings: Settings, codebooks: Sequence[Codebook], contracts: Sequence[Contract]
) -> list[dg.AssetsDefinition]:
    """One asset for each of ``raw_keys``, which can be refreshed alone, the list of what was set aside, and the search
    for companies by name in what was collected. Older than 8 days, each of them is overdue."""
    assets = [
        *(_pulled(settings, book) or _export(settings, book) for book in codebooks),
        *(_frame(settings, book.edition) for book in codebooks),
        register_asset(settings, codebooks, _roots(settings)),
        *feed_assets(settings, contracts),
        _matches(settings, codebooks, contracts),
        _set_aside(settings, codebooks, contracts),
    ]
    return [
        each.map_asset_specs(lambda spec: spec.replace_attributes(freshness_policy=WEEKLY)) for each in assets
    ]


def _key(kind: str, name: str) -> dg.AssetKey:
    return dg.AssetKey(["raw", f"{kind}__{name}"])


def _roots(settings: Settings) -> list[Path]:
    return [settings.inbox, *([settings.sample_folder] if settings.sample else [])]


def _export(settings: Settings, book: Codebook) -> dg.AssetsDefinition:
    def work(archive: Archive, keys: CompanyKeys) -> list[Collected]:
        return _files(settings, book, archive, keys)

    description = (
        f"{_title(book)} Questionnaire exports from `inbox/{book.edition}/`: personal data is split "
        "off to `contacts`, the rest is archived. An export that is already there adds nothing."
    )
    key = _key("export", book.edition)
    return _collecting(settings, key, book.edition, description, work, columns=_columns(book))


def _columns(book: Codebook) -> dg.TableSchema:
    """What is archived of an export: the codebook's columns that are not personal, with the question in French."""
    return dg.TableSchema(
        [
            dg.TableColumn(heading, "string", column.label_fr)
            for heading, column in book.columns().items()
            if not column.personal
        ]
    )


def _title(book: Codebook) -> str:
    return f"**{book.title.fr}** ({book.year}, {book.status}{', simulated' if book.simulated else ''})."


def _files(
    settings: Settings, book: Codebook, archive: Archive, keys: CompanyKeys, without: Sequence[str] = ()
) -> list[Collected]:
    """Collect an edition's exports in files, but for the sources that are pulled from a server."""
    return [
        collect_export(path, book, source, archive, Contacts.of(settings), keys)
        for source, path in find_exports(book, _roots(settings)).files
        if source not in without
    ]


def limesurvey_resource(settings: Settings) -> dg.ResourceDefinition:
    """The LimeSurvey server: one login a run, which all editions share."""

    @dg.resource(
        description="LimeSurvey's RemoteControl 2, from SKILLSBANK_LIMESURVEY_URL, _USER and _SECRET"
    )
    def limesurvey(_: dg.InitResourceContext) -> Iterator[Server | None]:
        server = configured(settings)
        try:
            yield server
        finally:
            if server is not None:
                server.close()

    return limesurvey


def _pulled(settings: Settings, book: Codebook) -> dg.AssetsDefinition | None:
    """The asset of an edition whose codebook names a survey, where the settings name a server."""
    sources = [export.source for export in book.exports if export.server is not None]
    # A part of the settings is enough: the resource then says what is missing, instead of reading old files.
    if not sources or not (settings.limesurvey_url or settings.limesurvey_user or settings.limesurvey_secret):
        return None
    key = _key("export", book.edition)
    spec = dg.AssetSpec(
        key,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"limesurvey", "parquet"},
        metadata={"dagster/column_schema": _columns(book)},
        description=f"{_title(book)} Responses from the survey server, new and changed ones only: personal "
        "data is split off to `contacts`, the rest is archived. The same state as before adds nothing.",
    )
    check = dg.AssetCheckSpec(
        "responses_kept",
        asset=key,
        blocking=True,
        description="No response that was there has vanished from the server or lost answers. A few are a "
        f"warning; more than {LOST_SHARE:.0%} stop the run until 'deleted' in the codebook accounts for them.",
    )

    @dg.multi_asset(
        name=f"collect_{book.edition}",
        specs=[spec],
        check_specs=[check],
        required_resource_keys={"refresh_lock", "limesurvey"},
        pool=server("limesurvey"),
    )
    def collect(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]
        keys = CompanyKeys.load(settings.company_key_secret, settings.secrets)
        archive, server = Archive(settings.archive), context.resources.limesurvey
        pulls = [
            pull_edition(server, book, source, archive, Contacts.of(settings), keys) for source in sources
        ]
        collected = [pull.collected for pull in pulls if pull.collected is not None]
        collected += _files(settings, book, archive, keys, without=sources)
        more = {
            "responses_read": sum(pull.read for pull in pulls),
            "files_not_read": [
                hide(path.name)
                for source, path in find_exports(book, [settings.inbox]).files
                if source in sources
            ],
        }
        return _materialized(settings, collected, more, [_kept(pulls)])

    return collect


def _kept(pulls: Sequence[Pulled]) -> dg.AssetCheckResult:
    share = max(pull.lost_share for pull in pulls)
    return dg.AssetCheckResult(
        check_name="responses_kept",
        passed=share == 0,
        severity=dg.AssetCheckSeverity.ERROR if share > LOST_SHARE else dg.AssetCheckSeverity.WARN,
        metadata={
            "lost_share": share,
            "vanished": sum(len(pull.vanished) for pull in pulls),
            "vanished_ids": ", ".join(spans(pull.vanished) for pull in pulls if pull.vanished)[:1000],
            "shrunk": sum(len(pull.shrunk) for pull in pulls),
            "shrunk_ids": ", ".join(spans(pull.shrunk) for pull in pulls if pull.shrunk)[:1000],
            "deleted_on_purpose": sum(pull.deleted for pull in pulls),
        },
    )


def _frame(settings: Settings, edition: str) -> dg.AssetsDefinition:
    def work(archive: Archive, keys: CompanyKeys) -> list[Collected]:
        found = find_partner_files([edition], _roots(settings))
        return [collect_partner_file(file, archive, keys, Contacts.of(settings)) for file in found.files]

    description = f"The sampling frame of {edition}: who could be asked and who was invited, by company key."
    key = _key("frame", edition)
    return _collecting(settings, key, f"frame_{edition}", description, work, columns=_schema(FRAME_COLUMNS))


def _matches(
    settings: Settings, codebooks: Sequence[Codebook], contracts: Sequence[Contract]
) -> dg.AssetsDefinition:
    spec = dg.AssetSpec(
        MATCHES,
        deps=raw_keys(codebooks, contracts),
        group_name=GROUP,
        owners=OWNERS,
        kinds={"parquet"},
        metadata={"dagster/column_schema": _schema(MATCH_COLUMNS)},
        description="Respondents without a usable SIREN or SIRET, compared by name and commune with the known: "
        "only the outcome and the row are archived; `skillsbank companies review` lists the candidates.",
    )

    @dg.multi_asset(name="match_companies", specs=[spec], required_resource_keys={"refresh_lock"})
    def match_companies() -> dg.MaterializeResult[Any]:
        archive = Archive(settings.archive)
        matchers = [Matcher(book, archive, Contacts.of(settings), settings.reference) for book in codebooks]
        matched = [found for matcher in matchers if (found := matcher.archive()) is not None]
        outcomes = {one.entry.feed: one.entry.facts["outcomes"] for one in matched}
        return _materialized(settings, matched, {"outcomes": dg.MetadataValue.json(outcomes)})

    return match_companies


def _collecting(
    settings: Settings,
    key: dg.AssetKey,
    name: str,
    description: str,
    work: Work,
    *,
    columns: dg.TableSchema,
) -> dg.AssetsDefinition:
    spec = dg.AssetSpec(
        key,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"file", "parquet"},
        description=description,
        metadata={"dagster/column_schema": columns},
    )

    @dg.multi_asset(name=f"collect_{name}", specs=[spec], required_resource_keys={"refresh_lock"})
    def collect() -> dg.MaterializeResult[Any]:
        keys = CompanyKeys.load(settings.company_key_secret, settings.secrets)
        collected = work(Archive(settings.archive), keys)
        return _materialized(settings, collected)

    return collect


def _materialized(
    settings: Settings,
    collected: Sequence[Collected],
    more: Mapping[str, Any] = MappingProxyType({}),
    checks: Sequence[dg.AssetCheckResult] = (),
) -> dg.MaterializeResult[Any]:
    # The data version is the content: an unchanged input keeps it, and what stands on it need not run.
    version = "-".join(one.entry.sha256[:16] for one in collected) or "none"
    guarded = Contacts.of(settings).protect()
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(one.rows for one in collected),
            "rejected_rows": sum(one.rejected for one in collected),
            "new_files": sum(one.is_new for one in collected),
            "origin": ", ".join(str(one.entry.facts["origin"]) for one in collected) or "no file",
            "archived": [str(one.entry.path.relative_to(settings.archive)) for one in collected],
            "bytes": sum(one.entry.bytes for one in collected),
            "contacts_rights_corrected": guarded.rights,
            "contacts_encrypted": guarded.encrypted,
            **more,
        },
        data_version=dg.DataVersion(version),
        check_results=checks,
    )


def _schema(columns: Mapping[str, str]) -> dg.TableSchema:
    return dg.TableSchema([dg.TableColumn(name, description=text) for name, text in columns.items()])


def _has_export(settings: Settings, book: Codebook, roots: Sequence[Path]) -> bool:
    """Whether there is anything to decode of an edition: in the folders, in the archive or on a server."""
    archive = Archive(settings.archive)
    return bool(find_exports(book, roots).files) or any(
        export.server is not None or archive.latest(export.source, book.edition) for export in book.exports
    )


def _set_aside(
    settings: Settings, codebooks: Sequence[Codebook], contracts: Sequence[Contract]
) -> dg.AssetsDefinition:
    feeds = [feed for _, feed in feeds_of(contracts)]
    check = dg.AssetCheckSpec(
        "nothing_set_aside", asset=SET_ASIDE, description="Every file in the inbox was recognised."
    )

    @dg.asset(
        key=SET_ASIDE,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"file"},
        check_specs=[check],
        description="Files in the inbox that were not collected, each with the reason and what to do. Fails where no "
        "edition has any export at all.",
    )
    def set_aside() -> dg.MaterializeResult:  # type: ignore[type-arg]
        roots = _roots(settings)
        found = [file for book in codebooks for file in find_exports(book, roots).set_aside]
        found += find_partner_files([book.edition for book in codebooks], roots, feeds).set_aside
        found += find_stock(roots).set_aside
        if not any(_has_export(settings, book, roots) for book in codebooks):
            raise ExportError(
                "no edition has an export",
                where=str(settings.inbox),
                expected=f"a file in one of {', '.join(f'{book.edition}/' for book in codebooks)}",
                fix="put an edition's export there, or set SKILLSBANK_SAMPLE=true for the embedded sample",
            )
        lines = [hide(f"{file.path.relative_to(settings.inbox)}: {file.reason}") for file in found]
        return dg.MaterializeResult(
            metadata={"dagster/row_count": len(lines), "set_aside": lines},
            check_results=[
                dg.AssetCheckResult(
                    passed=not lines, severity=dg.AssetCheckSeverity.WARN, metadata={"set_aside": lines}
                )
            ],
        )

    return set_aside
