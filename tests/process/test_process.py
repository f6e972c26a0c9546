"""A process for one run: it loses no interrupt, and ends at once but for its exit handlers."""

import subprocess
import sys
import textwrap

import pytest


def run(script):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


@pytest.mark.parametrize("interrupt", ["KeyboardInterrupt", "Other"])
def test_an_interrupt_while_an_object_is_taken_down_is_not_lost(interrupt):
    # Dagster raises one of its own while a step is at work.
    done = run(
        f"""
        import signal, time
        from orchestration.process import lose_no_interrupt

        class Other(BaseException):
            pass

        class Interrupted:
            def __del__(self):
                signal.raise_signal(signal.SIGINT)

        def stop(*_):
            raise {interrupt}

        lose_no_interrupt()
        signal.signal(signal.SIGINT, stop)
        try:
            Interrupted()
            time.sleep(30)
        except {interrupt}:
            print("stopped")
        """
    )
    assert (done.stdout, done.stderr) == ("stopped\n", "")


def test_other_errors_while_an_object_is_taken_down_are_told():
    done = run(
        """
        from orchestration.process import lose_no_interrupt

        class Broken:
            def __del__(self):
                raise ValueError("in the end")

        lose_no_interrupt()
        Broken()
        print("goes on")
        """
    )
    assert done.stdout == "goes on\n"
    assert "ValueError: in the end" in done.stderr


def test_exit_handlers_are_run_and_nothing_else_is_taken_down():
    done = run(
        """
        import atexit
        from orchestration.process import leaving_at_once

        class Kept:
            def __del__(self):
                print("taken down")

        leave = leaving_at_once()
        atexit.register(print, "handler")
        kept = Kept()
        leave(3)
        """
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "handler\n", "")


def test_the_command_has_its_last_exit_handler_before_multiprocessing_has_one():
    """Handlers that are registered before it would not be run: multiprocessing clears away its semaphores in one."""
    done = run("import sys, orchestration.cli; print('multiprocessing.util' in sys.modules)")
    assert (done.stdout, done.stderr) == ("False\n", "")
