"""Running dbt in this process. Belongs here: parsing ahead, invoking, and what came out. Does not: how a
failure is told (failures.py), or anything of Dagster."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TextIO

from orchestration.errors import SkillsBankError
from orchestration.modelling import spark
from orchestration.modelling.failures import explain
from orchestration.settings import PROJECT, Engine

if TYPE_CHECKING:
    import duckdb
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import EventMsg

DBT_PROJECT = PROJECT / "dbt_project"
Event = dict[str, Any]

FINGERPRINT = "fingerprint"  # of the project that was parsed, beside its manifest
_MANIFEST, _PARSED = "manifest.json", "partial_parse.msgpack"
_SOURCES = (".sql", ".yml", ".yaml", ".csv", ".md")
# dbt keeps its state (event manager, adapters, environment) in the process: one invocation at a time.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class NodeOutcome:
    """What came of one model, seed or test.

    ``status`` is dbt's: ``success``, ``pass``, ``fail``, ``error``, ``warn`` or ``skipped``; ``failures`` is
    the number of offending rows of a test; ``seconds`` is wall time; ``is_table`` says that it was built and has rows.
    """

    unique_id: str
    name: str
    resource_type: str
    status: str
    seconds: float
    failures: int | None
    message: str | None
    sql: str | None
    is_table: bool


@dataclass(frozen=True)
class DbtOutcome:
    """What came of an invocation: its nodes as they ended, and the error to raise, if any."""

    nodes: tuple[NodeOutcome, ...]
    seconds: float
    error: SkillsBankError | None

    @property
    def success(self) -> bool:
        """Whether everything asked for was built and every test passed."""
        return self.error is None

    def counts(self) -> dict[str, int]:
        """Nodes by status."""
        counted: dict[str, int] = {}
        for node in self.nodes:
            counted[node.status] = counted.get(node.status, 0) + 1
        return counted


def prepare_manifest(
    project: Path = DBT_PROJECT, target_dir: Path | None = None, engine: Engine = "duckdb"
) -> Path:
    """Parse the project unless that was done for these very files; returns the path of its ``manifest.json``.

    The result depends on neither the warehouse file nor the lake, but holds the macros of its engine: each needs a
    ``target_dir`` of its own, by default ``<project>/target``. Raises SkillsBankError where the project does not
    parse.
    """
    target = target_dir or project / "target"
    fingerprint = _fingerprint(project, engine)
    mark = target / FINGERPRINT
    ready = all((target / name).is_file() for name in (_MANIFEST, _PARSED)) and mark.is_file()
    if ready and mark.read_text() == _mark(project, fingerprint, target):
        return target / _MANIFEST
    # dbt would leave the seeds of a project that moved where they were.
    is_here = mark.is_file() and mark.read_text().startswith(f"{project.resolve()}\n")
    target.mkdir(parents=True, exist_ok=True)
    # Parsed beside and moved, each file at once: the UI may load what a refresh is about to replace.
    with TemporaryDirectory(prefix=".parsing-", dir=target) as folder:
        fresh = Path(folder)
        if is_here and (target / _PARSED).is_file():
            shutil.copy(target / _PARSED, fresh)
        with (
            _one_at_a_time,
            _environment(
                SKILLSBANK_ENGINE=engine,
                SKILLSBANK_WAREHOUSE_FILE=":memory:",
                SKILLSBANK_LAKE="lake",
                SKILLSBANK_ESTIMATES="estimates",
            ),
        ):
            answer = _invoke(["parse"], project, fresh, logs=target / "logs")
            if not answer.success and (fresh / _PARSED).is_file():
                # dbt takes a description that moved to another file for a second one: then all is parsed anew.
                (fresh / _PARSED).unlink()
                answer = _invoke(["parse"], project, fresh, logs=target / "logs")
        if not answer.success:
            raise explain(answer, ())
        (fresh / FINGERPRINT).write_text(_mark(project, fingerprint, fresh))
        for name in (_MANIFEST, _PARSED, FINGERPRINT):
            (fresh / name).replace(target / name)
    return target / _MANIFEST


def run_dbt(
    arguments: Sequence[str],
    *,
    warehouse_file: Path,
    lake: Path,
    target_path: Path,
    on_event: Callable[[Event], None] | None = None,
    project: Path = DBT_PROJECT,
    log_path: Path | None = None,
    engine: Engine = "duckdb",
) -> DbtOutcome:
    """Run a dbt command in this process on one warehouse file, and leave that file closed.

    Args:
        arguments: the command and its options, as on dbt's command line: ``["build", "--select", "marts"]``.
        warehouse_file: the DuckDB file to write; its folder is made. A folder ``estimates`` beside it holds what
            the second build reads (``Settings.estimates``).
        lake: the folder of the lake's tables.
        target_path: where dbt compiles, and where the parsed project is kept warm from one call to the next.
        on_event: gets each event of level info and above as a dict in the shape of dbt's JSON log lines.
            It is called from dbt's threads.
        project: the dbt project.
        log_path: the folder of ``dbt.log``; ``<target_path>/logs`` by default.
        engine: what builds. Spark keeps its tables beside the warehouse file, and each is copied into it when dbt is
            done; the session stays for the run's next build, until ``spark.stop``.

    Returns an outcome, failures included: ``outcome.error`` tells in one message what failed, with up to 20
    offending rows of each failed test. Raises KeyboardInterrupt when interrupted, SkillsBankError when the
    project does not parse.
    """
    started = time.monotonic()
    if engine == "spark":
        target_path /= engine
        spark.prepare(warehouse_file)
    prepare_manifest(project, target_path, engine)
    warehouse_file.parent.mkdir(parents=True, exist_ok=True)
    with (
        _one_at_a_time,
        _environment(
            SKILLSBANK_ENGINE=engine,
            SKILLSBANK_WAREHOUSE_FILE=str(warehouse_file.resolve()),
            SKILLSBANK_LAKE=str(lake.resolve()),
            SKILLSBANK_ESTIMATES=str(warehouse_file.resolve().parent / "estimates"),
        ),
    ):
        answer = _invoke(
            list(arguments),
            project,
            target_path,
            logs=log_path or target_path / "logs",
            manifest=_parsed(target_path),
            on_event=on_event,
        )
    nodes = tuple(_nodes(answer))
    if engine == "spark":
        spark.bring([node.name for node in nodes if node.is_table], warehouse_file)
    error = None if answer.success else explain(answer, nodes, warehouse_file, engine)
    return DbtOutcome(nodes, time.monotonic() - started, error)


@contextmanager
def cursor() -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor on the database that dbt is building, to be used while it does: in an ``on_event`` of `run_dbt`."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415 - dbt takes 2 s to import

    handle = DuckDBConnectionManager.env().handle()  # type: ignore[no-untyped-call]
    try:
        yield handle.cursor()
    finally:
        handle.close()


def prepare() -> None:
    """Import what a build needs now, which takes seconds: the first build need not."""
    for module in ("dbt.cli.main", "dbt.parser.manifest", "dbt.adapters.duckdb"):
        import_module(module)


def _fingerprint(project: Path, engine: Engine) -> str:
    """One hash of everything that a parse depends on, but for where the project lies."""
    adapter = version(f"dbt-{engine}")
    digest = hashlib.sha256(f"{version('dbt-core')} {adapter}".encode())
    for folder, folders, names in os.walk(project):
        folders[:] = sorted(name for name in folders if name not in {"target", "logs", "dbt_packages"})
        for name in sorted(names):
            if name.endswith(_SOURCES):
                path = Path(folder, name)
                digest.update(f"\0{path.relative_to(project)}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def _mark(project: Path, fingerprint: str, folder: Path) -> str:
    """What was parsed, where it lay, and what came of it: a file that was damaged since is parsed anew."""
    made = ((folder / name).read_bytes() for name in (_MANIFEST, _PARSED))
    return "\n".join(
        [str(project.resolve()), fingerprint, *(hashlib.sha256(content).hexdigest() for content in made)]
    )


def _parsed(target: Path) -> Manifest:
    """The parsed project, read afresh: dbt writes into the one it runs on.

    Handed to dbt, since dbt itself would parse everything again for each new warehouse file: it hashes the
    connection.
    """
    from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415 - dbt takes 2 s to import
    from dbt.parser.manifest import extended_mashumuro_decoder  # noqa: PLC0415

    return Manifest.from_msgpack((target / _PARSED).read_bytes(), decoder=extended_mashumuro_decoder)


def _invoke(
    arguments: list[str],
    project: Path,
    target: Path,
    *,
    logs: Path,
    manifest: Manifest | None = None,
    on_event: Callable[[Event], None] | None = None,
) -> dbtRunnerResult:
    from dbt.adapters.factory import reset_adapters  # noqa: PLC0415
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    options = {
        "--project-dir": project,
        "--profiles-dir": project,
        "--target-path": target,
        "--log-path": logs,
        # dbt's own log formats each debug event before dropping it: an eighth of a build. _listen writes one.
        "--log-level": "none",
        "--log-level-file": "none",
    }
    words = [*arguments, *(str(word) for option in options.items() for word in option)]
    if manifest is not None:
        # The manifest lies there from parsing, and writing it again is a tenth of a build.
        words.append("--no-write-json")
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / "dbt.log").open("a", encoding="utf-8") as log:
        try:
            answer = dbtRunner(manifest=manifest, callbacks=[_listen(log, on_event)]).invoke(words)
        finally:
            _close_connections()
            reset_adapters()  # type: ignore[no-untyped-call]
    # dbtRunner catches everything; an interrupt must still end the run.
    if isinstance(answer.exception, KeyboardInterrupt | SystemExit):
        raise answer.exception
    return answer


def _listen(log: TextIO, on_event: Callable[[Event], None] | None) -> Callable[[EventMsg], None]:
    """A callback that logs and hands on each event of level info and above."""
    from dbt_common.events.functions import msg_to_dict  # noqa: PLC0415

    def listen(message: EventMsg) -> None:
        if message.info.level == "debug":
            return
        event = msg_to_dict(message)
        # One write a line: dbt's threads share the file.
        log.write(f"{event['info']['ts']} {event['info']['level']:<5} {event['info']['msg']}\n")
        if on_event:
            on_event(event)

    return listen


def _close_connections() -> None:
    """Close the database that dbt-duckdb keeps open after an invocation, so that others can open the file."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415

    # It has no public way to ask whether there is one.
    opened = getattr(DuckDBConnectionManager, "_ENV", None)
    if opened is not None:
        opened.close()
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


def _nodes(answer: dbtRunnerResult) -> Iterator[NodeOutcome]:
    for result in getattr(answer.result, "results", ()):
        node = result.node
        yield NodeOutcome(
            unique_id=node.unique_id,
            name=node.name,
            resource_type=str(node.resource_type),
            status=str(result.status),
            seconds=result.execution_time,
            failures=result.failures,
            message=result.message,
            sql=getattr(node, "compiled_code", None),
            is_table=str(result.status) == "success" and node.config.materialized in ("table", "seed"),
        )


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before: Mapping[str, str | None] = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
