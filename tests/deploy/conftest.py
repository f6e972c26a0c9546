"""The release that all whole-pipeline tests share, to compare with."""

from ..end_to_end.conftest import first_release  # noqa: F401
