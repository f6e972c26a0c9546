"""The one place that assembles. Belongs here: joining the stages' definitions. Does not: anything else."""

from __future__ import annotations

import dagster as dg

from orchestration.settings import Settings


def build_definitions(settings: Settings) -> dg.Definitions:
    """Every stage's assets and checks, the job, its schedule and sensors, for one set of settings."""
    from orchestration import codebook  # noqa: PLC0415
    from orchestration.automation.jobs import automation_definitions  # noqa: PLC0415
    from orchestration.collection.assets import collection_assets  # noqa: PLC0415
    from orchestration.decoding.assets import decoding_assets  # noqa: PLC0415
    from orchestration.modelling.assets import modelling_assets  # noqa: PLC0415
    from orchestration.publication.assets import publication_assets  # noqa: PLC0415
    from orchestration.quality.checks import gate_checks  # noqa: PLC0415

    codebooks = codebook.load_all(settings.codebooks)
    return dg.Definitions.merge(
        dg.Definitions(
            assets=[
                *collection_assets(settings, codebooks),
                *decoding_assets(settings, codebooks),
                *modelling_assets(settings),
                *publication_assets(settings),
            ],
            asset_checks=gate_checks(settings),
        ),
        automation_definitions(settings),
    )


@dg.definitions
def skills_bank() -> dg.Definitions:
    """What Dagster loads."""
    return build_definitions(Settings())
