"""Sending as a Dagster asset. Belongs here: the step that ends a run on object storage. Does not: how it is sent."""

from typing import Any

import dagster as dg

from orchestration.settings import Settings


def storage_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The asset of what lies in the store; none where data is a folder."""
    if settings.store is None:
        return []

    @dg.asset(
        deps=["release"],
        group_name="publication",
        owners=["team:data-engineering"],
        kinds={"file"},
        required_resource_keys={"refresh_lock"},
        description="The release where readers elsewhere meet it: archive, lake and releases sent to object storage, "
        "the index last. Until then they read the release before.",
    )
    def stored_release(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        sent = context.resources.refresh_lock.push(is_last=False)
        return dg.MaterializeResult(
            metadata={
                "files": sent.files,
                "bytes": sent.bytes,
                "deleted": sent.deleted,
                "index": sent.index,
                "address": str(settings.store),
            }
        )

    return [stored_release]
