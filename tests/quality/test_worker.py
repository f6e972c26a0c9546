"""Gates in a process of their own: the same verdicts, and never a process left behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from orchestration.errors import GateError
from orchestration.quality import GateContext, run_gate
from orchestration.quality.worker import gate_worker


def test_it_says_what_the_gate_says(lake, tmp_path):
    context = lake.context(tmp_path)
    with gate_worker() as worker:
        told = [worker.run("decoded_answers", given) for given in (context, GateContext())]
        with pytest.raises(GateError, match="nothing"):
            worker.run("nothing", context)
        assert worker.run("decoded_answers", context).passed
    expected = [run_gate("decoded_answers", given) for given in (context, GateContext())]
    assert [result.to_dict() | {"seconds": 0} for result in told] == [
        result.to_dict() | {"seconds": 0} for result in expected
    ]
    assert [result.passed for result in told] == [True, False]


def test_one_a_process_and_none_afterwards():
    with gate_worker() as outer:
        with gate_worker() as inner:
            assert inner is outer
        assert [child.name for child in multiprocessing.active_children()] == ["gates"]
    assert multiprocessing.active_children() == []


def test_a_gate_whose_process_was_killed_counts_as_not_evaluated():
    with gate_worker() as worker:
        (child,) = multiprocessing.active_children()
        child.kill()
        with pytest.raises(GateError, match=r"decoded_answers was not evaluated.*-9"):
            worker.run("decoded_answers", GateContext())


def test_it_ends_with_a_run_that_was_killed(tmp_path):
    script = tmp_path / "run.py"
    script.write_text(
        textwrap.dedent(
            """
            import multiprocessing, time
            from orchestration.quality.worker import gate_worker

            if __name__ == "__main__":
                with gate_worker():
                    print(multiprocessing.active_children()[0].pid, flush=True)
                    time.sleep(60)
            """
        )
    )
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as run:
        worker = int(run.stdout.readline())
        run.send_signal(signal.SIGKILL)
    for _ in range(300):
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        time.sleep(0.2)
    pytest.fail("the worker is still there a minute later")
