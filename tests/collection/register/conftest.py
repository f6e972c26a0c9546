"""Where INSEE's real header rows are."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "sirene"


@pytest.fixture
def sirene():
    """The folder of real header rows; skips where it is not there."""
    if not SHARED.is_dir():
        pytest.skip(f"no sample of Sirene's stock files in {SHARED}")
    return SHARED
