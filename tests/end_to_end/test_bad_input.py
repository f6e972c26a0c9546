"""Bad input of every kind ends in one clear message, a non-zero exit code and an untouched release."""

import csv
import io
import re
import shutil
from types import SimpleNamespace

import pytest

from orchestration.settings import Settings

from .conftest import Deployment, copy_of

pytestmark = pytest.mark.end_to_end

SAMPLE = Settings().sample_folder
EXPORT = (SAMPLE / "tour_2019" / "responses.csv").read_bytes()


def rewritten(change) -> bytes:
    """The sample's export with ``change(headings, rows)`` applied, in LimeSurvey's own dialect."""
    rows = list(csv.reader(io.StringIO(EXPORT.decode("utf-8-sig"), newline=""), delimiter=";"))
    headings, body = rows[0], [row for row in rows[1:] if row]
    change(headings, body)
    out = io.StringIO()
    csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows([headings, *body])
    return b"\xef\xbb\xbf" + out.getvalue().encode() + b"\r\n"


def rename(old, new):
    def change(headings, _rows):
        headings[headings.index(old)] = new

    return rewritten(change)


BROKEN_EXPORTS = {
    "empty": (b"", ["empty"]),
    "truncated": (EXPORT[: len(EXPORT) // 2], []),
    "unknown question": (rename("EXPORT", "EXPORTS"), ["EXPORTS", "EXPORT"]),
    "two columns of one name": (rename("SIRET", "SIREN"), ["SIREN"]),
    "not UTF-8": (EXPORT.replace("é".encode(), b"\xe9"), ["UTF-8"]),
}
# One refresh for all of them: the edition of the last release has the first, and new ones like it the others.
EDITIONS = {kind: f"tour_{2019 + number}" for number, kind in enumerate(BROKEN_EXPORTS)}


@pytest.fixture(scope="module")
def broken(first_release, tmp_path_factory):
    """A deployment with a broken export in each edition, what it had published before, and a refresh of it."""
    folder = tmp_path_factory.mktemp("broken")
    deployment = copy_of(first_release[0], folder)
    codebooks = shutil.copytree(Settings().codebooks, folder / "codebooks")
    deployment.variables["SKILLSBANK_CODEBOOKS"] = str(codebooks)
    for kind, edition in EDITIONS.items():
        codebook = (Settings().codebooks / "tour_2019.yaml").read_text().replace("tour_2019", edition)
        (codebooks / f"{edition}.yaml").write_text(codebook)
        (deployment.inbox(edition) / "responses.csv").write_bytes(BROKEN_EXPORTS[kind][0])
    before = deployment.published()
    return SimpleNamespace(deployment=deployment, before=before, finished=deployment.run("refresh"))


@pytest.mark.parametrize("kind", BROKEN_EXPORTS)
def test_a_broken_export(broken, kind):
    content, words = BROKEN_EXPORTS[kind]
    (said,) = re.findall(rf"^Step collect_{EDITIONS[kind]}: (.*)", broken.finished.stdout, re.MULTILINE)
    for word in ["responses.csv", *words, "What to do"]:
        assert word in said
    kept = broken.deployment.inbox(EDITIONS[kind]) / "responses.csv"
    assert kept.read_bytes() == content, "the original stays"


def test_broken_exports_leave_the_last_release(broken):
    assert broken.finished.returncode == 1
    assert "Traceback" not in broken.finished.stdout + broken.finished.stderr
    assert broken.deployment.published() == broken.before


def test_values_no_codebook_knows_stop_at_the_gate(deployment):
    """The export can be read, but every answer to some questions is nonsense: the gate, not the reader, stops it."""

    def nonsense(headings, rows):
        for row in rows:
            for heading in ("EXPORT", "INNO[PROD]", "COMP[C01]", "COMP[C02]", "EFFECTIF"):
                row[headings.index(heading)] = "ZZ"

    before = deployment.published()
    (deployment.inbox("tour_2019") / "responses.csv").write_bytes(rewritten(nonsense))
    finished = deployment.run("refresh")
    assert finished.returncode == 1
    assert "Check decoded_answers on lake/answers failed." in finished.stdout
    assert "lake.answers" in finished.stdout
    assert "tour_2019" in finished.stdout, "the offending rows are printed"
    assert "build_marts" not in finished.stdout, "nothing downstream of a failed gate runs"
    assert deployment.published() == before


def test_a_campaign_cut_to_a_third_stops_at_the_gate(deployment):
    def cut(_headings, rows):
        del rows[len(rows) // 3 :]

    before = deployment.published()
    (deployment.inbox("tour_2019") / "responses.csv").write_bytes(rewritten(cut))
    finished = deployment.run("refresh")
    assert finished.returncode == 1
    assert "Check collected on " in finished.stdout
    assert deployment.published() == before


def test_a_codebook_with_a_wrong_key(deployment, tmp_path):
    codebooks = tmp_path / "codebooks"
    shutil.copytree(Settings().codebooks, codebooks)
    text = (codebooks / "tour_2019.yaml").read_text().replace("has_frame:", "has_a_frame:")
    (codebooks / "tour_2019.yaml").write_text(text)
    deployment.variables["SKILLSBANK_CODEBOOKS"] = str(codebooks)
    before = deployment.published()
    for command in (["refresh"], ["codebook", "check"]):
        finished = deployment.run(*command)
        assert finished.returncode == 1
        said = finished.stdout + finished.stderr
        line = 1 + text.splitlines().index(next(one for one in text.splitlines() if "has_a_frame" in one))
        assert "tour_2019.yaml" in said
        assert f"line {line}" in said
        assert "has_frame" in said
        assert "Traceback" not in said
    assert deployment.published() == before


def test_no_export_at_all(parsed_project, tmp_path):
    deployment = Deployment(tmp_path / "data", {"SKILLSBANK_SAMPLE": "false"})
    shutil.copytree(parsed_project, deployment.data / "warehouse" / "dbt")
    finished = deployment.run("refresh")
    assert finished.returncode == 1
    assert "no edition has an export" in finished.stdout
    assert "tour_2019/" in finished.stdout
    assert "gate_" not in finished.stdout
    assert not deployment.releases.exists()
