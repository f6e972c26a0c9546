"""What a release says of itself, and which of it counts as its content."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.errors import ReleaseError, SkillsBankError
from orchestration.provenance import fingerprint
from orchestration.publication.differences import PACKAGES, Cause, causes
from orchestration.publication.manifest import FileState, content_hash, hash_file, read_manifest

states = st.builds(
    FileState,
    sha256=st.text("0123456789abcdef", min_size=4, max_size=4),
    bytes=st.integers(0, 9),
    content_sha256=st.none() | st.text("0123456789abcdef", min_size=4, max_size=4),
)
listings = st.dictionaries(st.text("abc/.", min_size=1, max_size=5), states, min_size=1, max_size=6)


def test_one_changed_figure_is_another_content(workshop):
    before, after = workshop.candidate("run-1"), workshop.candidate("run-2", shift=1)
    assert after.content_hash != before.content_hash
    assert after.manifest.fingerprint == before.manifest.fingerprint


def test_the_fingerprint_is_the_one_that_a_refresh_can_know_beforehand(workshop):
    manifest = workshop.candidate().manifest
    assert manifest.fingerprint == fingerprint(reversed(manifest.inputs), manifest.code_version, "duckdb")
    assert manifest.fingerprint != fingerprint(manifest.inputs, "another code", "duckdb")
    assert manifest.fingerprint != fingerprint(manifest.inputs[1:], manifest.code_version, "duckdb")
    assert manifest.fingerprint != fingerprint(manifest.inputs, manifest.code_version, "spark")


def test_the_same_marts_of_another_engine_are_the_same_content(workshop):
    of_duckdb, of_spark = workshop.build("run-1"), workshop.build("run-2", built_on="spark")
    versions = {name: metadata.version(name) for name in ("duckdb", "pyspark", "dbt-spark")}
    assert of_duckdb.manifest.engine == f"duckdb {versions['duckdb']}"
    assert of_spark.manifest.engine == f"spark {versions['pyspark']}"
    added = dict(of_spark.manifest.packages.items() - of_duckdb.manifest.packages.items())
    assert added == {"pyspark": versions["pyspark"], "dbt-spark": versions["dbt-spark"]}
    assert of_spark.manifest.fingerprint != of_duckdb.manifest.fingerprint
    assert of_spark.content_hash == of_duckdb.content_hash
    (engine, *_) = causes(of_duckdb.manifest, of_spark.manifest)
    assert engine == Cause(PACKAGES, f"engine {of_duckdb.manifest.engine} → {of_spark.manifest.engine}")


def test_an_engine_that_is_not_installed_is_told_before_anything_is_built(monkeypatch):
    def version(name: str) -> str:
        if name == "pyspark":
            raise metadata.PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(metadata, "version", version)
    with pytest.raises(SkillsBankError, match=r"SKILLSBANK_ENGINE=spark.*pyspark.*'\.\[spark\]'"):
        fingerprint((), "c0de", "spark")
    assert fingerprint((), "c0de", "duckdb")


def test_the_manifest_reads_back_as_it_was_written(workshop):
    candidate = workshop.candidate()
    assert read_manifest(candidate.folder) == candidate.manifest
    assert candidate.manifest.simulated_editions == ("edition_2012", "tour_2019")
    assert candidate.manifest.as_json()["simulated_editions"] == ["edition_2012", "tour_2019"]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"files": 1}', "\x00"])
def test_a_garbled_manifest_is_one_message(tmp_path: Path, text: str):
    (tmp_path / "MANIFEST.json").write_text(text)
    with pytest.raises(ReleaseError, match=r"MANIFEST\.json: the manifest cannot be read"):
        read_manifest(tmp_path)


@given(listings, st.randoms())
def test_the_content_hash_does_not_depend_on_the_order_of_files(files, random):
    shuffled = list(files.items())
    random.shuffle(shuffled)
    assert content_hash(dict(shuffled)) == content_hash(files)


@given(listings, states, st.data())
def test_the_content_hash_tells_any_change_that_counts(files, other, data):
    name = data.draw(st.sampled_from(sorted(files)))
    same = files[name].content_sha256 == other.content_sha256
    assert (content_hash(files | {name: other}) == content_hash(files)) is same
    assert content_hash({k: v for k, v in files.items() if k != name}) != content_hash(files)


def test_only_the_marked_date_of_a_page_is_left_out(tmp_path: Path):
    def content(date: str, text: str) -> str | None:
        page = tmp_path / "page.html"
        page.write_text(
            f'<p><time class="release-date" datetime="{date}">{date}</time> {text} <time>{date}</time>'
        )
        return hash_file(page).content_sha256

    base = content("2026-11-23", "x")
    (tmp_path / "page.html").write_text(
        '<p><time class="release-date" datetime="1999">1999</time> x <time>2026-11-23</time>'
    )
    assert hash_file(tmp_path / "page.html").content_sha256 == base
    assert content("2026-11-23", "y") != base
    assert content("2026-11-30", "x") != base  # the second, unmarked date counts
