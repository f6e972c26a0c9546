"""What the services of a deployment find when they start. Belongs here: folders, Dagster's settings and the parsed
models. Does not: data, secrets, or what a refresh makes."""

from __future__ import annotations

from orchestration.automation.instance import prepare_home
from orchestration.modelling.dbt import prepare_manifest
from orchestration.settings import Settings


def prepare(settings: Settings) -> None:
    """Make what the webservers need and may not make themselves: they write to Dagster's home alone.

    The folders that are hidden from them exist before they start, since a service manager hides only what is there,
    and one that makes the place itself makes it root's.

    Raises:
        SkillsBankError: the dbt project does not parse.
    """
    settings.inbox.mkdir(parents=True, exist_ok=True)
    for room in (settings.contacts, settings.secrets, settings.audit):
        room.mkdir(parents=True, exist_ok=True)
        room.chmod(0o700)
    prepare_home(settings)
    prepare_manifest(target_dir=settings.dbt_target)
