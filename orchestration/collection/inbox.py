"""What lies in the inbox and the sample. Belongs here: which file is which source's, which counts, and why
another does not. Does not: reading any of them."""

from __future__ import annotations

import filecmp
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from orchestration.codebook import Codebook
from orchestration.collection.companions import is_companion
from orchestration.collection.partners.contract import Feed
from orchestration.collection.raw_file import is_itself
from orchestration.collection.recognise import looks_like, named

PARTNERS = "partners"
FRAME = "sampling_frame"
REGISTER = "register"
LINK = "is a link, which could lead anywhere, and is not followed; put the file or folder itself in its place"
_TABLE_FILES = (".csv", ".parquet")


@dataclass(frozen=True)
class SetAside:
    """A file that is not collected, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Exports:
    """An edition's exports, one a source in the codebook's order, and what was set aside in the first
    root."""

    files: tuple[tuple[str, Path], ...]
    set_aside: tuple[SetAside, ...]


@dataclass(frozen=True)
class PartnerFile:
    """A file of a table of companies; ``edition`` is that of a sampling frame (table ``frame``)."""

    table: str
    path: Path
    edition: str | None = None


@dataclass(frozen=True)
class PartnerFiles:
    """The sampling frames, the files of each partner's feed (several, the oldest first, only where it
    grows by periods), and what was set aside in the first root."""

    files: tuple[PartnerFile, ...]
    set_aside: tuple[SetAside, ...]
    feeds: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)


def find_exports(codebook: Codebook, roots: Sequence[Path]) -> Exports:
    """Find one export for each source of an edition in ``<root>/<edition>/``; an earlier root wins.

    Of several files of one source the newest counts (by time of change, then name). A file that several
    patterns match belongs to the longest of them.
    """
    found: dict[str, Path] = {}
    set_aside: list[SetAside] = []
    for root in roots:
        matching: dict[str, list[Path]] = {}
        for path in _visible(root, codebook.edition):
            if is_companion(path, [export.format for export in codebook.exports]):
                continue
            source = _source_of(path, codebook)
            if source is not None:
                matching.setdefault(source, []).append(path)
            elif root == roots[0] and not _is_frame(path):
                set_aside.append(SetAside(path, _no_match(path, codebook)))
        for source, paths in matching.items():
            first, *others = _newest_first(paths)
            winner = found.setdefault(source, first)
            if winner == first and root == roots[0]:
                set_aside += [_older(path, first) for path in others]
    order = [export.source for export in codebook.exports]
    return Exports(tuple(sorted(found.items(), key=lambda pair: order.index(pair[0]))), tuple(set_aside))


def find_partner_files(
    editions: Collection[str], roots: Sequence[Path], feeds: Sequence[Feed] = ()
) -> PartnerFiles:
    """Find ``<root>/<edition>/sampling_frame.parquet`` (or .csv) and the feeds' files, named as their contracts say,
    in ``<root>/partners/``.

    An earlier root wins for each table and frame. In the first root, whatever lies outside the folders of the
    known editions and of the partners is set aside. A file may serve several feeds, such as the sheets of a workbook.
    """
    found: dict[tuple[str, str | None], list[Path]] = {}
    set_aside: list[SetAside] = []
    growing = {feed.table for feed in feeds if feed.period is not None}
    for root in roots:
        matching: dict[tuple[str, str | None], list[Path]] = {}
        for path in _visible(root, PARTNERS):
            tables = _tables_of(path, feeds)
            for table in tables:
                matching.setdefault((table, None), []).append(path)
            if not tables and root == roots[0]:
                set_aside.append(SetAside(path, _no_feed(path, feeds)))
        for edition in sorted(editions):
            for path in _visible(root, edition):
                if _is_frame(path):
                    matching.setdefault(("frame", edition), []).append(path)
        for key, paths in matching.items():
            first, *others = _newest_first(paths)
            if key not in found:
                found[key] = [*reversed(others), first] if key[0] in growing else [first]
                if root == roots[0] and key[0] not in growing:
                    set_aside += [_older(path, first) for path in others]
    for path in _visible(roots[0]) if roots else ():
        is_ours = path.is_dir() and path.name in {PARTNERS, REGISTER, *editions}
        if path.is_symlink() or not is_ours:
            set_aside.append(SetAside(path, _lost(path, editions)))
    frames = tuple(
        PartnerFile(table, paths[0], edition)
        for (table, edition), paths in found.items()
        if edition is not None
    )
    ours = {table: tuple(paths) for (table, edition), paths in found.items() if edition is None}
    return PartnerFiles(frames, tuple(dict.fromkeys(set_aside)), ours)


def _tables_of(path: Path, feeds: Sequence[Feed]) -> list[str]:
    if not is_itself(path):
        return []
    return [feed.table for feed in feeds if fnmatch(path.name.lower(), feed.files.lower())]


def _visible(root: Path, name: str | None = None) -> Iterator[Path]:
    """The entries of a root, or of a folder in it, by name; names beginning with a dot belong to the system or to a
    copy in progress. A root may be a link, which the deployment made; a folder in it may not."""
    folder = root / name if name else root
    if folder.is_dir() and not (name and folder.is_symlink()):
        yield from sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _is_frame(path: Path) -> bool:
    return is_itself(path) and path.stem == FRAME and path.suffix.lower() in _TABLE_FILES


def _source_of(path: Path, codebook: Codebook) -> str | None:
    if not is_itself(path) or _is_frame(path):
        return None
    matches = [export for export in codebook.exports if fnmatch(path.name.lower(), export.files.lower())]
    # `max` keeps the first of equals: the codebook's order decides.
    return max(matches, key=lambda export: len(export.files)).source if matches else None


def _newest_first(paths: list[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)


def _older(path: Path, winner: Path) -> SetAside:
    if filecmp.cmp(path, winner, shallow=False):
        return SetAside(path, f"was sent twice: '{winner.name}' has the same content; remove one of the two")
    return SetAside(path, f"'{winner.name}' is newer and stands for the same; remove one of the two")


def _no_match(path: Path, codebook: Codebook) -> str:
    if path.is_symlink():
        return LINK
    patterns = ", ".join(f"{export.files} ({export.format})" for export in codebook.exports)
    if path.is_dir():
        kind = "is a folder"
    else:
        found = looks_like(path)
        kind = "has another name than the codebook's exports"
        kind += f", and is {named(found)} (format: {found})" if found else ""
    return f"{kind}: {codebook.edition} takes {patterns} and {FRAME}.parquet"


def _no_feed(path: Path, feeds: Sequence[Feed]) -> str:
    names = ", ".join(dict.fromkeys(feed.files for feed in feeds))
    return LINK if path.is_symlink() else f"is none of the partners' files: {names}"


def _lost(path: Path, editions: Collection[str]) -> str:
    if path.is_symlink():
        return LINK
    folders = ", ".join(sorted({PARTNERS, REGISTER, *editions}))
    if path.is_dir():
        return f"there is no codebook of an edition '{path.name}'; folders are: {folders}"
    return f"lies in no folder; put it in that of its edition or partner: {folders}"
