"""Collection as Dagster assets. Belongs here: one asset an edition, a frame, a partner's file. Does not: reading."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.archive import Archive
from orchestration.codebook import Codebook
from orchestration.collection.inbox import find_exports, find_partner_files
from orchestration.collection.intake import Collected, collect_export
from orchestration.collection.partners import LAYOUTS, collect_partner_file
from orchestration.identifiers import CompanyKeys
from orchestration.settings import Settings

GROUP, OWNERS = "collection", ["team:data-engineering"]
SET_ASIDE = dg.AssetKey(["raw", "set_aside"])
Work = Callable[[Archive, CompanyKeys], list[Collected]]


def raw_keys(codebooks: Sequence[Codebook]) -> list[dg.AssetKey]:
    """What this stage archives: an export and a frame for each edition, and a file for each partner's table."""
    return [
        *(_key(kind, book.edition) for book in codebooks for kind in ("export", "frame")),
        *(_key("partner", table) for table in _partner_tables()),
    ]


def collection_assets(settings: Settings, codebooks: Sequence[Codebook]) -> list[dg.AssetsDefinition]:
    """One asset for each of ``raw_keys``, which can be refreshed alone, and the list of what was set aside."""
    frames = [(book.edition, "frame", book.edition) for book in codebooks]
    partners = [(table, table, None) for table in _partner_tables()]
    return [
        *(_export(settings, book) for book in codebooks),
        *(_partner(settings, codebooks, *file) for file in [*frames, *partners]),
        _set_aside(settings, codebooks),
    ]


def _key(kind: str, name: str) -> dg.AssetKey:
    return dg.AssetKey(["raw", f"{kind}__{name}"])


def _partner_tables() -> list[str]:
    return [table for table in LAYOUTS if table != "frame"]


def _roots(settings: Settings) -> list[Path]:
    return [settings.inbox, *([settings.sample_folder] if settings.sample else [])]


def _export(settings: Settings, book: Codebook) -> dg.AssetsDefinition:
    def work(archive: Archive, keys: CompanyKeys) -> list[Collected]:
        files = find_exports(book, _roots(settings)).files
        return [collect_export(path, book, source, archive, settings.contacts, keys) for source, path in files]

    state = f"{book.year}, {book.status}{', simulated' if book.simulated else ''}"
    description = (
        f"**{book.title.fr}** ({state}). Questionnaire exports from `inbox/{book.edition}/`: personal data is split "
        "off to `contacts`, the rest is archived. An export that is already there adds nothing."
    )
    return _collecting(settings, _key("export", book.edition), book.edition, description, work)


def _partner(
    settings: Settings, codebooks: Sequence[Codebook], name: str, table: str, edition: str | None
) -> dg.AssetsDefinition:
    def work(archive: Archive, keys: CompanyKeys) -> list[Collected]:
        found = find_partner_files([book.edition for book in codebooks], _roots(settings))
        wanted = [file for file in found.files if (file.table, file.edition) == (table, edition)]
        return [collect_partner_file(file, archive, keys) for file in wanted]

    if edition is None:
        description = f"The partners' file `{table}`, archived without SIREN or SIRET."
        return _collecting(settings, _key("partner", name), name, description, work)
    description = f"The sampling frame of {edition}: who could be asked and who was invited, by company key."
    return _collecting(settings, _key("frame", name), f"frame_{name}", description, work)


def _collecting(
    settings: Settings, key: dg.AssetKey, name: str, description: str, work: Work
) -> dg.AssetsDefinition:
    spec = dg.AssetSpec(
        key, group_name=GROUP, owners=OWNERS, kinds={"file", "parquet"}, description=description
    )

    @dg.multi_asset(name=f"collect_{name}", specs=[spec], required_resource_keys={"refresh_lock"})
    def collect() -> dg.MaterializeResult[Any]:
        keys = CompanyKeys.load(settings.company_key_secret, settings.secrets)
        collected = work(Archive(settings.archive), keys)
        # The data version is the content: an unchanged input keeps it, and what stands on it need not run.
        version = "-".join(one.entry.sha256[:16] for one in collected) or "none"
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": sum(one.rows for one in collected),
                "rejected_rows": sum(one.rejected for one in collected),
                "new_files": sum(one.is_new for one in collected),
                "origin": ", ".join(str(one.entry.facts["origin"]) for one in collected) or "no file",
                "archived": [str(one.entry.path.relative_to(settings.archive)) for one in collected],
                "bytes": sum(one.entry.bytes for one in collected),
            },
            data_version=dg.DataVersion(version),
        )

    return collect


def _set_aside(settings: Settings, codebooks: Sequence[Codebook]) -> dg.AssetsDefinition:
    check = dg.AssetCheckSpec(
        "nothing_set_aside", asset=SET_ASIDE, description="Every file in the inbox was recognised."
    )

    @dg.asset(
        key=SET_ASIDE,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"file"},
        check_specs=[check],
        description="Files in the inbox that were not collected, each with the reason and what to do.",
    )
    def set_aside() -> dg.MaterializeResult:  # type: ignore[type-arg]
        roots = _roots(settings)
        found = [file for book in codebooks for file in find_exports(book, roots).set_aside]
        found += find_partner_files([book.edition for book in codebooks], roots).set_aside
        lines = [f"{file.path.relative_to(settings.inbox)}: {file.reason}" for file in found]
        return dg.MaterializeResult(
            metadata={"dagster/row_count": len(lines), "set_aside": lines},
            check_results=[
                dg.AssetCheckResult(
                    passed=not lines, severity=dg.AssetCheckSeverity.WARN, metadata={"set_aside": lines}
                )
            ],
        )

    return set_aside
