"""The readers, one module a kind of export, named as the codebook's ``format`` names it. Belongs here:
finding them. Does not: reading."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path

from orchestration.codebook import Codebook, Layout
from orchestration.codebook import Export as Declared
from orchestration.collection.by_texts import by_texts
from orchestration.collection.exports import Export
from orchestration.collection.recognise import advice
from orchestration.collection.tools import ToolExport
from orchestration.errors import ExportError


def formats() -> list[str]:
    """The formats there is a reader for."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def open_declared(path: Path, declared: Declared, codebook: Codebook) -> Export:
    """Open an export as its codebook declares it: as `open_export`, and under the codebook's headings where
    the tool's own are texts.

    Raises:
        ExportError: the file is not what the format says, or its texts are not those of the codebook.
    """
    export = open_export(path, declared.format, declared.layout)
    return by_texts(export, codebook, declared) if isinstance(export, ToolExport) else export


def open_export(path: Path, export_format: str, layout: Layout | None = None) -> Export:
    """Open an export with the reader of its format: checks what it is and reads its headings.

    ``layout`` is for the formats that take one.

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
    module = import_module(f"{__name__}.{export_format}")
    try:
        export: Export = module.open_export(path) if layout is None else module.open_export(path, layout)
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
