"""Partners' files are kept as long as their contracts say, and the latest stays."""

import json
from datetime import UTC, datetime

import pytest

from orchestration.archive import Archive
from orchestration.automation.partner_retention import retain_partner_files
from orchestration.collection.partners.contract import load_all
from orchestration.settings import Settings

CONTRACTS = load_all(Settings().contracts)


@pytest.fixture
def archive(tmp_path, monkeypatch):
    made = Archive(tmp_path / "archive")
    for day in ("2023-03-01", "2024-03-01", "2025-03-02"):
        moment = datetime.fromisoformat(day).replace(tzinfo=UTC)

        class Clock(datetime):
            @classmethod
            def now(cls, tz=None, moment=moment):
                return moment

        monkeypatch.setattr("orchestration.archive.datetime", Clock)
        for table in ("federation_members", "rncp_sheets"):
            text = f"{table} {day}"
            made.put("partners", table, "parquet", lambda draft, text=text: draft.write_text(text) and None)
    monkeypatch.undo()
    return made


def left(archive, table):
    return [f"{entry.collected_at:%Y-%m-%d}" for entry in archive.entries("partners", table)]


def test_older_files_go_when_their_years_are_over(archive, tmp_path):
    logs = tmp_path / "logs"
    now = datetime(2026, 3, 1, 3, 30, tzinfo=UTC)
    # The federation's list is kept two years, the public register three.
    assert retain_partner_files(archive, CONTRACTS, logs, now=now) == {
        "rncp_sheets": 1,
        "federation_members": 2,
    }
    assert left(archive, "federation_members") == ["2025-03-02"]
    assert left(archive, "rncp_sheets") == ["2024-03-01", "2025-03-02"]
    assert not list(archive.root.rglob("20230301*"))
    notes = [json.loads(line) for line in (logs / "retention.jsonl").read_text().splitlines()]
    assert [note["partner"] for note in notes] == ["federation", "federation", "rncp"]
    assert retain_partner_files(archive, CONTRACTS, logs, now=now) == {}


def test_a_day_too_early_nothing_goes_and_the_latest_never_does(archive, tmp_path):
    early = datetime(2025, 2, 28, 23, tzinfo=UTC)
    assert retain_partner_files(archive, CONTRACTS, tmp_path, now=early) == {}
    retain_partner_files(archive, CONTRACTS, tmp_path, now=datetime(2060, 1, 1, tzinfo=UTC))
    assert left(archive, "federation_members") == ["2025-03-02"]
