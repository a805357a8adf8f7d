"""Code that is stopped while it loads leaves the rest of the process as it was."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys, threading, time
from evaluation.user_code.loading import LoadingTooLongError, within_limit

def load():
    {what}

def greeting():
    return "still here"

def tracer(frame, event, argument):
    return tracer

sys.settrace(tracer)
try:
    within_limit(load, 0.2)
except LoadingTooLongError:
    print(greeting())
other = threading.Thread(target=lambda: print(greeting()))
other.start()
other.join()
loading = [thread for thread in threading.enumerate() if thread.name == "load-user-file"]
print({stays!r} is bool(loading and not loading[0].join(1 if {stays!r} else 60) and loading[0].is_alive()))
"""


@pytest.mark.parametrize(
    ("what", "stays"),
    [
        ("time.sleep(3600)", True),
        ("threading.Event().wait()", True),
        ("\n    while True: pass", False),
        ("\n    while True:\n        greeting()", False),
    ],
)
def test_calls_go_on_under_a_debugger_after_a_file_was_stopped(what: str, stays: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(what=what, stays=stays)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    assert "still here\nstill here\nTrue\n" == done.stdout
