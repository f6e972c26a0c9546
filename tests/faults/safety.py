"""What must hold after every fault, whatever it was. Belongs here: the one checker that the tests and the campaign
(benchmarks/faults.py) share. Does not: breaking things (breaking.py)."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from orchestration import audit
from orchestration.archive import Archive
from orchestration.errors import SkillsBankError
from orchestration.publication.releases import current, verify
from orchestration.settings import Settings

from ..end_to_end.conftest import Deployment

# What no refresh can make again.
KEPT = ("archive", "contacts", "secrets", "decisions", "inbox")
_LONGEST = 1500.0  # seconds of a refresh, on a machine that others use too
_GRACE = 10.0  # seconds until the processes of a killed run are gone


@dataclass(frozen=True)
class Before:
    """A data folder as it was: files by relative path with their sha256, and the audit log's text."""

    files: dict[str, str]
    releases: dict[str, str]
    audit: bytes
    current: str | None


def settings_of(deployment: Deployment) -> Settings:
    return Settings(data=deployment.data)


def state(deployment: Deployment) -> Before:
    link = deployment.releases / "current"
    return Before(
        _digests(deployment.data, KEPT),
        _digests(deployment.data, ("releases",)),
        _audit(deployment),
        link.readlink().name if link.is_symlink() else None,
    )


def check_safe(deployment: Deployment, before: Before) -> None:
    """Nothing archived is lost, every release is untouched, and the current one is sound.

    Raises:
        AssertionError: says what is lost, changed or not sound.
    """
    now = state(deployment)
    for kind, old, new in (
        ("lost or changed", before.files, now.files),
        ("a release changed", before.releases, now.releases),
    ):
        wrong = sorted(name for name, digest in old.items() if new.get(name) != digest)
        assert not wrong, f"{kind}: {wrong[:5]}"
    damaged = [str(problem) for problem in Archive(settings_of(deployment).archive).damage()]
    assert not damaged, damaged
    assert now.audit.startswith(before.audit), "the audit log lost records"
    audit.verify(settings_of(deployment))
    check_sound(deployment, before.current)


def check_sound(deployment: Deployment, before: str | None = None) -> None:
    """The current release verifies; where there was none before, there may be none now."""
    if before is None and not (deployment.releases / "current").is_symlink():
        return
    try:
        verify(deployment.releases)
    except SkillsBankError as problem:
        raise AssertionError(f"the last release does not verify: {problem}") from problem


def check_told(finished: subprocess.CompletedProcess[str]) -> str:
    """A run that failed said in a sentence what is wrong and what to do; gives that sentence.

    Raises:
        AssertionError: it said nothing of use, or showed its insides.
    """
    said = finished.stdout + finished.stderr
    assert finished.returncode in {1, 130}, f"exit code {finished.returncode}: {said[-2000:]}"
    assert "Traceback" not in said, said[-3000:]
    advice = [line for line in said.splitlines() if "What to do:" in line or "check's page" in line]
    advice += [line for line in said.splitlines() if line.startswith("Check ")]
    assert advice, f"no advice in: {said[-2000:]}"
    return advice[0]


def check_heals(deployment: Deployment, before: Before, content_hash: str | None = None) -> str:
    """The next run succeeds, publishes what a run without the fault would have, and leaves nothing half done.

    Returns:
        The release that is current then.

    Raises:
        AssertionError: says what is not as it should be.
    """
    finished = subprocess.run(
        deployment.command("refresh"),
        env=deployment.environment,
        capture_output=True,
        text=True,
        timeout=_LONGEST,
        check=False,
    )
    said = finished.stdout + finished.stderr
    assert finished.returncode == 0, f"the next run failed: {said[-3000:]}"
    assert "Traceback" not in said, said[-3000:]
    check_safe(deployment, before)
    release = current(deployment.releases)
    assert release is not None, said
    if content_hash is not None:
        assert release.content_hash == content_hash, (
            f"{release.id} has another content than without the fault"
        )
    check_clean(deployment)
    return release.id


def check_clean(deployment: Deployment) -> None:
    """The doctor finds nothing half-written, no lock and nothing damaged."""
    from orchestration.automation.doctor import stored

    checks = (
        stored.secrets,
        stored.rights,
        stored.leftovers,
        stored.archive,
        stored.schemas,
        stored.current_release,
    )
    wrong = [one for check in checks if (one := check(settings_of(deployment), False)).state != "ok"]
    assert not wrong, wrong


def check_nobody_left(deployment: Deployment) -> None:
    """No process of a killed run works on: the kernel ends the lock, and they end themselves."""
    deadline = time.monotonic() + _GRACE
    while left := _processes(deployment.data):
        assert time.monotonic() < deadline, f"processes {left} of the killed run go on"
        time.sleep(0.1)


def content_hash(deployment: Deployment) -> str:
    release = current(deployment.releases)
    assert release is not None
    return release.content_hash


def _processes(data: Path) -> list[int]:
    found, wanted = [], f"SKILLSBANK_DATA={data}".encode()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                environment = (folder / "environ").read_bytes().split(b"\0")
                is_dead = (folder / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
            except OSError:  # gone meanwhile, or another user's
                continue
            if wanted in environment and not is_dead:
                found.append(int(folder.name))
    return found


def _audit(deployment: Deployment) -> bytes:
    path = settings_of(deployment).audit / "audit.jsonl"
    return path.read_bytes() if path.exists() else b""


def _digests(data: Path, rooms: tuple[str, ...]) -> dict[str, str]:
    """Hidden names are drafts: nothing that counts."""
    found = {}
    for path in (path for room in rooms for path in (data / room).rglob("*")):
        name = path.relative_to(data)
        if path.is_file() and not path.is_symlink() and not any(part.startswith(".") for part in name.parts):
            found[str(name)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found
