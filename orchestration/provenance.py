"""What a release is made from. Belongs here: hashes of inputs, code and packages. Does not: the outputs."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from platform import python_version
from typing import Any

from orchestration.archive import Entry
from orchestration.errors import SkillsBankError
from orchestration.settings import PROJECT, Engine, Settings

REMADE = ".remade"  # a note beside the releases
# What the figures and the pages depend on: a new version of one of these makes a new release.
_PACKAGES = (
    "altair", "dagster", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "highspy", "jinja2", "numpy",
    "pandas", "pyarrow", "pydantic", "scipy", "typst", "vl-convert-python", "xlsxwriter",
)  # fmt: skip
# What building the marts on an engine depends on besides; the engine itself comes first.
_OF_ENGINE: Mapping[Engine, tuple[str, ...]] = {"duckdb": ("duckdb",), "spark": ("pyspark", "dbt-spark")}
_CODE = {
    "orchestration": (".py", ".j2", ".css", ".yaml"),
    "dbt_project/models": (".sql", ".yml"),
    "dbt_project/macros": (".sql",),
    "dbt_project/seeds": (".csv", ".yml"),
    "dbt_project/tests": (".sql",),
    "expectations": (".json", ".sql"),
}
# The code that decides what a figure is; what is neither this nor reference data moves figures around only.
_METHOD = (
    "orchestration/estimation/", "orchestration/disclosure/", "orchestration/recognition/", "dbt_project/models/",
    "dbt_project/macros/", "dbt_project/seeds/",
)  # fmt: skip


@dataclass(frozen=True, order=True)
class Input:
    """One archive entry: where it came from (``feed`` is an edition or a partner's feed) and its sha256."""

    source: str
    feed: str
    sha256: str

    @classmethod
    def of(cls, entry: Entry) -> Input:
        """The name of an archive entry."""
        return cls(entry.source, entry.feed, entry.sha256)


def decisions_input(settings: Settings) -> Input | None:
    """What people decided on texts: not archived, yet a release is made from it; None before the first decision."""
    if not settings.decisions.exists():
        return None
    digest = hashlib.sha256(settings.decisions.read_bytes()).hexdigest()
    return Input("decisions", "competences", digest)


def package_versions(engine: Engine) -> dict[str, str]:
    """The versions installed here of Python and of what the figures depend on where an engine builds the marts.

    Raises:
        SkillsBankError: that engine is not installed.
    """
    names = sorted({*_PACKAGES, *_OF_ENGINE[engine]})
    try:
        return {"python": python_version(), **{name: metadata.version(name) for name in names}}
    except metadata.PackageNotFoundError as missing:
        raise SkillsBankError(
            f"the package {missing.name} is not installed",
            where=f"SKILLSBANK_ENGINE={engine}",
            fix=f"install the project with its extra: pip install -e '.[{engine}]'",
        ) from None


def engine_version(engine: Engine) -> str:
    """The engine that builds the marts, by name and version: ``duckdb 2.0.0``, ``spark 4.1.0``."""
    return f"{engine} {metadata.version(_OF_ENGINE[engine][0])}"


def code_version(settings: Settings) -> str:
    """Hash over the project's code, models, gates, codebooks, reference data and frame: 64 hex digits."""
    return _digest(_code_files(settings))


def code_parts(settings: Settings) -> dict[str, str]:
    """The code version in three: ``method`` (estimation, secrecy, recognition, dbt's models and seeds), ``reference``
    (codebooks, reference tables, frame, partners' contracts) and the other ``code``; 64 hex digits each."""
    parts: dict[str, list[tuple[str, Path]]] = {"method": [], "reference": [], "code": []}
    for name, path in _code_files(settings):
        is_code = name.split("/", 1)[0] in ("orchestration", "dbt_project", "expectations")
        part = "method" if name.startswith(_METHOD) else "code" if is_code else "reference"
        parts[part].append((name, path))
    return {part: _digest(files) for part, files in parts.items()}


def _digest(files: Iterable[tuple[str, Path]]) -> str:
    digest = hashlib.sha256()
    for name, path in files:
        digest.update(f"{name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def fingerprint(inputs: Iterable[Input], code: str, engine: Engine) -> str:
    """Hash of what a release is made from: inputs, code version, and the versions of packages and engine here."""
    versions = package_versions(engine)
    entries = sorted({(entry.source, entry.feed, entry.sha256) for entry in inputs})
    return hashlib.sha256(json.dumps([entries, code, versions], sort_keys=True).encode()).hexdigest()


def write_inputs(lake: Path, inputs: Iterable[Input]) -> None:
    """Note in the lake which archive entries it was made from."""
    lake.mkdir(parents=True, exist_ok=True)
    text = json.dumps([asdict(entry) for entry in sorted(set(inputs))], indent=1)
    (lake / "INPUTS.json").write_text(text + "\n", encoding="utf-8")


def read_inputs(lake: Path) -> tuple[Input, ...]:
    """The archive entries that the lake was made from."""
    return tuple(Input(**entry) for entry in json.loads((lake / "INPUTS.json").read_text(encoding="utf-8")))


def _code_files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Each file whose change can change a release, with a name that is the same on every machine."""
    for part, endings in _CODE.items():
        for path in sorted((PROJECT / part).rglob("*")):
            if path.suffix in endings and path.is_file():
                yield path.relative_to(PROJECT).as_posix(), path
    for folder in (settings.codebooks, settings.reference, settings.frame):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield f"{folder.name}/{path.relative_to(folder).as_posix()}", path
    for scheme, classification in (("esco", settings.esco), ("rome", settings.rome)):
        for path in sorted(classification.glob("*.csv")) if classification else ():
            yield f"{scheme}/{path.name}", path
    for path in sorted(settings.contracts.glob("*/contract.yaml")):
        yield f"contracts/{path.parent.name}", path


def published(releases: Path) -> Mapping[str, Any] | None:
    """What the current release's manifest says; None before the first release, or where it cannot be read."""
    try:
        manifest: Mapping[str, Any] = json.loads((releases / "current" / "MANIFEST.json").read_bytes())
    except (OSError, ValueError):
        return None
    return manifest


def is_whole(releases: Path, manifest: Mapping[str, Any]) -> bool:
    """Whether every file of the current release is as its manifest says, by its sha256."""
    try:
        for name, state in manifest["files"].items():
            with (releases / "current" / name).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != state["sha256"]:
                    return False
    except (OSError, KeyError, TypeError, AttributeError):
        return False
    return True


def is_made_from(releases: Path, manifest: Mapping[str, Any], made_from: str) -> bool:
    """Whether the current release was made from what has this fingerprint, or that came to the same content since."""
    if manifest.get("fingerprint") == made_from:
        return True
    try:
        noted = json.loads((releases / REMADE).read_bytes())
    except (OSError, ValueError):
        return False
    return bool(noted == [manifest.get("content_hash"), made_from])


def note_remade(releases: Path, content: str, made_from: str) -> None:
    """Note that what has this fingerprint came to the content of the current release: after a change of code, packages
    or engine that changes no figure, it need not be made again and again."""
    draft = releases / f"{REMADE}-{os.getpid()}"
    draft.write_text(json.dumps([content, made_from]), encoding="utf-8")
    draft.replace(releases / REMADE)
