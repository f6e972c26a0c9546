"""Ways to break a deployment for real. Belongs here: killing, filling disks, wrong clocks, damage. Does not: what must
hold afterwards (safety.py)."""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.settings import Settings

from ..end_to_end.conftest import Deployment


class Unavailable(Exception):  # noqa: N818 (no error of the project: this machine cannot show it)
    """This machine cannot make that fault; says why."""


def change_sample(deployment: Deployment) -> None:
    """Put an export of the sample with its last response left out into the inbox, so that a refresh has work."""
    records = (Settings().sample_folder / "tour_2019" / "responses.csv").read_bytes().split(b'\r\n"')
    changed = b'\r\n"'.join(records[:-1]) + b"\r\n\r\n"
    (deployment.inbox("tour_2019") / "responses.csv").write_bytes(changed)


def refresh_and(
    deployment: Deployment,
    step: str | None,
    act: Callable[[subprocess.Popen[str]], None],
    delay: float = 0.0,
) -> subprocess.CompletedProcess[str]:
    """Refresh; ``delay`` seconds after the end of a step (None: after the start) do something to it."""
    process = subprocess.Popen(
        deployment.command("refresh"), env=deployment.environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    lines = []
    while step is not None and (line := process.stdout.readline()):
        lines.append(line)
        if line.startswith(f"{step} "):
            break
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        act(process)
    rest, _ = process.communicate(timeout=1500)
    return subprocess.CompletedProcess(process.args, process.returncode, "".join(lines) + rest, "")


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)


def interrupt(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A file system of so many bytes of memory.

    Raises:
        Unavailable: mounting one takes rights that not every machine gives.
    """
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        raise Unavailable(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, leave: int = 0) -> Path:
    """Take all room but so many bytes."""
    filler = folder / "filler"
    with filler.open("wb") as file:
        while (free := shutil.disk_usage(folder).free - leave) > 0:
            file.write(b"\0" * min(free, 1 << 20))
            file.flush()
    return filler


class Clock:
    """The wall clock of the programs started with ``environment``: ``shift`` seconds off, from now on.

    Raises:
        Unavailable: there is no C compiler to make it with.
    """

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            raise Unavailable("there is no C compiler to make a wrong clock with")
        library = folder / "clock.so"
        source = Path(__file__).with_name("clock.c")
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
        self._file = folder / "shift"
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_SHIFT": str(self._file)}
        self._file.write_bytes(struct.pack("l", 0))

    def shift(self, seconds: float) -> None:
        with self._file.open("r+b") as file:  # in place: running programs have it mapped
            file.write(struct.pack("l", int(seconds)))


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that cannot be written to: by its rights, or where root runs, whom they do not stop, by a mount.

    Raises:
        Unavailable: root may not mount here.
    """
    if os.getuid() == 0:
        for options in (["--bind"], ["-o", "remount,ro,bind"]):
            mounted = subprocess.run(
                ["mount", *options, folder, folder], capture_output=True, text=True, check=False
            )
            if mounted.returncode:
                raise Unavailable(f"nothing can be mounted here: {mounted.stderr.strip()}")
        try:
            yield
        finally:
            subprocess.run(["umount", "-l", folder], check=True)
        return
    modes = {
        path: path.stat().st_mode
        for path in (folder, *folder.rglob("*"))
        if path.is_dir() and not path.is_symlink()
    }
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def flip(path: Path) -> None:
    """Change one bit in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    _overwrite(path, bytes(data))


def cut(path: Path) -> None:
    """Keep the first half alone."""
    _overwrite(path, path.read_bytes()[: path.stat().st_size // 2])


def _overwrite(path: Path, data: bytes) -> None:
    times = path.stat()
    path.chmod(times.st_mode | 0o200)
    path.write_bytes(data)
    path.chmod(times.st_mode)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def die_at_step(last_step: int | None, *more: str) -> None:
    """From now on, the process is gone (exit code 9) at that one of its steps on disk: an fsync, a rename of a path, or
    one of ``more`` of its methods. None counts and lets all pass."""
    steps = 0

    def counted(step):
        def run(*arguments, **named):
            nonlocal steps
            steps += 1
            if steps == last_step:
                os._exit(9)
            return step(*arguments, **named)

        return run

    os.fsync = counted(os.fsync)
    for name in ("rename", *more):
        setattr(Path, name, counted(getattr(Path, name)))
