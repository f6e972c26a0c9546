"""Gates in a process of their own. Belongs here: that process, from its start to its end. Does not: what a gate does.

Great Expectations takes seconds to import. Here it is imported on another core while the run collects and decodes.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from orchestration.errors import GateError, SkillsBankError
from orchestration.quality.evaluation import prepare
from orchestration.quality.gate import run_gate
from orchestration.quality.result import GateResult
from orchestration.quality.sources import GateContext

# Not a fork: the run has threads, of DuckDB and Arrow among others.
_PROCESSES = multiprocessing.get_context("spawn")
_GRACE = 5.0  # seconds
_started: list[GateWorker] = []


class GateWorker:
    """A process that evaluates one gate at a time, and ends with the process that started it."""

    def __init__(self) -> None:
        self._pipe, theirs = _PROCESSES.Pipe()
        self._process = _PROCESSES.Process(target=_serve, args=(theirs,), name="gates", daemon=True)
        self._process.start()
        theirs.close()  # so that the end of one process is the end of the file for the other

    def run(self, gate: str, context: GateContext) -> GateResult:
        """As ``run_gate``.

        Raises:
            GateError: there is no such suite, or the process has ended: then the gate was not evaluated.
        """
        try:
            self._pipe.send((gate, context))
            answer: GateResult | SkillsBankError = self._pipe.recv()
        except (EOFError, ConnectionError):
            self._process.join(1)
            raise GateError(
                f"the gate {gate} was not evaluated: its process ended with exit code {self._process.exitcode}",
                expected="a process that lives until the run ends",
                fix="see whether the machine ran out of memory, then start the refresh again",
            ) from None
        if isinstance(answer, SkillsBankError):
            raise answer
        return answer

    def stop(self) -> None:
        """End the process, whatever it is at."""
        self._pipe.close()
        self._process.terminate()
        self._process.join(_GRACE)
        self._process.kill()
        self._process.join()


@contextmanager
def gate_worker() -> Iterator[GateWorker]:
    """The worker of this process: started unless it runs already (the command line starts it before the job begins)."""
    if _started:
        yield _started[0]
        return
    worker = GateWorker()
    _started.append(worker)
    try:
        yield worker
    finally:
        _started.remove(worker)
        worker.stop()


def _serve(pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, which then stops us
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # in good order: what Python made is cleared away
    prepare()
    while True:
        try:
            gate, context = pipe.recv()
        except EOFError:
            return
        try:
            answer: GateResult | SkillsBankError = run_gate(gate, context)
        except SkillsBankError as error:
            answer = error
        pipe.send(answer)
