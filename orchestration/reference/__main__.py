"""The command line of the reference data. Belongs here: options and printing. Does not: how tables are
made."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from orchestration.errors import SkillsBankError
from orchestration.reference.build import build
from orchestration.settings import Settings


def main() -> None:
    """Rebuild the reference tables and print the rows of each."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.reference", description=main.__doc__)
    parser.add_argument("--from", dest="source", type=Path, required=True, help="folder of the public files")
    parser.add_argument(
        "--to", dest="target", type=Path, default=Settings().reference, help="folder to write"
    )
    options = parser.parse_args()
    try:
        rows = build(options.source, options.target)
    except SkillsBankError as error:
        sys.exit(str(error))
    for table, count in rows.items():
        print(f"{table}: {count} rows")


if __name__ == "__main__":
    main()
