"""A deployment to break: a copy of the one that all whole-pipeline tests share."""

from ..collection.conftest import codebook, place  # noqa: F401
from ..collection.limesurvey.conftest import limesurvey, puller, survey_on  # noqa: F401
from ..end_to_end.conftest import deployment, first_release  # noqa: F401
