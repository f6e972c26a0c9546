"""Refreshes that are killed or stopped at a stage; the long form, at random moments, is benchmarks/faults.py."""

import pytest

from orchestration import audit

from ..end_to_end.conftest import same_secret
from .breaking import change_sample, interrupt, kill, refresh_and
from .safety import check_heals, check_nobody_left, check_safe, content_hash, settings_of, state

pytestmark = pytest.mark.end_to_end


@pytest.mark.parametrize(
    "step",
    [
        "decode",
        "release_candidate",
        # The same between these two, and benchmarks/faults.py does it at any moment.
        pytest.param("collect_tour_2019", marks=pytest.mark.long),
        pytest.param("build_marts", marks=pytest.mark.long),
    ],
)
def test_ctrl_c_after_a_stage_leaves_the_last_release(deployment, step):
    change_sample(deployment)
    before = state(deployment)
    finished = refresh_and(deployment, step, interrupt)
    assert finished.returncode == 130, finished.stdout
    assert "last release is untouched" in finished.stdout
    assert "Traceback" not in finished.stdout
    check_safe(deployment, before)
    check_nobody_left(deployment)


def test_after_a_kill_the_next_refresh_publishes_what_any_machine_would(first_release, tmp_path):
    """A first refresh that is killed; the next one heals, and the same inputs give the same content everywhere."""
    original, _ = first_release
    deployment = same_secret(original, tmp_path)
    before = state(deployment)
    finished = refresh_and(deployment, "build_marts", kill)
    assert finished.returncode < 0, finished.stdout
    check_nobody_left(deployment)
    check_safe(deployment, before)
    archived = state(deployment)
    assert any(name.startswith("archive/limesurvey/") for name in archived.files)
    made = check_heals(deployment, archived, content_hash(original))
    assert [(one.action, one.subject) for one in audit.read(settings_of(deployment))] == [("published", made)]
    assert len(deployment.run("releases", "list").stdout.splitlines()) == 2  # heading and one release
