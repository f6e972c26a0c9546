"""A second process: the same results and errors as here, and never a process left behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from functools import partial

import pytest

from orchestration.errors import GateError
from orchestration.quality import GateContext, run_gate
from orchestration.second_process import NoSecondProcess, second_process


@pytest.fixture(scope="module")
def second():
    with second_process() as process:
        yield process


def pid_and(*words):
    return os.getpid(), words


def fail(error):
    raise error


def count_when_told(seen, *, tell):
    """Tell a number, and go on only when the run has had it."""
    for number in range(3):
        tell(number)
        while not seen.with_name(str(number)).exists():
            time.sleep(0.01)
    return "done"


def tell_much(size, *, tell):
    for _ in range(10):
        tell("x" * size)
    return os.getpid()


def tell_and_fail(*, tell):
    tell("before")
    raise ValueError("then no more")


def fail_oddly():
    raise UnsendableError


class UnsendableError(Exception):
    def __reduce__(self):
        raise TypeError("not through a pipe")


def test_it_works_elsewhere_and_in_order(second):
    there = [second.start(pid_and, number) for number in range(3)]
    assert partial(pid_and, "here")()[0] == os.getpid()
    assert [wait()[1] for wait in there] == [(0,), (1,), (2,)]
    assert second.start(pid_and)()[0] != os.getpid()


def test_what_nobody_waited_for_is_not_taken_for_another_answer(second):
    second.start(pid_and, "lost")
    second.start(fail, ValueError("lost too"))
    assert second.start(pid_and, "wanted")()[1] == ("wanted",)


def test_what_it_tells_is_here_while_it_goes_on(second, tmp_path):
    told = []
    for each in second.stream(count_when_told, tmp_path / "seen"):
        told.append(each)
        (tmp_path / str(each)).touch()
    assert told == [0, 1, 2, "done"]


def test_it_does_not_wait_for_the_run_to_listen(second):
    much = second.stream(tell_much, 1_000_000)  # more than a pipe holds
    after = second.start(pid_and, "after")
    *told, pid = much
    assert [len(each) for each in told] == [1_000_000] * 10
    assert pid != os.getpid()
    assert after()[1] == ("after",)
    unheard = second.stream(tell_much, 1_000_000)
    assert second.start(pid_and, "wanted")()[1] == ("wanted",)
    del unheard


def test_an_error_comes_after_what_was_told(second):
    told = second.stream(tell_and_fail)
    assert next(told) == "before"
    with pytest.raises(ValueError, match="then no more"):
        next(told)


def test_without_one_the_same_is_told_at_the_end():
    *told, pid = NoSecondProcess.stream(tell_much, 3)
    assert told == ["xxx"] * 10
    assert pid == os.getpid()


def test_errors_are_raised_here_with_their_traceback(second):
    with pytest.raises(GateError, match="Expected: so") as caught:
        second.start(fail, GateError("no", where="there", expected="so", fix="do"))()
    assert (caught.value.where, caught.value.fix) == ("there", "do")
    assert "in fail" in caught.value.__notes__[0]
    with pytest.raises(RuntimeError, match="Unsendable"):
        second.start(fail_oddly)()
    with pytest.raises(GateError, match="nothing"):
        second.start(run_gate, "nothing", GateContext())()


def test_one_a_process_and_none_afterwards():
    # As in a run: pytest's own second process may be there already.
    script = textwrap.dedent(
        """
        import multiprocessing
        from orchestration.second_process import second_process

        if __name__ == "__main__":
            with second_process() as outer:
                with second_process() as inner:
                    assert inner is outer
                assert [child.name for child in multiprocessing.active_children()] == ["second"]
            assert multiprocessing.active_children() == []
        """
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)


def test_work_of_a_process_that_was_killed_was_not_done():
    script = textwrap.dedent(
        """
        import multiprocessing
        from orchestration.second_process import second_process
        from orchestration.quality import GateContext, run_gate

        if __name__ == "__main__":
            with second_process() as second:
                waiting = second.start(run_gate, "decoded_answers", GateContext())
                multiprocessing.active_children()[0].kill()
                waiting()
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, timeout=120, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "SkillsBankError: run_gate was not done: its process ended with exit code -9" in done.stderr


def test_it_ends_with_a_run_that_was_killed(tmp_path):
    script = tmp_path / "run.py"
    script.write_text(
        textwrap.dedent(
            """
            import multiprocessing, time
            from orchestration.second_process import second_process

            if __name__ == "__main__":
                with second_process():
                    print(multiprocessing.active_children()[0].pid, flush=True)
                    time.sleep(60)
            """
        )
    )
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as run:
        process = int(run.stdout.readline())
        run.send_signal(signal.SIGKILL)
    for _ in range(300):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.2)
    pytest.fail("the process is still there a minute later")
