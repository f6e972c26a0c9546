"""What pulling a survey from its server costs: all of it, nothing new, a hundredth changed; seconds and peak memory.

    python benchmarks/pull.py           100,000 responses
    python benchmarks/pull.py 20000     so many

The server is the one of the tests (tests/collection/limesurvey/server.py), in a process of its own, with the responses
of the recorded survey over and over. Each pull is a process too: CPU seconds are its own (user and system), without
the server's; peak memory is beside that of a process which has only imported the code. Wall seconds include the
server's work. In the end, what was pulled piece by piece is compared with what a full pull gives.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from orchestration.archive import Archive
from orchestration.codebook import Server as Declared
from orchestration.codebook import load
from orchestration.collection.contacts import Contacts
from orchestration.collection.limesurvey import Server, pull_edition
from orchestration.identifiers import CompanyKeys
from orchestration.settings import PROJECT

RESPONSES = 100_000
MEBIBYTE = 1024  # ru_maxrss is in KiB on Linux
TESTS = PROJECT / "tests"
CONTEXT = multiprocessing.get_context("spawn")


def main() -> None:
    """Pull a survey that stays, changes and grows, and print a row for each."""
    count = int(sys.argv[1]) if sys.argv[1:] else RESPONSES
    print(f"{count:,} responses of {len(_codebook().columns())} columns")
    print(f"{'pull':<28}{'read':>10}{'wall s':>9}{'CPU s':>8}{'peak MiB':>10}{'rows':>10}")
    with tempfile.TemporaryDirectory(prefix="skillsbank-pull-") as folder, _server(count) as (url, tell):
        data = Path(folder) / "piecemeal"
        print(f"{'(imports alone)':<28}{'':>10}{'':>9}{'':>8}{_apart(_nothing, url, data)['peak']:>10,.0f}")
        _row("everything", url, data)
        _row("nothing new", url, data)
        tell(("change", 100))
        _row("a hundredth changed", url, data)
        tell(("add", max(1, count // 100)))
        _row("a hundredth more", url, data)
        whole = _row("everything again", url, Path(folder) / "whole")
        kept = _apart(_pull, url, data)
        same = kept["rows"] == whole["rows"] and kept["cells"] == whole["cells"]
        print(f"piece by piece {'equals' if same else 'DIFFERS FROM'} everything at once")
        if not same:
            raise SystemExit(1)


def _row(what: str, url: str, data: Path) -> Mapping[str, Any]:
    found = _apart(_pull, url, data)
    print(
        f"{what:<28}{found['read']:>10,}{found['wall']:>9.1f}{found['cpu']:>8.1f}{found['peak']:>10,.0f}"
        f"{found['rows']:>10,}",
        flush=True,
    )
    return found


def _apart(work: Any, url: str, data: Path) -> Mapping[str, Any]:
    """Run a pull in a process of its own, and measure that."""
    receiver, sender = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_measured, args=(work, url, data, sender))
    process.start()
    sender.close()
    found: Mapping[str, Any] = receiver.recv()
    process.join()
    return found


def _measured(work: Any, url: str, data: Path, sender: Any) -> None:
    before, started = time.process_time(), time.perf_counter()
    found = work(url, data)
    found |= {"wall": time.perf_counter() - started, "cpu": time.process_time() - before}
    found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEBIBYTE
    # After the measurement: what was archived, however it came.
    if "path" in found:
        found["cells"] = _digest(found.pop("path"))
    sender.send(found)


def _nothing(url: str, data: Path) -> dict[str, Any]:
    return {}


def _pull(url: str, data: Path) -> dict[str, Any]:
    keys = CompanyKeys(b"the secret of the benchmark")
    with Server(url, "collector", SecretStr("pass phrase of the tests %7")) as server:
        pulled = pull_edition(
            server,
            _codebook(),
            "limesurvey",
            Archive(data / "archive"),
            Contacts(data / "contacts", data / "secrets"),
            keys,
        )
    assert pulled.collected is not None
    return {"read": pulled.read, "rows": pulled.collected.rows, "path": pulled.collected.entry.path}


def _digest(path: Path) -> str:
    import hashlib  # noqa: PLC0415

    import pyarrow.parquet as pq  # noqa: PLC0415

    digest = hashlib.sha256()
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches():
            digest.update(repr(batch.to_pydict()).encode())
    return digest.hexdigest()


def _codebook() -> Any:
    book = load(TESTS / "fixtures" / "codebooks" / "survey_482617.yaml")
    first, *others = book.exports
    first = first.model_copy(update={"server": Declared(survey_id=482617)})
    return book.model_copy(update={"exports": (first, *others)})


@contextmanager
def _server(count: int) -> Iterator[tuple[str, Any]]:
    """The tests' server in another process; gives its address, and a way to tell it to change."""
    ours, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=_serve, args=(count, theirs), daemon=True)
    process.start()
    url = ours.recv()

    def tell(order: tuple[str, int]) -> None:
        ours.send(order)
        ours.recv()

    yield url, tell
    ours.send(("stop", 0))
    process.join()


def _serve(count: int, pipe: Any) -> None:
    path = TESTS / "collection" / "limesurvey" / "server.py"
    spec = importlib.util.spec_from_file_location("benchmark_server", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    samples = list(module.recorded_rows().values())

    class Large(module.Survey):  # type: ignore[name-defined,misc]
        """So many responses, made when they are asked for."""

        def __init__(self) -> None:
            super().__init__({1: samples[0]})
            self.count, self.changed = count, 0

        def between(self, first: int, last: int) -> list[dict[str, Any]]:
            return [self.row(number) for number in range(first, min(last, self.count) + 1)]

        def row(self, number: int) -> dict[str, Any]:
            row: dict[str, Any] = dict(samples[number % len(samples)])
            hours, seconds = divmod(number, 3600)
            day, hour = divmod(hours, 24)
            row |= {
                "id": str(number),
                "datestamp": f"2026-05-{1 + day % 28:02} {hour:02}:{seconds // 60:02}:{seconds % 60:02}",
            }
            if self.changed and number % self.changed == 0:
                row |= {"datestamp": "2026-06-01 09:00:00", "MANQUE": f"modifié {number}"}
            return row

        def summary(self) -> dict[str, int]:
            return {
                "completed_responses": self.count,
                "incomplete_responses": 0,
                "full_responses": self.count,
            }

    with module.LimeSurvey() as server:
        survey = server.surveys[module.SURVEY] = Large()
        pipe.send(server.url)
        while True:
            order, number = pipe.recv()
            if order == "stop":
                return
            if order == "change":
                survey.changed = number
            else:
                survey.count += number
            pipe.send(order)


if __name__ == "__main__":
    main()
