"""The fault campaign: break refreshes of the sample for real, and check after each what must hold.

    python -m benchmarks.faults --kills 100 --seed 1             kills alone, four in a row before a run is let finish
    python -m benchmarks.faults --faults disk,damage --seed 1    one or more of: disk readonly damage clock twice

After each fault: the last release verifies, nothing archived is lost, and the next run heals (with the very content
that a run without the fault has) or says what to do (tests/faults/safety.py checks all three). Each trial is a copy of
one deployment with a release, with a changed export in its inbox. Results are lines of JSON in `--work`, and a trial
that is there already is not made again: stop it and start it again at will.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.end_to_end.conftest import Deployment, copy_of
from tests.faults import breaking, safety

ROOMS = (".", "archive", "contacts", "secrets", "lake", "warehouse", "releases", "dagster", "audit")
DISK = 600_000_000
DAY = 86_400
IN_A_ROW = 4
Trial = Callable[[Deployment, "Control"], str]


@dataclass(frozen=True)
class Control:
    """The same refresh without a fault: its content, seconds, and the steps' names and seconds in their order."""

    content: str
    seconds: float
    steps: tuple[tuple[str, float], ...]


def main() -> None:
    """Run what was asked for and print how it ended."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--faults", default="", help="kinds, separated by commas")
    parser.add_argument("--sample", type=int, help="so many of each kind, drawn; all if none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "skillsbank-faults")
    options = parser.parse_args()
    campaign = Campaign(options.work)
    for number in range(math.ceil(options.kills / IN_A_ROW)):
        campaign.run(f"kills {options.seed}/{number}", partial(kills, draw=_draw(options.seed, number)))
    for kind in filter(None, options.faults.split(",")):
        trials = list(KINDS[kind](campaign.control, options.seed))
        if options.sample is not None:
            trials = random.Random(options.seed).sample(trials, min(options.sample, len(trials)))
        for name, trial in trials:
            campaign.run(f"{kind}: {name}", trial)
    campaign.report()


class Campaign:
    """A folder with the deployment that is copied, the control run, and what came of the trials so far."""

    def __init__(self, work: Path) -> None:
        work.mkdir(parents=True, exist_ok=True)
        self._work, self._log = work, work / "results.jsonl"
        base = Deployment(work / "base" / "data", {})
        if not (work / "control.json").exists():
            shutil.rmtree(work / "base", ignore_errors=True)
            _succeeded(base.run("refresh"))
            breaking.change_sample(base)
            (work / "control.json").write_text(json.dumps(self._measure(base)))
        facts = json.loads((work / "control.json").read_text())
        self.base = base
        self.control = Control(facts["content"], facts["seconds"], tuple(map(tuple, facts["steps"])))

    def _measure(self, base: Deployment) -> dict[str, object]:
        with tempfile.TemporaryDirectory(dir=self._work) as folder:
            deployment = copy_of(base, Path(folder))
            started = time.monotonic()
            finished = _succeeded(deployment.run("refresh"))
            seconds = time.monotonic() - started
            words = [line.split() for line in finished.stdout.splitlines()]
            steps = [(line[0], float(line[-2])) for line in words if len(line) > 2 and line[-1] == "s"]
            return {"content": safety.content_hash(deployment), "seconds": seconds, "steps": steps}

    def run(self, name: str, trial: Trial) -> None:
        """Make a trial on a copy of its own, once; what went wrong is kept for a look."""
        if name in self._done():
            return
        folder = Path(tempfile.mkdtemp(prefix="trial-", dir=self._work))
        started, outcome, detail = time.monotonic(), "held", ""
        try:
            detail = trial(copy_of(self.base, folder), self.control)
        except breaking.Unavailable as reason:
            outcome, detail = "not made", str(reason)
        except (AssertionError, subprocess.TimeoutExpired) as problem:
            outcome, detail = "BROKEN", f"{problem} (see {folder})"
        if outcome != "BROKEN":
            shutil.rmtree(folder, ignore_errors=True)
        line = {
            "name": name,
            "outcome": outcome,
            "seconds": round(time.monotonic() - started),
            "detail": detail,
        }
        with self._log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        print(f"{outcome:<9}{line['seconds']:>4} s  {name}: {detail[:400]}", flush=True)

    def _done(self) -> dict[str, str]:
        if not self._log.exists():
            return {}
        lines = [json.loads(line) for line in self._log.read_text(encoding="utf-8").splitlines()]
        return {line["name"]: line["outcome"] for line in lines if line["outcome"] != "BROKEN"}

    def report(self) -> None:
        """Count the outcomes of everything in this folder."""
        kinds = Counter((name.split()[0].rstrip(":"), outcome) for name, outcome in self._done().items())
        for (kind, outcome), number in sorted(kinds.items()):
            print(f"{kind:<12}{outcome:<10}{number:>4}")


def kills(deployment: Deployment, control: Control, *, draw: random.Random) -> str:
    """SIGKILLs one run after the other, then one that is let finish; safe after each.

    A kill comes at a random moment of the whole run, or of a step drawn first, so that short ones have their turn.
    """
    before, places, names = safety.state(deployment), [], {step for step, _ in control.steps}
    for _ in range(IN_A_ROW):
        step, delay = None, draw.uniform(0, control.seconds)
        if draw.random() < 0.5:
            place = draw.randrange(len(control.steps) - 1)
            step, delay = control.steps[place][0], draw.uniform(0, control.steps[place + 1][1])
        finished = breaking.refresh_and(deployment, step, breaking.kill, delay)
        safety.check_nobody_left(deployment)
        safety.check_safe(deployment, before)
        done = [word for line in finished.stdout.splitlines() if (word := line.partition(" ")[0]) in names]
        places.append(f"after {done[-1] if done else 'nothing'}" if finished.returncode < 0 else "too late")
    return f"{', '.join(places)} -> {safety.check_heals(deployment, before, control.content)}"


def _then(
    deployment: Deployment,
    control: Control,
    finished: subprocess.CompletedProcess[str],
    before: safety.Before,
) -> str:
    """After a run under a fault: it succeeded or told what to do, all is safe, and without the fault all is well."""
    said = "went through" if finished.returncode == 0 else safety.check_told(finished)
    safety.check_safe(deployment, before)
    return f"{said} -> {safety.check_heals(deployment, before, control.content)}"


def disks(control: Control, seed: int) -> Iterator[tuple[str, Trial]]:
    """A disk that is full from each step on, to the last byte or with some room left."""
    steps = [None, *(step for step, _ in control.steps[:-1])]
    for number, step in enumerate(steps):
        for leave in (0, _draw(seed, number).randrange(4096, 8_000_000)):
            yield f"full after {step or 'start'}, {leave} bytes left", partial(_disk, step=step, leave=leave)


def _disk(deployment: Deployment, control: Control, *, step: str | None, leave: int) -> str:
    with breaking.small_disk(deployment.data.parent / "disk", DISK) as disk:
        small = Deployment(disk / "data", deployment.variables)
        shutil.copytree(deployment.data, small.data, symlinks=True)
        before = safety.state(small)
        filler: list[Path] = []
        finished = breaking.refresh_and(small, step, lambda _: filler.append(breaking.fill(disk, leave)))
        safety.check_safe(small, before)
        said = "went through" if finished.returncode == 0 else safety.check_told(finished)
        assert finished.returncode == 0 or "full" in said or "No space" in said, said
        for one in filler:
            one.unlink()
        return f"{said} -> {safety.check_heals(small, before, control.content)}"


def read_only_rooms(control: Control, seed: int) -> Iterator[tuple[str, Trial]]:
    """Each room of the data folder that cannot be written to."""
    for room in ROOMS:
        yield room, partial(_read_only, room=room)


def _read_only(deployment: Deployment, control: Control, *, room: str) -> str:
    before = safety.state(deployment)
    with breaking.read_only(deployment.data / room):
        finished = breaking.refresh_and(deployment, None, lambda _: None)
    return _then(deployment, control, finished, before)


def damages(control: Control, seed: int) -> Iterator[tuple[str, Trial]]:
    """Files that are damaged before a run, or while it goes on."""
    for how in (breaking.flip, breaking.cut, Path.unlink):
        for pattern, undo in (
            ("archive/limesurvey/tour_2019/*.parquet", True),
            ("archive/limesurvey/tour_2019/*.json", how is not breaking.flip),
            ("archive/partners/placements/*.parquet", True),
            ("archive/sampling_frame/edition_2012/*.parquet", True),
            ("contacts/tour_2019/*.parquet", True),
            ("lake/answers/*/*.parquet", False),
            ("lake/INPUTS.json", False),
            ("warehouse/dbt/manifest.json", False),
            ("warehouse/dbt/partial_parse.msgpack", False),
            ("dagster/history/runs/index.db", True),
            ("dagster/history/runs.db", True),
            ("releases/2*/internal/skills_bank.duckdb", False),
            ("releases/2*/public/pub_change.parquet", False),
            ("releases/2*/MANIFEST.json", False),
        ):
            yield f"{how.__name__} {pattern}", partial(_damage, pattern=pattern, how=how, undo=undo)
    for how in (breaking.flip, breaking.cut):
        for step, pattern in (
            ("decode", "lake/answers/edition=tour_2019/*.parquet"),
            ("decode", "lake/frame/edition=tour_2019/*.parquet"),
            ("build_marts", "warehouse/*/skills_bank.duckdb"),
            ("figures", "warehouse/*/estimates/*"),
            ("release_candidate", "releases/.candidate-*/public/pub_change.csv"),
            ("release_candidate", "releases/.candidate-*/internal/skills_bank.duckdb"),
            ("gate_secrecy", "releases/.candidate-*/public/report.fr.html"),
        ):
            trial = partial(_damage_after, step=step, pattern=pattern, how=how)
            yield f"{how.__name__} {pattern} after {step}", trial


def _damage(
    deployment: Deployment, control: Control, *, pattern: str, how: Callable[[Path], object], undo: bool
) -> str:
    """``undo``: what is lost cannot be made again, so that the advice is a backup, which is brought back here."""
    (path, *_) = sorted(deployment.data.glob(pattern))
    sound = safety.state(deployment)
    whole = path.with_name(f"{path.name}.whole")
    shutil.copy2(path, whole.with_name(f".{whole.name}"))
    how(path)
    broken = safety.state(deployment)
    finished = breaking.refresh_and(deployment, None, lambda _: None)
    assert finished.returncode == 0 or safety.check_told(finished)
    said = "went through" if finished.returncode == 0 else safety.check_told(finished)
    now = safety.state(deployment)
    for old, new in ((broken.files, now.files), (broken.releases, now.releases)):
        lost = sorted(name for name, digest in old.items() if new.get(name) != digest)
        assert not lost, f"lost or changed: {lost}"
    if undo and finished.returncode:
        path.unlink(missing_ok=True)
        shutil.copy2(whole.with_name(f".{whole.name}"), path)
        whole.with_name(f".{whole.name}").unlink()
        return f"{said} -> {safety.check_heals(deployment, sound, control.content)}"
    whole.with_name(f".{whole.name}").unlink()
    if finished.returncode:  # what it says must be enough
        fixed = deployment.run("doctor", "--fix")
        said = f"{said}; doctor --fix {fixed.returncode}"
        _succeeded(deployment.run("refresh"))
    safety.check_sound(deployment, "some")
    return said


def _damage_after(
    deployment: Deployment, control: Control, *, step: str, pattern: str, how: Callable[[Path], None]
) -> str:
    before = safety.state(deployment)

    def act(_: object) -> None:
        found = [path for path in deployment.data.glob(pattern) if path.is_file()]
        how(max(found, key=lambda path: path.stat().st_mtime))

    return _then(deployment, control, breaking.refresh_and(deployment, step, act), before)


def clocks(control: Control, seed: int) -> Iterator[tuple[str, Trial]]:
    """The clock is wrong for one run, or jumps within it."""
    for days in (-400, -1, 1, 400, 20_000):
        yield f"{days:+d} days", partial(_clock, step=None, seconds=days * DAY)
    for step in ("collect_register", "build_marts", "release_candidate"):
        for seconds in (-7200, 3600, 400 * DAY):
            yield f"{seconds:+d} s after {step}", partial(_clock, step=step, seconds=seconds)


def _clock(deployment: Deployment, control: Control, *, step: str | None, seconds: int) -> str:
    """The content stays the same but for its date, which the content's hash leaves out."""
    clock = breaking.Clock(deployment.data.parent)
    before = safety.state(deployment)
    if step is None:
        clock.shift(seconds)
    right = dict(deployment.variables)
    deployment.variables.update(clock.environment)
    finished = breaking.refresh_and(deployment, step, lambda _: clock.shift(seconds))
    deployment.variables.clear()
    deployment.variables.update(right)
    # At the right time again, with something new to publish.
    said = "went through" if finished.returncode == 0 else safety.check_told(finished)
    safety.check_safe(deployment, before)
    safety.check_heals(deployment, before, control.content)
    (deployment.inbox("tour_2019") / "responses.csv").unlink()
    return f"{said} -> {safety.check_heals(deployment, safety.state(deployment))}"


def at_once(control: Control, seed: int) -> Iterator[tuple[str, Trial]]:
    """Three refreshes at once: one works, the others say so."""
    for number in range(3):
        yield f"{number}", partial(_at_once, draw=_draw(seed, number))


def _at_once(deployment: Deployment, control: Control, *, draw: random.Random) -> str:
    before = safety.state(deployment)
    started = []
    for _ in range(3):
        started.append(deployment.start("refresh"))
        time.sleep(draw.uniform(0, 1))
    said = [process.communicate(timeout=600)[0] for process in started]
    codes = [process.returncode for process in started]
    assert sorted(codes) == [0, 1, 1], said
    assert all(
        "another refresh is running" in text for code, text in zip(codes, said, strict=True) if code
    ), said
    safety.check_safe(deployment, before)
    assert safety.content_hash(deployment) == control.content
    return f"{codes}"


def _draw(seed: int, number: int) -> random.Random:
    return random.Random(f"{seed}/{number}")


def _succeeded(finished: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished


KINDS: dict[str, Callable[[Control, int], Iterator[tuple[str, Trial]]]] = {
    "disk": disks,
    "readonly": read_only_rooms,
    "damage": damages,
    "clock": clocks,
    "twice": at_once,
}


if __name__ == "__main__":
    main()
