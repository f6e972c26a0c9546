"""Recognition as a Dagster asset. Belongs here: the lake's table of mappings for Dagster. Does not: recognising."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from orchestration import lake
from orchestration.decoding.assets import columns_of, lake_key
from orchestration.recognition.mapping import TABLE, recognise
from orchestration.recognition.texts import TABLES
from orchestration.settings import Settings

READ = ("answers", "respondents", "competences", *TABLES)
DESCRIPTION = (
    "What free texts were taken for: answers, training offers, vacancies, opportunities, workshop questions. One row a "
    "span of text and competence, or a span and what else became of it, with score, method and who decided."
)


def recognition_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The table of mappings; what people decided is replayed. Skipped where decoding found nothing new."""
    spec = dg.AssetSpec(
        lake_key(TABLE),
        deps=[lake_key(table) for table in READ],
        group_name="skills_bank",
        owners=["team:data-engineering"],
        kinds={"parquet"},
        description=DESCRIPTION,
        metadata={"dagster/column_schema": columns_of(lake.SCHEMAS[TABLE])},
    )

    @dg.multi_asset(name="recognise", specs=[spec], required_resource_keys={"refresh_lock"})
    def recognise_texts() -> Iterator[dg.MaterializeResult[Any]]:
        counted = recognise(settings)
        yield dg.MaterializeResult(
            asset_key=spec.key,
            metadata={
                "dagster/row_count": sum(counted.values()),
                "for_review": counted["answers review"] + counted["answers outside"],
                "outcomes": dg.MetadataValue.json(dict(sorted(counted.items()))),
            },
        )

    return [recognise_texts]
