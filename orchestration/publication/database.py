"""Publishing into PostgreSQL, for business-intelligence tools. Belongs here: a schema a release, the views that are
switched, the roles that read them. Does not: files (outward.py), or making releases current here (releases.py)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.errors import ReleaseError
from orchestration.publication.candidate import PUBLIC_PREFIX
from orchestration.publication.releases import Release
from orchestration.sql_text import literal

if TYPE_CHECKING:
    from psycopg import Connection

SCHEMES = ("postgresql://", "postgres://")
# Two sets of views, each with the role that may read it and no more.
INTERNAL_VIEWS, PUBLIC_VIEWS = "skills_bank", "skills_bank_public"
ANALYST, PUBLIC = "skills_bank_analyst", "skills_bank_public"
_REGISTER = "skills_bank_releases"
_TYPES = {
    "VARCHAR": "text",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
}
_CHUNK = 1 << 20
# Views are replaced under a lock that waits for their readers, and behind which new readers wait: never for long.
_LOCK_SECONDS, _TRIES, _PAUSE = 2, 5, 1.0
Tables = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Loaded:
    """What a publishing did: tables loaded (0 where the release was there), and the releases that were dropped."""

    tables: int
    dropped: tuple[str, ...]


def publish_to_database(release: Release, address: str, kept: int) -> Loaded:
    """Load a release's internal marts into a schema of its own, and switch the views to it.

    ``skills_bank`` shows every mart, ``skills_bank_public`` the safe tables; the roles ``skills_bank_analyst`` and
    ``skills_bank_public`` (made where they are missing) may read one each. The views are switched in one transaction;
    an earlier release that is still kept is switched back to without loading it.

    Args:
        release: a sound release.
        address: ``postgresql://user@host/database``, as libpq reads it.
        kept: how many releases stay in the database, the one shown among them; at least 1.

    Raises:
        ReleaseError: psycopg is not installed, the database cannot be reached or written, another release has this
            name there, or readers hold the views. What is shown is untouched then.
    """
    try:
        import psycopg  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ReleaseError(
            "publishing to PostgreSQL needs the package psycopg",
            fix="install the project with its extra: pip install -e '.[postgres]'",
        ) from error
    try:
        with psycopg.connect(address, application_name="skillsbank publish") as connection:
            _alone(connection)
            _prepare(connection)
            connection.commit()
            tables = _tables(release.database)
            loaded = _load(connection, release, tables)
            _switch(connection, release, tables)
            return Loaded(loaded, tuple(_prune(connection, kept)))
    except psycopg.Error as error:
        raise ReleaseError(
            f"the database refused the release ({_first_line(error)})",
            expected="a role that may create schemas and roles, or roles that an administrator has made",
            fix="mend what the database says, and start again: what is shown has not changed",
        ) from error


def _alone(connection: Connection[Any]) -> None:
    """Hold what only one publishing at a time can hold, until the connection ends."""
    found = connection.execute("SELECT pg_try_advisory_lock(hashtext('skills bank'))").fetchone()
    if found != (True,):
        raise ReleaseError("another release is being published into this database", fix="wait for its end")


def _prepare(connection: Connection[Any]) -> None:
    """The roles, the two schemas of views and the register of releases."""
    for role in (ANALYST, PUBLIC):
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
            _run(connection, "CREATE ROLE {} NOLOGIN", role)
    for schema, role in ((INTERNAL_VIEWS, ANALYST), (PUBLIC_VIEWS, PUBLIC)):
        _run(connection, "CREATE SCHEMA IF NOT EXISTS {}", schema)
        _run(connection, "GRANT USAGE ON SCHEMA {} TO {}", schema, role)
    _run(connection, "CREATE SCHEMA IF NOT EXISTS {}", _REGISTER)
    _run(
        connection,
        "CREATE TABLE IF NOT EXISTS {}.releases (release text PRIMARY KEY, content_hash text NOT NULL, "
        "loaded_at timestamptz NOT NULL DEFAULT now(), shown_at timestamptz)",
        _REGISTER,
    )


def _load(connection: Connection[Any], release: Release, tables: Tables) -> int:
    """Load the release in one transaction, unless it is there; the number of tables loaded."""
    found = connection.execute(
        f"SELECT content_hash FROM {_REGISTER}.releases WHERE release = %s", [release.id]
    ).fetchone()
    if found and found[0] != release.content_hash:
        raise ReleaseError(
            f"there is another release {release.id} already",
            where=f"schema {release.id} of the database",
            expected=f"content {release.content_hash[:12]}",
            fix=f"publish to a database of your own, or drop that schema and its row in {_REGISTER}.releases",
        )
    if found:
        return 0
    with connection.transaction(), _exported(release.database, tables) as folder:
        _run(connection, "CREATE SCHEMA {}", release.id)
        for table, columns in tables.items():
            _create(connection, release.id, table, columns)
            _copy(connection, release.id, table, folder / f"{table}.csv")
        connection.execute(
            f"INSERT INTO {_REGISTER}.releases (release, content_hash) VALUES (%s, %s)",
            [release.id, release.content_hash],
        )
    return len(tables)


def _create(connection: Connection[Any], schema: str, table: str, columns: Mapping[str, str]) -> None:
    from psycopg import sql  # noqa: PLC0415

    named = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in columns.items()
    )
    place = sql.Identifier(schema, table)
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(place, named))


def _copy(connection: Connection[Any], schema: str, table: str, path: Path) -> None:
    from psycopg import sql  # noqa: PLC0415

    statement = sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(sql.Identifier(schema, table))
    with path.open("rb") as file, connection.cursor() as cursor, cursor.copy(statement) as copy:
        while chunk := file.read(_CHUNK):
            copy.write(chunk)


def _switch(connection: Connection[Any], release: Release, tables: Tables) -> None:
    """Point every view at the release, in one transaction; views of tables that it has not got go."""
    import psycopg  # noqa: PLC0415

    connection.commit()
    for attempt in range(_TRIES):
        try:
            with connection.transaction():
                connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'")
                for schema, role in ((INTERNAL_VIEWS, ANALYST), (PUBLIC_VIEWS, PUBLIC)):
                    chosen = {
                        name: columns
                        for name, columns in tables.items()
                        if schema == INTERNAL_VIEWS or name.startswith(PUBLIC_PREFIX)
                    }
                    _show(connection, schema, role, release.id, chosen)
                connection.execute(
                    f"UPDATE {_REGISTER}.releases SET shown_at = clock_timestamp() WHERE release = %s",
                    [release.id],
                )
        except psycopg.errors.LockNotAvailable as error:
            if attempt + 1 == _TRIES:
                raise ReleaseError(
                    f"the views of the database are in use, and could not be switched in {_TRIES} tries",
                    expected="no session that stays in a transaction in which it has read them",
                    fix="end such sessions (pg_stat_activity: idle in transaction), then start again",
                ) from error
            time.sleep(_PAUSE)
        else:
            return


def _show(connection: Connection[Any], schema: str, role: str, release: str, tables: Tables) -> None:
    """The views of one schema. One that keeps its columns is replaced, so that what users built on it stays."""
    there = _columns(connection, schema)
    for name in there:
        if list(there[name].items()) != list(tables.get(name, {}).items()):
            _run(connection, "DROP VIEW {}.{}", schema, name)
    for name in tables:
        _run(connection, "CREATE OR REPLACE VIEW {}.{} AS SELECT * FROM {}.{}", schema, name, release, name)
        _run(connection, "GRANT SELECT ON {}.{} TO {}", schema, name, role)


def _prune(connection: Connection[Any], kept: int) -> Iterator[str]:
    """Drop the releases that were shown longest ago, beyond ``kept``."""
    old = connection.execute(
        f"SELECT release FROM {_REGISTER}.releases ORDER BY shown_at DESC NULLS LAST, release DESC OFFSET %s",
        [kept],
    ).fetchall()
    connection.commit()
    for (release,) in old:
        with connection.transaction():
            _run(connection, "DROP SCHEMA IF EXISTS {} CASCADE", release)
            connection.execute(f"DELETE FROM {_REGISTER}.releases WHERE release = %s", [release])
        yield release


def _columns(connection: Connection[Any], schema: str) -> dict[str, dict[str, str]]:
    """View → column → type, of what is there."""
    found: dict[str, dict[str, str]] = {}
    for name, column, kind in connection.execute(
        "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_class AS c "
        "JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "WHERE c.relkind = 'v' AND c.relnamespace = %s::regnamespace ORDER BY c.relname, a.attnum",
        [schema],
    ):
        found.setdefault(name, {})[column] = _NAMES.get(kind, kind)
    return found


# PostgreSQL's long names of the types that we call by short ones.
_NAMES = {"timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz"}


def _tables(database: Path) -> Tables:
    """Table → column → PostgreSQL's type, of a release's marts.

    Raises ReleaseError where a column has a type that is not among ``_TYPES``.
    """
    found: dict[str, dict[str, str]] = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "ORDER BY table_name, ordinal_position"
        ).fetchall()
    for table, column, kind in rows:
        if kind not in _TYPES:
            raise ReleaseError(
                f"PostgreSQL has no type for {kind}",
                where=f"{table}, {column}",
                expected=", ".join(_TYPES),
                fix="give the column one of these types in its model",
            )
        found.setdefault(table, {})[column] = _TYPES[kind]
    return found


@contextmanager
def _exported(database: Path, tables: Tables) -> Iterator[Path]:
    """The tables as CSV in a folder of their own; texts are quoted, so that an empty one is not taken for null."""
    with (
        TemporaryDirectory(prefix="skillsbank-") as folder,
        duckdb.connect(str(database), read_only=True) as connection,
    ):
        for name in tables:
            path = literal(Path(folder, f"{name}.csv"))
            connection.execute(f'COPY "{name}" TO {path} (FORMAT csv, HEADER false, FORCE_QUOTE *)')
        yield Path(folder)


def _run(connection: Connection[Any], statement: str, *names: str) -> None:
    from psycopg import sql  # noqa: PLC0415

    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
