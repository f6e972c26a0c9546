"""The release store: publishing, evidence, verifying, rolling back."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.errors import ReleaseError
from orchestration.provenance import is_made_from, published
from orchestration.publication.manifest import MANIFEST, content_hash
from orchestration.publication.releases import current, list_releases, publish, rollback, show, verify


def release(workshop, run_id="run-1", *, shift=0, **more):
    """Stage and publish; another ``shift`` gives other figures."""
    return workshop.publish(workshop.candidate(run_id, shift=shift, **more))


def tree(folder: Path) -> dict[str, bytes | str]:
    """Everything below a folder, byte by byte, links as their targets."""
    return {
        str(path.relative_to(folder)): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def test_a_release_is_a_whole_folder_and_current_points_to_it(workshop):
    published = release(workshop)
    assert published.is_new
    assert published.release.id == "2026-W48-1"
    assert published.release.folder == workshop.releases / "2026-W48-1"
    assert (workshop.releases / "current").readlink() == Path("2026-W48-1")
    assert sorted(path.name for path in workshop.releases.iterdir()) == ["2026-W48-1", "current"]
    manifest = json.loads((published.release.folder / MANIFEST).read_text())
    assert manifest["id"] == "2026-W48-1"
    assert [gate["gate"] for gate in manifest["gates"]] == list(workshop.gates)
    assert manifest["created_at"] == "2026-11-23T04:00:00+00:00"
    assert {entry["feed"] for entry in manifest["inputs"]} == {"tour_2019", "edition_2012"}
    assert verify(workshop.releases).files == len(manifest["files"])


def test_the_same_content_publishes_nothing(workshop):
    release(workshop)
    before = tree(workshop.releases)
    again = release(workshop, "run-2", created_at=workshop.monday + timedelta(days=7))
    assert not again.is_new
    assert again.release.id == "2026-W48-1"
    assert tree(workshop.releases) == before


def test_what_came_to_the_same_content_is_not_made_again(workshop):
    """Other code, packages or engine, and the same content: known from then on, until another content is current."""

    def is_known(made_from):
        return is_made_from(workshop.releases, published(workshop.releases), made_from)

    release(workshop)
    made_from = workshop.candidate("of its own").manifest.fingerprint
    other = workshop.candidate("run-2")
    other = replace(other, manifest=replace(other.manifest, fingerprint="of other code"))
    assert (is_known(made_from), is_known("of other code")) == (True, False)
    assert not workshop.publish(other).is_new
    assert (is_known(made_from), is_known("of other code"), is_known("of a third")) == (True, True, False)
    assert release(workshop, "run-3", shift=1).is_new
    assert not is_known("of other code")
    assert rollback(workshop.releases).id == "2026-W48-1"
    assert is_known("of other code")
    (workshop.releases / ".remade").write_text("damaged")
    assert (is_known(made_from), is_known("of other code")) == (True, False)


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        (datetime(2027, 1, 1, 12, tzinfo=UTC), "2026-W53-1"),
        (datetime(2025, 12, 29, 12, tzinfo=UTC), "2026-W01-1"),
        (datetime(2026, 3, 1, 23, 59, tzinfo=UTC), "2026-W09-1"),
    ],
)
def test_releases_are_named_by_the_iso_week(workshop, moment, name):
    assert release(workshop, created_at=moment).release.id == name


def test_releases_are_numbered_and_ordered_by_number(workshop):
    for number in range(11):
        release(workshop, shift=number % 2)
    names = [item.id for item in list_releases(workshop.releases)]
    assert names == [f"2026-W48-{number}" for number in range(11, 0, -1)]
    assert rollback(workshop.releases).id == "2026-W48-10"


def test_nothing_published_is_told_plainly(workshop):
    assert current(workshop.releases) is None
    assert list_releases(workshop.releases) == []
    with pytest.raises(ReleaseError, match="nothing has been published yet"):
        show(workshop.releases)
    with pytest.raises(ReleaseError, match="no earlier release"):
        rollback(workshop.releases)


def _without(gate):
    return lambda found: replace(found, results=tuple(r for r in found.results if r.gate != gate))


def _with(gate, **changes):
    return lambda found: replace(
        found, results=tuple(replace(r, **changes) if r.gate == gate else r for r in found.results)
    )


def _added(like, **changes):
    def add(found):
        extra = next(r for r in found.results if r.gate == like)
        return replace(found, results=(*found.results, replace(extra, **changes)))

    return add


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_without("decoded"), "`decoded` has no result"),
        (_without("release"), "`release` has no result"),
        (lambda found: replace(found, results=()), "has no result"),
        (_with("marts", passed=False), "`marts` failed"),
        (_with("marts", failures=1), "`marts` failed"),
        (_with("marts", expectations=0), "`marts` failed"),
        (_with("marts", run_id="run-0"), "`marts` was not evaluated in run run-1"),
        (lambda found: replace(found, run_id="run-0"), "was not evaluated in run run-1"),
        (_with("release", subject_hash="0" * 64), "`release` looked at other files"),
        (_added("marts", passed=False), "`marts` failed"),
        (_added("release", subject_hash="0" * 64), "`release` looked at other files"),
        (_added("marts", gate="not_required", passed=False), "`not_required` failed"),
    ],
)
def test_evidence_that_falls_short_publishes_nothing(workshop, change, why):
    release(workshop)
    before = tree(workshop.releases)
    candidate = workshop.candidate("run-1", shift=1)
    with pytest.raises(ReleaseError, match=why):
        publish(candidate, workshop.releases, change(workshop.evidence(candidate)), required=workshop.gates)
    shutil.rmtree(candidate.folder)
    assert tree(workshop.releases) == before


def test_the_release_gate_is_demanded_even_where_nothing_is(workshop):
    candidate = workshop.candidate()
    with pytest.raises(ReleaseError, match="`release` has no result"):
        publish(candidate, workshop.releases, _without("release")(workshop.evidence(candidate)), required=())


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"0")


DAMAGES = {
    "internal/dim_edition.parquet has changed": lambda f: _append(f / "internal" / "dim_edition.parquet"),
    "public/report.fr.html has changed": lambda f: _append(f / "public" / "report.fr.html"),
    "internal/skills_bank.duckdb has changed": lambda f: _append(f / "internal" / "skills_bank.duckdb"),
    "public/pub_domain.csv is missing": lambda f: (f / "public" / "pub_domain.csv").unlink(),
    "public/contacts.csv is unexpected": lambda f: (f / "public" / "contacts.csv").write_text("x"),
    "public/pub_domain.csv has changed": lambda f: (
        (f / "public" / "pub_domain.csv").unlink(),
        (f / "public" / "pub_domain.csv").symlink_to("pub_edition.csv"),
    ),
}


@pytest.mark.parametrize("found", DAMAGES)
def test_a_candidate_changed_after_its_gate_is_not_published(workshop, found):
    candidate = workshop.candidate()
    proof = workshop.evidence(candidate)
    DAMAGES[found](candidate.folder)
    with pytest.raises(ReleaseError, match="not what may be published") as raised:
        publish(candidate, workshop.releases, proof, required=workshop.gates)
    assert found in str(raised.value)
    assert current(workshop.releases) is None


@pytest.mark.parametrize("found", DAMAGES)
def test_verify_finds_each_damage_and_rollback_refuses_it(workshop, found):
    folder = release(workshop, "run-1").release.folder
    release(workshop, "run-2", shift=1)
    DAMAGES[found](folder)
    with pytest.raises(ReleaseError, match=r"2026-W48-1 is not sound") as raised:
        verify(workshop.releases, "2026-W48-1")
    assert found in str(raised.value)
    with pytest.raises(ReleaseError, match=r"2026-W48-1 is not sound"):
        rollback(workshop.releases)
    assert current(workshop.releases).id == "2026-W48-2"
    assert verify(workshop.releases).id == "2026-W48-2"


@pytest.mark.parametrize("damage", ["a file has changed", "the manifest is cut", "the link leads nowhere"])
def test_the_content_of_a_damaged_release_is_published_anew(workshop, damage):
    folder = release(workshop).release.folder
    if damage == "a file has changed":
        (folder / "public" / "pub_edition.csv").write_text("edited")
    elif damage == "the manifest is cut":
        (folder / MANIFEST).write_text((folder / MANIFEST).read_text()[:2000])
    else:
        (workshop.releases / "current").unlink()
        (workshop.releases / "current").symlink_to("2026-W48-9")
    again = release(workshop, "run-2")
    assert again.is_new
    assert verify(workshop.releases).id == again.release.id == "2026-W48-2"
    assert folder.is_dir(), "the damaged one stays for a look"


def test_a_private_table_in_public_is_refused_even_where_manifest_and_gate_agree(workshop):
    candidate = workshop.candidate()
    shutil.copy(candidate.folder / "internal" / "dim_company.parquet", candidate.folder / "public")
    manifest = candidate.manifest
    files = dict(manifest.files) | {
        "public/dim_company.parquet": manifest.files["internal/dim_company.parquet"]
    }
    forged = replace(candidate, manifest=replace(manifest, files=files, content_hash=content_hash(files)))
    with pytest.raises(ReleaseError, match=r"public/dim_company\.parquet is no public table"):
        publish(forged, workshop.releases, workshop.evidence(forged), required=workshop.gates)
    assert current(workshop.releases) is None


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("/etc", "there is no release etc"),
        ("../elsewhere/2026-W48-1", "points out"),
        ("2026-W48-7", "no release"),
    ],
)
def test_a_link_gone_astray_is_found_and_mended_by_rollback(workshop, target, problem):
    release(workshop)
    link = workshop.releases / "current"
    link.unlink()
    link.symlink_to(target)
    with pytest.raises(ReleaseError, match=problem):
        verify(workshop.releases)
    assert rollback(workshop.releases, "2026-W48-1").is_current
    assert verify(workshop.releases).id == "2026-W48-1"


def test_rollback_goes_back_step_by_step_and_to_a_named_one(workshop):
    for number in range(3):
        release(workshop, f"run-{number}", shift=number % 2)
    assert rollback(workshop.releases).id == "2026-W48-2"
    assert rollback(workshop.releases).id == "2026-W48-1"
    with pytest.raises(ReleaseError, match="no earlier release"):
        rollback(workshop.releases)
    assert rollback(workshop.releases, "2026-W48-3").id == "2026-W48-3"
    assert [item.is_current for item in list_releases(workshop.releases)] == [True, False, False]
    with pytest.raises(ReleaseError, match=r"no release 2026-W48-9.*one of 2026-W48-1, "):
        rollback(workshop.releases, "2026-W48-9")


def test_after_a_rollback_the_newer_content_is_published_again_under_a_new_name(workshop):
    release(workshop, "run-1")
    release(workshop, "run-2", shift=1)
    rollback(workshop.releases)
    again = release(workshop, "run-3", shift=1)
    assert (again.is_new, again.release.id) == (True, "2026-W48-3")


@pytest.mark.parametrize("name", [".candidate-run-2", "../releases/2026-W48-1", "current/../2026-W48-1", ""])
def test_only_a_release_can_be_shown_or_rolled_back_to(workshop, name):
    release(workshop)
    workshop.candidate("run-2", shift=1)
    for action in (show, verify, rollback):
        with pytest.raises(ReleaseError, match="there is no release"):
            action(workshop.releases, name)


def test_half_written_candidates_are_no_releases_and_are_cleared_away(workshop):
    half = workshop.releases / ".candidate-killed"
    half.mkdir(parents=True)
    (half / MANIFEST).write_text("{}")
    (workshop.releases / ".current-4711").symlink_to("nowhere")
    (workshop.releases / "2026-W40-1").mkdir()
    assert list_releases(workshop.releases) == []
    release(workshop)
    assert sorted(path.name for path in workshop.releases.iterdir()) == [
        "2026-W40-1",
        "2026-W48-1",
        "current",
    ]


def test_show_is_the_manifest_as_plain_json(workshop):
    release(workshop)
    shown = json.loads(json.dumps(show(workshop.releases)))
    assert shown["id"] == "2026-W48-1"
    assert shown["is_current"] is True
    assert shown["simulated_editions"] == ["edition_2012", "tour_2019"]
    assert "MANIFEST.json" in shown["content_hash_covers"]


def test_a_failed_switch_leaves_the_current_release_and_no_new_one(workshop, monkeypatch):
    release(workshop)
    before = tree(workshop.releases)

    def fail(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "symlink_to", fail)
    with pytest.raises(KeyboardInterrupt):
        release(workshop, "run-2", shift=1)
    assert tree(workshop.releases) == before


def test_the_pages_name_the_number_of_their_release(workshop):
    first = workshop.build("run-1")
    assert workshop.publish(first).release.id == "2026-W48-1"
    second = workshop.build("run-2", code="another code")
    assert second.content_hash == first.content_hash
    assert "Release 2026-W48-2" in (second.folder / "public/report.en.html").read_text(encoding="utf-8")
    aside = second.folder.rename(workshop.folder / "aside")
    assert workshop.publish(workshop.candidate("run-3", shift=1)).release.id == "2026-W48-2"
    aside.rename(second.folder)
    with pytest.raises(ReleaseError, match="pages say that it is 2026-W48-2"):
        workshop.publish(second)
    assert current(workshop.releases).id == "2026-W48-2"
