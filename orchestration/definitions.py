"""The one place that assembles. Belongs here: joining the stages' definitions. Does not: anything else."""

import dagster as dg

from orchestration.settings import Settings


def build_definitions(settings: Settings) -> dg.Definitions:
    """Every stage's assets and checks, the job, its schedule and sensors, for one set of settings."""
    # Inside, so that importing this module reads no file and loads no stage.
    from orchestration import codebook
    from orchestration.asset_pages import with_pages
    from orchestration.automation.jobs import automation_definitions
    from orchestration.collection.assets import (
        MATCHES,
        SET_ASIDE,
        collection_assets,
        limesurvey_resource,
        raw_keys,
    )
    from orchestration.collection.partners.contract import feeds_of, load_all
    from orchestration.decoding.assets import decoding_assets, lake_key
    from orchestration.disclosure.assets import disclosure_assets
    from orchestration.estimation.assets import estimation_assets
    from orchestration.modelling.assets import mart_keys, modelling_assets
    from orchestration.modelling.specs import load_specs
    from orchestration.publication import assets as publication
    from orchestration.quality.checks import gate_check
    from orchestration.recognition.assets import recognition_assets
    from orchestration.storage.assets import storage_assets

    codebooks = codebook.load_all(settings.codebooks)
    contracts = load_all(settings.contracts)
    raw, models = raw_keys(codebooks, contracts), modelling_assets(settings)
    marts = mart_keys(models)
    assets = [
        *collection_assets(settings, codebooks, contracts),
        *decoding_assets(settings, codebooks, contracts, [*raw, MATCHES]),
        *recognition_assets(settings),
        *models,
        *estimation_assets(settings),
        *disclosure_assets(settings),
        *publication.publication_assets(settings, marts),
        *storage_assets(settings),
    ]
    return dg.Definitions.merge(
        dg.Definitions(
            assets=with_pages(assets, settings, load_specs(settings.dbt_target).sources),
            asset_checks=[
                gate_check("collected", raw, settings, after=[SET_ASIDE]),
                gate_check("decoded_respondents", [lake_key("respondents")], settings),
                gate_check("decoded_register", [lake_key("register")], settings),
                gate_check("decoded_answers", [lake_key("answers")], settings),
                gate_check(
                    "decoded_partners", [lake_key(feed.table) for _, feed in feeds_of(contracts)], settings
                ),
                gate_check("marts", [dg.AssetKey("ind_innovation_export")], settings),
                publication.release_gate(settings),
                publication.secrecy_check(settings),
            ],
            resources={"limesurvey": limesurvey_resource(settings)},
        ),
        automation_definitions(settings),
    )


@dg.definitions
def skills_bank() -> dg.Definitions:
    """What Dagster loads."""
    return build_definitions(Settings())
