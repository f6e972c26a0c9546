"""Operating releases: embargo, retention, and the whole verification."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.errors import ReleaseError
from orchestration.publication import embargo, verification
from orchestration.publication.candidate import open_candidate
from orchestration.publication.links import link_problems
from orchestration.publication.manifest import content_hash, hash_files, read_manifest
from orchestration.publication.outward import publish_to
from orchestration.publication.pruning import prune
from orchestration.publication.releases import current, list_releases, publish, remove, rollback
from orchestration.publication.schema import schema_problems
from orchestration.settings import Settings

FUTURE = datetime(2999, 1, 1, 8, 0, tzinfo=UTC)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def publish_under(workshop, candidate, until):
    return publish(
        candidate,
        workshop.releases,
        workshop.evidence(candidate),
        required=workshop.gates,
        embargo_until=until,
    ).release


@pytest.fixture
def run(workshop, monkeypatch):
    """The command on this workshop's releases."""
    monkeypatch.setenv("SKILLSBANK_DATA", str(workshop.releases.parent))
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def test_public_is_closed_until_the_embargo_ends(workshop, tmp_path):
    release = publish_under(workshop, workshop.candidate(), FUTURE)
    assert mode(release.folder / "public") == 0o700
    assert mode(release.folder) == mode(workshop.releases)
    assert embargo.is_closed(release)
    with pytest.raises(ReleaseError, match="under an embargo until 2999"):
        publish_to(workshop.releases, str(tmp_path / "outside"))
    assert not (tmp_path / "outside").exists()
    assert embargo.lift(workshop.releases, FUTURE - timedelta(seconds=1)) == []
    assert mode(release.folder / "public") == 0o700
    assert embargo.lift(workshop.releases, FUTURE) == [release.id]
    assert mode(release.folder / "public") == mode(workshop.releases)
    assert embargo.lift(workshop.releases, FUTURE) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_another_user_can_read_public_only_after_the_embargo(workshop):
    release = publish_under(workshop, workshop.candidate(), FUTURE)
    for folder in release.folder.parents:
        # The test's own folders: pytest closes them to others.
        if "pytest" in str(folder):
            folder.chmod(0o755)
    page = release.folder / "public" / "report.fr.html"

    def readable():
        child = os.fork()
        if child == 0:
            os.setuid(65534)
            os._exit(0 if os.access(page, os.R_OK) else 1)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    assert not readable()
    embargo.lift(workshop.releases, FUTURE)
    assert readable()


def test_what_is_staged_is_closed_and_what_is_published_is_not(workshop):
    assert mode(workshop.build().folder) == 0o700
    release = workshop.publish(workshop.candidate("run-2", shift=1)).release
    assert mode(release.folder) == mode(release.folder / "public") == mode(workshop.releases)


def test_an_embargo_that_is_over_closes_nothing(workshop):
    release = publish_under(workshop, workshop.candidate(), datetime(2020, 1, 1, tzinfo=UTC))
    assert release.manifest.embargo_until is None
    assert mode(release.folder / "public") == mode(workshop.releases)


def test_an_embargo_can_be_ended_before_its_date_and_the_manifest_says_when(workshop, run):
    release = publish_under(workshop, workshop.candidate(), FUTURE)
    assert "embargo until 2999" in " ".join(run("releases", "list").output.split())
    assert "no embargo has ended" in run("releases", "lift-embargo").output
    assert run("releases", "lift-embargo", "--now", "current").output.strip() == f"open: {release.id}"
    opened = current(workshop.releases)
    assert not embargo.is_closed(opened)
    assert embargo.ends(opened) <= datetime.now(UTC)
    assert mode(opened.folder / "public") == mode(workshop.releases)


def test_a_date_without_a_zone_is_paris_time(monkeypatch):
    monkeypatch.setenv("SKILLSBANK_EMBARGO_UNTIL", "2026-07-01T08:00")
    assert Settings().embargo_until.astimezone(UTC) == datetime(2026, 7, 1, 6, 0, tzinfo=UTC)


@pytest.fixture
def five(workshop):
    """Five releases, W48-1 to W48-5."""
    for number in range(5):
        workshop.publish(workshop.candidate(f"run-{number}", shift=number % 2))
    return workshop.releases


def names(releases):
    return [release.id for release in list_releases(releases)]


def test_the_newest_are_kept_with_the_current_and_the_published(five, tmp_path):
    publish_to(five, str(tmp_path / "outside"), "2026-W48-2")
    rollback(five, "2026-W48-3")
    assert prune(five, 1) == ["2026-W48-4", "2026-W48-1"]
    assert names(five) == ["2026-W48-5", "2026-W48-3", "2026-W48-2"]
    assert current(five).id == "2026-W48-3"
    assert prune(five, 1) == []
    assert {path.name for path in five.iterdir() if path.is_dir()} == {"current", *names(five)}


def test_a_release_under_an_embargo_is_kept(workshop):
    publish_under(workshop, workshop.candidate("run-0"), FUTURE)
    workshop.publish(workshop.candidate("run-1", shift=1))
    assert prune(workshop.releases, 1) == []


def test_the_current_release_is_never_deleted(five):
    with pytest.raises(ReleaseError, match="never deleted"):
        remove(current(five))
    assert current(five).folder.is_dir()


def test_what_a_killed_deletion_left_is_no_release_and_goes_with_the_next_publishing(five, workshop):
    (five / "2026-W48-1").rename(five / ".removed-2026-W48-1")
    assert names(five)[-1] == "2026-W48-2"
    workshop.publish(workshop.candidate("run-9", shift=1))
    assert not (five / ".removed-2026-W48-1").exists()


def test_pruning_takes_its_number_from_the_option_or_the_settings(five, run, monkeypatch):
    refused = run("releases", "prune")
    assert "how many releases to keep" in str(refused.exception)
    assert "2026-W48-1" in run("releases", "prune", "--keep", "4").output
    monkeypatch.setenv("SKILLSBANK_RELEASES_KEPT", "2")
    run("releases", "prune")
    assert names(five) == ["2026-W48-5", "2026-W48-4"]


# What the verification must notice, beyond checksums: each is done to the files, and the manifest is made to fit.
def _append(name, text):
    return lambda public: (public / name).write_text((public / name).read_text(encoding="utf-8") + text)


def _replace(name, old, new):
    def change(public):
        text = (public / name).read_text(encoding="utf-8")
        assert old in text
        (public / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


FAULTS = {
    "a cell of another type": (
        "CSV",
        _replace("pub_edition.csv", "12345", "many"),
        "does not read as stated",
    ),
    "a cell that Parquet has not": ("CSV", _replace("pub_edition.csv", "12345", "12346"), "differ in 2 rows"),
    "another column": ("CSV", _replace("pub_edition.csv", "population", "inhabitants"), "has the columns"),
    "an e-mail address in a page": (
        "personal",
        _replace("gates.en.html", "</main>", "<p>jane.doe@example.org</p></main>"),
        "public/gates.en.html: 1 emails",
    ),
    "an e-mail address in the metadata": (
        "personal",
        _append("LICENCE.txt", "jane.doe@example.org"),
        "public/LICENCE.txt: 1 emails",
    ),
    "a phone number in a table": (
        "personal",
        _replace("pub_stopover.csv", "Saint-Quentin", "06 12 34 56 78"),
        "public/pub_stopover.csv, city: 1 phones",
    ),
    "a link to nothing": (
        "links",
        _replace("gates.en.html", 'href="gates.fr.html"', 'href="gates.de.html"'),
        "links to gates.de.html",
    ),
    "a link to no place": (
        "links",
        _replace("gates.en.html", 'href="#content"', 'href="#nowhere"'),
        "there is no such place",
    ),
    "a script from elsewhere": (
        "links",
        _replace("gates.fr.html", "</main>", '<script src="https://cdn.example.org/x.js"></script></main>'),
        "loads https://cdn.example.org/x.js",
    ),
    "an image from elsewhere in a style": (
        "links",
        _replace("revisions.fr.html", "</style>", "p { background: url(//example.org/x.png) }</style>"),
        "a style from elsewhere",
    ),
}


def test_each_fault_is_found_although_every_checksum_fits(workshop):
    release = workshop.publish(workshop.candidate()).release
    public = release.folder / "public"
    checks = {
        "CSV": lambda: schema_problems(public)[0],
        "personal": lambda: verification._personal(release.folder)[0],
        "links": lambda: link_problems(public)[0],
    }
    for fault, (check, change, message) in FAULTS.items():
        backup = workshop.folder / "backup"
        shutil.copytree(public, backup)
        change(public)
        problems = checks[check]()
        assert any(message in problem for problem in problems), f"{fault}: {problems}"
        shutil.rmtree(public)
        backup.rename(public)
    assert [problem for check in checks.values() for problem in check()] == []


@pytest.mark.parametrize("fault", ["another column", "a link to nothing"])
def test_what_verify_would_refuse_never_becomes_current(workshop, fault):
    _, change, message = FAULTS[fault]
    candidate = workshop.candidate()
    change(candidate.folder / "public")
    files = hash_files(candidate.folder)
    replace(candidate.manifest, files=files, content_hash=content_hash(files)).write(candidate.folder)
    with pytest.raises(ReleaseError, match=message):
        workshop.publish(open_candidate(candidate.folder))
    assert names(workshop.releases) == []


def test_verify_lists_what_it_found_and_fails(workshop, run, monkeypatch):
    # The workshop's figures are invented, so that there is nothing to attack them with: tests/end_to_end does.
    monkeypatch.setattr(verification, "_secrecy", lambda release: ([], "no attack"))
    release = workshop.publish(workshop.candidate()).release
    finished = run("releases", "verify")
    assert finished.exit_code == 0, finished.exception
    assert "20 tables as the data package says" in finished.output
    assert run("releases", "verify", "--files").exit_code == 0
    _append("LICENCE.txt", " 06 12 34 56 78 ")(release.folder / "public")
    manifest = read_manifest(release.folder)
    files = hash_files(release.folder)
    replace(manifest, files=files, content_hash=content_hash(files)).write(release.folder)
    spoilt = run("releases", "verify")
    assert spoilt.exit_code != 0
    assert "public/LICENCE.txt: 1 phones" in str(spoilt.exception)
