"""The company register as a Dagster asset. Belongs here: its metadata and checks. Does not: reading or archiving it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.archive import Archive
from orchestration.codebook import Codebook
from orchestration.collection.contacts import Contacts
from orchestration.collection.inbox import PARTNERS, REGISTER
from orchestration.collection.register.api import SireneApi
from orchestration.collection.register.collect import (
    LICENCE,
    SOURCE,
    collect_register,
    respondent_sirens,
    unresolved_communes,
)
from orchestration.collection.register.files import download_stock, find_stock
from orchestration.errors import PartnerFileError
from orchestration.identifiers import CompanyKeys
from orchestration.pools import server
from orchestration.settings import Settings

KEY = dg.AssetKey(["raw", "partner__register"])
# INSEE's own names, and two counts.
_SCHEMA = dg.TableSchema(
    [
        dg.TableColumn("company_key", description="Keyed hash of the SIREN."),
        dg.TableColumn("statutDiffusionUniteLegale", description="Whether INSEE may pass it on in full."),
        dg.TableColumn("dateCreationUniteLegale", description="Day of foundation."),
        dg.TableColumn("trancheEffectifsUniteLegale", description="Headcount band."),
        dg.TableColumn("categorieEntreprise", description="Size category: PME, ETI or GE."),
        dg.TableColumn("etatAdministratifUniteLegale", description="Active (A) or ceased (C)."),
        dg.TableColumn("activitePrincipaleUniteLegale", description="Main activity code."),
        dg.TableColumn("codeCommuneEtablissement", description="Commune of the head office."),
        dg.TableColumn("etablissementsOuverts", "int", "Open establishments."),
        dg.TableColumn("etablissementsFermes", "int", "Closed establishments."),
    ]
)


def register_asset(
    settings: Settings, codebooks: Sequence[Codebook], roots: Sequence[Path]
) -> dg.AssetsDefinition:
    """The register, from the stock files in ``roots`` (the inbox first) or from the web.

    It has the companies that had answered when it was collected: a company from outside industry that answered in
    this very run may be added by the next one, since one gate looks at all collected files together.
    """
    spec = dg.AssetSpec(
        KEY,
        group_name="collection",
        owners=["team:data-engineering"],
        kinds={"file", "parquet"},
        description="The industrial companies of INSEE's register, and every company that answered, by company key: "
        "from StockUniteLegale and StockEtablissement in `inbox/register/`, or from the addresses in the settings. "
        "Without names, SIREN or SIRET.",
        metadata={"source": SOURCE, "licence": LICENCE, "dagster/column_schema": _SCHEMA},
    )
    check = dg.AssetCheckSpec(
        "register_is_good",
        asset=KEY,
        description="The stock files came and are what INSEE documents; else the last good ones stay in use.",
    )

    @dg.multi_asset(
        name="collect_register",
        specs=[spec],
        check_specs=[check],
        required_resource_keys={"refresh_lock"},
        pool=server("insee"),
    )
    def collect(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]
        keys = CompanyKeys.load(settings.company_key_secret, settings.secrets)
        archive = Archive(settings.archive)
        problem: str | None = None
        stock = find_stock(roots[:1]).stock
        is_new = False
        try:
            # The simulated register stands in where there is none, not where one could not be fetched.
            stock = stock or download_stock(settings) or find_stock(roots[1:]).stock
            if stock is not None:
                sirens = respondent_sirens(Contacts.of(settings), codebooks)
                ask = SireneApi(settings.sirene_key).company if settings.sirene_key else None
                is_new = collect_register(stock, archive, keys, Contacts.of(settings), sirens, ask).is_new
        except PartnerFileError as failure:
            problem = str(failure)
            context.log.warning(problem)
        entry = archive.latest(PARTNERS, REGISTER)
        share = unresolved_communes(entry, settings.reference) if entry else 0.0
        rows = int(entry.facts["rows"]) if entry else 0
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": rows,
                "new_files": int(is_new),
                "origin": str(entry.facts["origin"]) if entry else "no file",
                "archived": str(entry.path.relative_to(settings.archive)) if entry else "nothing",
                "rejected_rows": 0,
                "bytes": entry.bytes if entry else 0,
                "source": SOURCE,
                "licence": LICENCE,
                "unresolved_commune_share": share,
                "looked_up": dict(entry.facts.get("looked_up", {})) if entry else {},
                **(_age(entry.facts) if entry else {}),
            },
            data_version=dg.DataVersion(entry.sha256[:16] if entry else "none"),
            check_results=[
                dg.AssetCheckResult(
                    check_name="register_is_good",
                    passed=problem is None,
                    severity=dg.AssetCheckSeverity.WARN if entry else dg.AssetCheckSeverity.ERROR,
                    description=problem,
                ),
            ],
        )

    return collect


def _age(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The vintage and its age in days."""
    vintage = facts.get("vintage")
    if not vintage:
        return {"vintage": "unknown"}
    return {
        "vintage": vintage,
        "age_days": (datetime.now(UTC).date() - date.fromisoformat(vintage)).days,
    }
