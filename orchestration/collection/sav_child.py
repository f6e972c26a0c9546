"""Reading an SPSS file in a process of its own: ``python sav_child.py FILE [headings]``. Belongs
here: what runs in that process, which may crash. Does not: what becomes of the rows (readers/spss_sav.py)."""

from __future__ import annotations

import contextlib
import json
import math
import resource
import sys
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

import pyarrow as pa
import pyreadstat

# Each block skips the rows before it, so that large blocks pay.
ROWS = 20_000
_MEMORY = 4 << 30


def main() -> None:
    """Write the file to standard output as an Arrow stream of text columns.

    The schema comes first; its metadata holds the value labels as JSON. A file that pyreadstat refuses ends
    the process with its message on standard error and status 3.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold personal data
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    path, only_headings = sys.argv[1], len(sys.argv) > 2
    try:
        _, about = pyreadstat.read_sav(path, metadataonly=True)
        labels = {
            name: {_text(value): label for value, label in values.items()}
            for name, values in about.variable_value_labels.items()
        }
        schema = pa.schema([(name, pa.string()) for name in about.column_names])
        schema = schema.with_metadata({"labels": json.dumps(labels), "count": str(about.number_rows)})
        out: Any = sys.stdout.buffer
        with pa.ipc.new_stream(out, schema) as stream:
            offset = 0
            while not only_headings and about.column_names:
                columns, _ = pyreadstat.read_sav(
                    path, row_offset=offset, row_limit=ROWS, output_format="dict", user_missing=True
                )
                cells = [_texts(columns[name]) for name in about.column_names]
                if not len(cells[0]):
                    break
                stream.write_batch(pa.record_batch(cells, schema=schema))
                offset += len(cells[0])
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeError, MemoryError) as problem:
        print(f"{type(problem).__name__}: {problem}", file=sys.stderr)
        sys.exit(3)


def _texts(column: Iterable[object]) -> pa.StringArray:
    return pa.array([_text(value) for value in column], pa.string())


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case float():
            if math.isnan(value):
                return ""
            return str(int(value)) if value.is_integer() else repr(float(value))
        case datetime():
            return value.isoformat(" ", "seconds")
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)


if __name__ == "__main__":
    main()
