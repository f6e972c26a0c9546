"""The explorer's files: the public tables alone, the same bytes each time, and the vendored DuckDB as it is listed."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from orchestration.errors import ReleaseError
from orchestration.publication import explorer as package
from orchestration.publication.explorer import write_explorer
from orchestration.publication.manifest import hash_files
from tests.publication.invented_marts import Rows, default_rows, write_warehouse

HERE = Path(package.__file__).parent


def write(folder: Path, rows: Rows | None = None, day: int = 23) -> Path:
    write_warehouse(folder / "w.duckdb", rows or default_rows())
    with duckdb.connect(str(folder / "w.duckdb"), read_only=True) as connection:
        connection.execute("USE marts")
        (folder / "public").mkdir()
        write_explorer(connection, folder / "public", released_on=date(2026, 11, day))
    return folder / "public" / "explorer"


def received(path: Path) -> Any:
    match = re.fullmatch(r'Explorer\.receive\("[a-z_-]+",(.*)\);\n', path.read_text(encoding="utf-8"))
    assert match
    return json.loads(match[1])


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("explorer"))


def test_cells_are_those_of_the_tables_and_blank_ones_hold_no_number(explorer: Path) -> None:
    core = received(explorer / "data/core.js")
    cells = received(explorer / "data/figures-export_rate.js")["figures"]["tour_2019"]["subjects"][""][
        "region"
    ]
    by_code = dict(zip([code for code, _, _ in core["domains"]["region"]], cells, strict=True))
    state, *numbers = by_code["32"]
    assert core["states"][state][0] == "ok"
    assert numbers == [0.37, 0.31, 0.43, 80]
    assert core["states"][by_code["94"]] == ["secret", "statistical_secrecy", "identical"]


def test_the_same_tables_give_the_same_content_on_another_day(explorer: Path, tmp_path: Path) -> None:
    again = write(tmp_path, day=24)
    first, second = hash_files(explorer), hash_files(again)
    assert first.keys() == second.keys()
    assert {n: f.content_sha256 for n, f in first.items()} == {n: f.content_sha256 for n, f in second.items()}


def test_an_indicator_that_cannot_name_a_file_is_refused(tmp_path: Path) -> None:
    rows = default_rows()
    rows["pub_innovation_export"].append(dict(rows["pub_innovation_export"][0], indicator="../x"))
    with pytest.raises(ReleaseError, match="cannot name a file"):
        write(tmp_path, rows)


def test_the_vendored_files_are_those_of_the_list() -> None:
    listed = dict(
        re.findall(r"\| `([a-z.-]+)\.gz` .* `([0-9a-f]{64})` \|", (HERE / "vendor/README.md").read_text())
    )
    found = {
        path.stem: hashlib.sha256(gzip.decompress(path.read_bytes())).hexdigest()
        for path in (HERE / "vendor").glob("*.gz")
    }
    assert listed == found
    assert len(found) == 3


def test_both_languages_have_the_same_words_with_the_same_blanks() -> None:
    french, english = (
        yaml.safe_load((HERE / f"texts/{language}.yaml").read_text(encoding="utf-8"))
        for language in ("fr", "en")
    )
    blanks = [{k: sorted(re.findall(r"{\w+}", v)) for k, v in texts.items()} for texts in (french, english)]
    assert blanks[0] == blanks[1]
