"""A process for code that is not ours ends with ours, whatever it does at that moment and however ours ends."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

CHILD = """
import os, signal, sys, time
from evaluation.user_code.child_side import own_pipes

def main():
    own_pipes()
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    copy = {copy}
    with open({place!r}, "a") as file:
        file.write(f"{{os.getpid()}}\\n")
    {what}
"""
PARENT = """
import sys, time
sys.path.insert(0, {folder!r})
from threading import Thread
from evaluation.user_code.child_process import ChildProcess

started = []
thread = Thread(target=lambda: started.append(ChildProcess("guest")))
thread.start()
thread.join()
print("started", flush=True)
time.sleep(600)
"""
LOOP = "while True: pass"
HOLDS_THE_LOCK = "import re; re.match('(a+)+$', 'a' * 64 + 'b')"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("what", ["time.sleep(600)", LOOP, HOLDS_THE_LOCK])
@pytest.mark.parametrize("copy", ["0", "os.fork()"])
def test_it_ends_with_all_that_it_started_when_ours_is_killed(what: str, copy: str, tmp_path: Path) -> None:
    place = tmp_path / "pids"
    (tmp_path / "guest.py").write_text(CHILD.format(place=str(place), what=what, copy=copy))
    parent = subprocess.Popen([sys.executable, "-c", PARENT.format(folder=str(tmp_path))], stdout=subprocess.PIPE)
    try:
        _wait_until(lambda: len(_pids(place)) == (1 if copy == "0" else 2))
        # The thread that started it has ended by now, and that alone ends nothing.
        time.sleep(0.3)
        assert all(_runs(pid) for pid in _pids(place))
    finally:
        parent.kill()
        parent.communicate()

    _wait_until(lambda: not any(_runs(pid) for pid in _pids(place)))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_one_that_is_not_ready_when_ours_is_killed_ends_as_soon_as_it_is(tmp_path: Path) -> None:
    place = tmp_path / "pids"
    early = f"import os, time; open({str(place)!r}, 'w').write(f'{{os.getpid()}}\\n'); time.sleep(1)\n"
    (tmp_path / "guest.py").write_text(early + CHILD.format(place=str(place), what=LOOP, copy="0"))
    parent = subprocess.Popen([sys.executable, "-c", PARENT.format(folder=str(tmp_path))], stdout=subprocess.PIPE)
    try:
        _wait_until(lambda: len(_pids(place)) == 1)
    finally:
        parent.kill()
        parent.communicate()

    _wait_until(lambda: not _runs(_pids(place)[0]))


def _pids(place: Path) -> list[int]:
    return [int(line) for line in place.read_text().split()] if place.exists() else []


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)
