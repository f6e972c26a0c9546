"""A LimeSurvey server's responses over RemoteControl 2. Belongs here: calling the server, pages, incremental
pulls. Does not: what becomes of the responses (intake.py), exports in files (readers/), Dagster."""

from orchestration.collection.limesurvey.client import Server, configured
from orchestration.collection.limesurvey.incremental import spans
from orchestration.collection.limesurvey.pull import Pulled, pull_edition
from orchestration.collection.limesurvey.transport import Limits

__all__ = ["Limits", "Pulled", "Server", "configured", "pull_edition", "spans"]
