"""The readers, one module a kind of export, named as the codebook's ``format`` names it. Belongs here:
finding them. Does not: reading."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path

from orchestration.collection.exports import Export
from orchestration.collection.recognise import advice
from orchestration.errors import ExportError


def formats() -> list[str]:
    """The formats there is a reader for."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def open_export(path: Path, export_format: str) -> Export:
    """Open an export with the reader of its format: checks what it is and reads its headings.

    Raises:
        ExportError: there is no such reader, or the file is not what the format says.
    """
    if export_format not in formats():
        raise ExportError(
            f"there is no reader for the format '{export_format}'",
            where=str(path),
            expected=f"one of {', '.join(formats())}",
            fix="correct 'format' under 'exports' in the codebook",
        )
    try:
        export: Export = import_module(f"{__name__}.{export_format}").open_export(path)
    except ExportError as refusal:
        found = advice(path, export_format)
        if found is None:
            raise
        raise ExportError(
            refusal.problem,
            where=refusal.where,
            expected=refusal.expected,
            fix=f"{found}; or {refusal.fix}",
        ) from refusal
    return export
