"""Reading a file with a reader, and the corpora of the readers' tests."""

from pathlib import Path

import pyarrow as pa
import pytest

from orchestration.collection.readers import open_export


@pytest.fixture(scope="session")
def survey(shared):
    """The real server's exports of survey 482617."""
    return shared / "data" / "limesurvey"


def read(path: Path, export_format: str):
    """Give an export's headings, its rows as dictionaries, and what was rejected; row numbers must add up."""
    export = open_export(path, export_format)
    chunks = list(export.chunks())
    rejected = [bad for chunk in chunks for bad in chunk.rejected]
    numbers = [number for chunk in chunks for number in chunk.row_numbers.to_pylist()]
    numbers += [bad.row_number for bad in rejected]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    table = pa.Table.from_batches([chunk.rows for chunk in chunks]) if chunks else None
    return export.headings, table.to_pylist() if table else [], rejected
