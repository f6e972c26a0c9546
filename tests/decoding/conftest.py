"""Archived exports and decoded tables for the tests of this folder."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration import lake as tables
from orchestration.archive import Archive
from orchestration.codebook import Codebook, load
from orchestration.collection.contacts import Contacts
from orchestration.collection.intake import collect_export
from orchestration.decoding import DecodeInput, DecodeReport, decode
from orchestration.identifiers import CompanyKeys

REPOSITORY = Path(__file__).resolve().parents[2]
REAL_EXPORTS = {
    "limesurvey": "rpc/responses_code_short_all_fr.csv",
    "limesurvey_vv": "ui/vv_version2.txt",
}


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def survey() -> Codebook:
    """The codebook of the real survey 482617."""
    return load(REPOSITORY / "tests" / "fixtures" / "codebooks" / "survey_482617.yaml")


def archived(path: Path, codebook: Codebook, rows: Sequence[dict], groups: int) -> Path:
    """Write rows of cells as intake archives them: a cell that a row does not name is blank, None is null."""
    columns = [name for name, column in codebook.columns().items() if not column.personal]
    meta = ["id", "submitdate", "lastpage", "startlanguage", "startdate", "datestamp"]
    given = {"startlanguage": "fr", "lastpage": "9"}
    data = {
        name: pa.array([row.get(name, given.get(name, "")) for row in rows], pa.string())
        for name in meta + columns
    }
    for name in ("company_key", "siren_class", "siret_class", "rejected"):
        data[name] = pa.array([row.get(name) for row in rows], pa.string())
    data["is_test"] = pa.array([row.get("is_test", False) for row in rows], pa.bool_())
    data["row_number"] = pa.array([row.get("row_number", i) for i, row in enumerate(rows, 1)], pa.int64())
    pq.write_table(pa.table(data), path, row_group_size=groups)
    return path


class Decoded:
    """The lake after decoding, its tables as rows."""

    def __init__(self, lake: Path, report: DecodeReport) -> None:
        self.lake, self.report = lake, report
        self.respondents, self.quarantine = self.rows("respondents"), self.rows("quarantine")
        self.answers = {
            (row["respondent_id"], row["variable"], row["item"]): row for row in self.rows("answers")
        }

    def rows(self, table: str) -> list[dict]:
        found = tables.files(self.lake, table)
        return [row for path in found for row in pq.ParquetFile(path).read().to_pylist()]

    def state(self, respondent: int, variable: str, item: str = "") -> str:
        return self.answers[respondent, variable, item]["state"]

    def reasons(self) -> list[tuple[str, int | None, str | None]]:
        return [(row["reason_code"], row["row_number"], row["field"]) for row in self.quarantine]


@pytest.fixture
def archive(tmp_path, survey):
    """Archive rows: ``archive(rows)`` gives the DecodeInput of a file that stands for an archived export."""

    def put(rows, source="limesurvey", codebook=survey, name="export", groups=1000) -> DecodeInput:
        path = archived(tmp_path / f"{name}.parquet", codebook, rows, groups)
        return DecodeInput(path, source, f"{name}.csv")

    return put


@pytest.fixture
def decoded(tmp_path, survey, archive):
    """Archive and decode rows: ``decoded(rows)`` gives a Decoded."""

    def run(rows, source="limesurvey", codebook=survey, groups=1000) -> Decoded:
        given = archive(rows, source, codebook, groups=groups)
        report = decode([codebook], {codebook.edition: [given]}, tmp_path / "lake")
        return Decoded(tmp_path / "lake", report)

    return run


class Real(Decoded):
    """A real export, collected and decoded; ``contacts`` has what was split off, by respondent and field."""

    def __init__(self, folder: Path, codebook: Codebook, source: str, path: Path) -> None:
        keys = CompanyKeys(b"a secret for tests only")
        contacts = Contacts(folder / "contacts", folder / "secrets")
        entry = collect_export(path, codebook, source, Archive(folder / "archive"), contacts, keys).entry
        given = DecodeInput(entry.path, source, path.name)
        report = decode([codebook], {codebook.edition: [given]}, folder / "lake")
        super().__init__(folder / "lake", report)
        self.source, self.first_id = source, codebook.first_id(source)
        people = contacts.read(contacts.path_of(entry))
        self.contacts = {(row["respondent_id"], row["field"]): row["value"] for row in people.to_pylist()}


@pytest.fixture(scope="session")
def real_export(shared, survey, tmp_path_factory):
    """``real_export(source)``: survey 482617 from its CSV or its VV file, decoded once a session."""

    @cache
    def get(source: str) -> Real:
        path = shared / "data" / "limesurvey" / REAL_EXPORTS[source]
        return Real(tmp_path_factory.mktemp(source), survey, source, path)

    return get


@pytest.fixture(params=list(REAL_EXPORTS))
def real(request, real_export) -> Real:
    """Survey 482617 from one of its exports."""
    return real_export(request.param)
