"""Servers that tests start for themselves, on loopback. Belongs here: a PostgreSQL and a Redis that end with the test.
Does not: what is asked of them."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .conftest import installed


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL; gives the address of its superuser without the database."""
    initdb, control = _postgresql_tool("initdb"), _postgresql_tool("pg_ctl")
    folder = Path(tempfile.mkdtemp(prefix="skillsbank-postgres-"))
    as_user: dict[str, object] = {}
    if os.geteuid() == 0:  # It refuses to run as root.
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "cwd": folder}
    port = free_port()
    options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off"
    subprocess.run(
        [initdb, "-D", folder / "data", "-U", "admin", "-A", "trust", "-E", "UTF8", "--no-sync"],
        check=True, capture_output=True, **as_user,
    )  # fmt: skip
    subprocess.run(
        [control, "-D", folder / "data", "-o", options, "-l", folder / "log", "-w", "start"],
        check=True, stdout=subprocess.DEVNULL, **as_user,
    )  # fmt: skip
    try:
        yield f"postgresql://admin@127.0.0.1:{port}"
    finally:
        subprocess.run([control, "-D", folder / "data", "-m", "immediate", "stop"], check=True, **as_user)
        shutil.rmtree(folder)


@contextmanager
def redis() -> Iterator[str]:
    """A Redis that keeps nothing; gives its address without the database's number."""
    program = installed(
        shutil.which("redis-server"), "Redis is not installed (Debian: apt-get install redis-server)"
    )
    port = free_port()
    server = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield f"redis://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, f"nobody listens on port {port}"
            time.sleep(0.1)
        else:
            return


def _postgresql_tool(name: str) -> str:
    """A program of PostgreSQL's server, which Debian keeps off the path."""
    found = shutil.which(name) or next(
        iter(sorted(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")))), None
    )
    return installed(found, "PostgreSQL's server is not installed (Debian: apt-get install postgresql)")
