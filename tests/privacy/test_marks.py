"""Marked people in every format, and the whole pipeline: the marks stand in the contacts and nowhere else."""

import re
import shutil
import stat

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.identifiers import CompanyKeys

from . import tools
from .conftest import MADE_UP, MARKS, ROWS, RPC, Deployment, cells_of, siren

pytestmark = pytest.mark.end_to_end


def marks_in(folder):
    texts = [text for path in folder.rglob("*.parquet") for text in cells_of(path)]
    return {mark.decode().lower() for text in texts for mark in MARKS.findall(text)}


def test_every_edition_was_published(published):
    sql = "select edition, count(*) as rows from fct_response where edition like 'marked%' group by 1"
    listed = published.run("query", sql, "--format", "csv").stdout
    for folder in (published.data / "inbox").glob("marked_*"):
        assert folder.name in listed


@pytest.mark.parametrize("export_format", [*MADE_UP, RPC])
def test_the_marks_are_in_the_contacts(published, export_format):
    found = marks_in(published.data / "contacts" / f"marked_{export_format}")
    kinds = (
        ("zqmail1@", "zqnom", "zqsociete")
        if export_format != RPC
        else ("zqrpc1@", "zqrpcnom", "zqrpcsociete")
    )
    assert any(mark.startswith(kinds[1]) for mark in found)
    assert any(mark.startswith(kinds[2]) for mark in found)
    assert len(found & {siren(number) for number in range(1, 600)}) >= 50
    # From a server neither tokens nor addresses travel at all.
    assert any(mark.startswith("zqtoken") for mark in found) == (export_format != RPC)
    assert any(mark.startswith("203.") for mark in found) == (export_format != RPC)


@pytest.mark.parametrize("export_format", tools.NAMES)
def test_the_marks_of_other_tools_are_in_the_contacts_as_far_as_they_are_answers(published, export_format):
    found = marks_in(published.data / "contacts" / f"marked_{export_format}")
    for kind in ("zqsociete", "zqmail"):
        assert any(mark.startswith(kind) for mark in found), kind
    assert len(found & {siren(number) for number in range(9 * ROWS, 15 * ROWS + 1)}) >= 50
    assert any(mark.startswith("203.") for mark in found) == (export_format in {"surveymonkey", "qualtrics"})
    # Whom a tool names besides is left out altogether.
    assert not [mark for mark in found if mark.startswith(("zqprenom", "zqpersonne", "zqinvite", "zqtoken"))]


def test_names_of_a_register_are_in_the_contacts_and_found_for_review(published, monkeypatch):
    monkeypatch.setenv("COLUMNS", "250")  # a table that is wide enough breaks no name
    assert "zqsociete" in marks_in(published.data / "contacts" / "register")
    quarantine = published.data / "lake" / "quarantine"
    codes = [
        code
        for path in quarantine.rglob("*.parquet")
        for code in pq.ParquetFile(path).read()["reason_code"].to_pylist()
    ]
    assert codes.count("company_candidate") > 20
    listed = published.run("companies", "review")
    assert "candidates open" in published.said.pop()  # for the reviewer's screen, and for no log
    assert MARKS.findall(listed.stdout.encode())


def test_rejected_rows_are_in_the_contacts(published):
    for export_format in ("limesurvey_csv", "limesurvey_vv"):
        assert "zqrejete" in marks_in(published.data / "contacts" / f"marked_{export_format}")


def test_they_are_nowhere_else(published):
    assert published.places() == {}
    for said in published.said:
        assert not MARKS.findall(said.encode())


def test_contacts_are_restricted(published):
    for path in [published.data / "contacts", *(published.data / "contacts").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


BROKEN = {
    "limesurvey_csv": lambda data: data[:-60],
    "limesurvey_vv": lambda data: data.replace(b"\tSIREN\t", b"\tzqentete@zqexample.org 0699887766\t"),
    "limesurvey_json": lambda data: data.replace(b'"MAIL": "zqmail', b'"MAIL": zqmail', 1),
    "limesurvey_xlsx": lambda data: data[: len(data) // 2],
    "spss_sav": lambda data: data[: len(data) // 2],
    "limesurvey_lsa": lambda data: data[: len(data) // 2],
    "limesurvey_r": lambda data: data.replace(b'"SIREN"', b'"zqentete@zqexample.org"', 1),
    "limesurvey_spss": lambda data: data[:-20],
    "surveymonkey": lambda data: data.replace(b"Respondent ID", b"zqentete@zqexample.org", 1),
    "qualtrics": lambda data: data.replace(b"SIREN", b"zqentete@zqexample.org 0699887766"),
    "google_forms": lambda data: data[:-60],
    "microsoft_forms": lambda data: data[: len(data) // 2],
    "kobo": lambda data: data.replace(b'"SIREN"', b'"zqentete@zqexample.org"', 1),
    "plain": lambda data: data.replace(b"19/07/2024", b"zqcode@zqexample.org", 1),
}


def test_errors_do_not_tell_them(published, tmp_path):
    """Every export damaged, and a partner's file with people in it: the run fails, and keeps to itself why."""
    shutil.copytree(published.data, tmp_path / "data", symlinks=True)
    broken = Deployment(tmp_path / "data", published.codebooks, variables=published.variables)
    for export_format, damage in BROKEN.items():
        for path in (broken.data / "inbox" / f"marked_{export_format}").glob("*"):
            if path.suffix not in {".R", ".sps"}:
                changed = damage(path.read_bytes())
                assert changed != path.read_bytes()
                path.write_bytes(changed)
    partners = broken.data / "inbox" / "partners"
    register = broken.data / "inbox" / "register"
    for kind in ("StockUniteLegale", "StockEtablissement"):
        people = f"siren,zqcolonne@zqexample.org\n{siren(1)},Zqnom Marque\n"
        (register / f"{kind}_utf8.csv").write_text(people)
    (partners / "stopovers.csv").write_text('stopover_id;edition\n"zqguillemet@zqexample.org;x\n')
    (partners / "institutions.csv").write_text(
        "institution_id;name;kind;commune_code\nzqmail@zqexample.org;a;b\n"
    )
    frame = broken.data / "inbox" / "tour_2019" / "sampling_frame.csv"
    frame.parent.mkdir()
    frame.write_text(
        "siren;commune_code;naf_code;headcount_band;is_invited;invitation_mode;invited_on\n"
        "zqsiren@zqexample.org;Zqnom Marque;x;y;z;0699887766;203.0.113.7\n"
    )
    finished = broken.run("refresh")
    assert finished.returncode == 1
    for export_format in BROKEN:
        if (broken.data / "inbox" / f"marked_{export_format}").exists():
            assert f"collect_marked_{export_format}" in finished.stdout
    assert broken.places() == {}
    assert not MARKS.findall(broken.said[-1].encode())


def test_an_erased_company_is_in_no_new_release(published, tmp_path):
    shutil.copytree(published.data, tmp_path / "data", symlinks=True)
    place = Deployment(tmp_path / "data", published.codebooks, variables=published.variables)
    secret = (place.data / "secrets" / "company_key").read_bytes().strip()
    key = CompanyKeys(secret).of(pa.array([siren(2)]))[0].as_py()
    traces = re.compile(rf"{key}|zqmail2@|zqnom marque 2\b|zqsociete 2\b|{siren(2)}".encode(), re.IGNORECASE)
    stored = ("contacts", "archive", "lake", "warehouse")
    assert place.places(*stored, marks=traces)
    told = place.run("erase", "--siren", siren(2)).stdout
    assert "The current release" in told
    assert set(place.places(*stored, marks=traces)) == {f"archive/tombstones/company-{key}.json"}
    refreshed = place.run("refresh")
    assert refreshed.returncode == 0, refreshed.stdout
    told = place.run("erase", "--past-releases").stdout
    assert "Earlier releases removed: " in told
    assert "The current release" not in told
    assert place.run("releases", "verify").returncode == 0
    assert set(place.places(marks=traces)) == {f"archive/tombstones/company-{key}.json"}
    assert not traces.findall("".join(place.said).encode())
