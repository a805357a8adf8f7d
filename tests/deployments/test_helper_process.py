"""How long a process of ours may take to start: a setting, and what counts as getting somewhere."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deployments import helper_process
from deployments.helper_process import HelperProcess, Progress, answers, processor_time_s, start_helper, start_timeout_s
from evaluation import machine_load
from evaluation.errors import ConfigurationError

_WORKS_ON_DEMAND = """
import sys
for line in sys.stdin:
    n = sum(i * i for i in range(3_000_000))
    print("done", flush=True)
"""


@pytest.fixture
def working() -> "Iterator[subprocess.Popen[str]]":
    """A process below another one, which works when it is told to."""
    below = f"import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', {_WORKS_ON_DEMAND!r}]))"
    with subprocess.Popen(
        [sys.executable, "-c", below], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


def _work(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("work\n")
    process.stdin.flush()
    assert "done\n" == process.stdout.readline()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems do not say")
def test_the_processor_time_of_a_process_below_counts(working: "subprocess.Popen[str]", tmp_path: Path) -> None:
    _work(working)  # it has started
    before_s = processor_time_s(working.pid)
    progress = Progress(working.pid, tmp_path / "log")
    assert not progress.has_moved(100.0)
    _work(working)
    assert before_s < processor_time_s(working.pid)
    assert progress.has_moved(1.0)
    assert not progress.has_moved(1.0)


def test_what_it_writes_counts(tmp_path: Path) -> None:
    nobody, log = 2**31 - 1, tmp_path / "log"
    progress = Progress(nobody, log)
    assert not progress.has_moved(1.0)
    log.write_text("loading")
    assert progress.has_moved(1.0)
    assert not progress.has_moved(1.0)


def test_the_time_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BENCHWRIGHT_START_TIMEOUT_S", raising=False)
    assert 120.0 == start_timeout_s()
    monkeypatch.setenv("BENCHWRIGHT_START_TIMEOUT_S", "600")
    assert 600.0 == start_timeout_s()


@pytest.mark.parametrize("text", ["0", "-1", "soon", "nan", "inf"])
def test_a_time_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHWRIGHT_START_TIMEOUT_S", text)
    with pytest.raises(ConfigurationError, match="must be a number of seconds above 0"):
        start_timeout_s()


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHWRIGHT_START_TIMEOUT_S", "")
    assert 120.0 == start_timeout_s()


def test_another_setting_that_is_wrong_is_not_told_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BENCHWRIGHT_START_TIMEOUT_S", raising=False)
    monkeypatch.setenv("BENCHWRIGHT_METRIC_TIMEOUT_S", "never")
    assert 120.0 == start_timeout_s()


_GRANDPARENT = """
    import subprocess, sys, time
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    open(sys.argv[1], "w").write(f"{__import__('os').getpid()} {child.pid}\\n")
    time.sleep(600)
"""
_STUBBORN = """
    import signal, sys, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    open(sys.argv[1], "w").write(f"{__import__('os').getpid()}\\n")
    time.sleep(600)
"""
_HEALTHY = """
    import http.server, os, sys
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    open(sys.argv[1], "w").write(f"{server.server_port}\\n")
    server.serve_forever()
"""


def _script(source: str, *arguments: Path) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(source), *map(str, arguments)]


def _eventually(claim: Callable[[], bool], timeout_s: float = 60.0) -> bool:
    deadline = time.monotonic() + timeout_s
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _numbers(path: Path) -> list[int]:
    assert _eventually(lambda: path.exists() and path.read_text().endswith("\n"))
    return [int(word) for word in path.read_text().split()]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def _start(source: str, tmp_path: Path, *arguments: Path) -> HelperProcess:
    return start_helper(_script(source, *arguments), log_path=tmp_path / "log" / "helper.log")


def test_stopping_ends_the_server_and_what_it_started(tmp_path: Path) -> None:
    helper = _start(_GRANDPARENT, tmp_path, tmp_path / "pids")
    pids = _numbers(tmp_path / "pids")
    assert [True, True] == [_alive(pid) for pid in pids]
    helper.stop()
    assert _eventually(lambda: not any(map(_alive, pids)))
    assert not helper.running


def test_a_server_that_ignores_the_request_to_end_is_ended_by_force(tmp_path: Path) -> None:
    helper = _start(_STUBBORN, tmp_path, tmp_path / "pid")
    (pid,) = _numbers(tmp_path / "pid")
    helper.stop(timeout_s=0.2)
    assert _eventually(lambda: not _alive(pid))
    assert 128 + signal.SIGKILL == helper.exit_status


def test_stopping_twice_is_as_good_as_once(tmp_path: Path) -> None:
    helper = _start(_STUBBORN, tmp_path, tmp_path / "pid")
    _numbers(tmp_path / "pid")
    helper.stop(timeout_s=0.1)
    helper.stop()
    assert not helper.running


@pytest.mark.parametrize("source", [_GRANDPARENT, _STUBBORN], ids=["with a child", "ignoring SIGTERM"])
def test_a_killed_parent_leaves_no_helper(tmp_path: Path, source: str) -> None:
    pids_path = tmp_path / "pids"
    parent_source = f"""
        import time
        from pathlib import Path
        from deployments.helper_process import start_helper
        start_helper({_script(source, pids_path)!r}, log_path=Path({str(tmp_path / "helper.log")!r}))
        time.sleep(600)
    """
    parent = subprocess.Popen(_script(parent_source), env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
    pids = _numbers(pids_path)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert _eventually(lambda: not any(map(_alive, pids)))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has the parent-death signal")
def test_a_killed_supervisor_leaves_no_server(tmp_path: Path) -> None:
    helper = _start(_STUBBORN, tmp_path, tmp_path / "pid")
    (pid,) = _numbers(tmp_path / "pid")
    os.kill(helper.pid, signal.SIGKILL)
    assert _eventually(lambda: not _alive(pid))
    helper.stop()


def test_a_helper_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    started: list[HelperProcess] = []
    thread = threading.Thread(target=lambda: started.append(_start(_STUBBORN, tmp_path, tmp_path / "pid")))
    thread.start()
    thread.join()
    (pid,) = _numbers(tmp_path / "pid")
    time.sleep(0.1)
    assert _alive(pid)
    started[0].stop(timeout_s=0.1)


def test_a_helper_is_in_a_session_of_its_own_so_that_ctrl_c_does_not_reach_it(tmp_path: Path) -> None:
    with _start(_GRANDPARENT, tmp_path, tmp_path / "pids"):
        server, _ = _numbers(tmp_path / "pids")
        assert os.getsid(0) != os.getsid(server)


def test_health_is_waited_for(tmp_path: Path) -> None:
    with _start(_HEALTHY, tmp_path, tmp_path / "port") as helper:
        (port,) = _numbers(tmp_path / "port")
        helper.wait_for_health(f"http://127.0.0.1:{port}/")
        assert answers(f"http://127.0.0.1:{port}/")
        assert not answers(f"http://127.0.0.1:{port}/no-such-file")
    assert not answers(f"http://127.0.0.1:{port}/")


def test_a_failing_start_shows_the_end_of_the_log(tmp_path: Path) -> None:
    helper = _start("import sys; print('the disk is full'); sys.exit(3)", tmp_path)
    with pytest.raises(ConfigurationError, match=r"exit status 3 while starting[\s\S]*the disk is full"):
        helper.wait_until(lambda: False)


class _Clock:
    """Time that passes while a helper is waited for, and nowhere else."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, step_s: float) -> None:
        self.now, self._step_s = 0.0, step_s
        monkeypatch.setattr(helper_process.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(helper_process.time, "sleep", self._pass)

    def _pass(self, _: float) -> None:
        self.now += self._step_s


class _Moves:
    """Stands in for what a helper did: something before each of the first `n` times that it is asked."""

    def __init__(self, n: int) -> None:
        self._left = n

    def has_moved(self, _: float) -> bool:
        self._left -= 1
        return self._left >= 0


def _waited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, moves: int, ready_at_s: float, load: float) -> float:
    """When a helper that is ready at some time was done waiting for, with 10 s for doing nothing."""
    helper = _start("import time; time.sleep(600)", tmp_path)
    with monkeypatch.context() as patched:
        clock = _Clock(patched, step_s=1.0)
        patched.setattr(helper_process, "Progress", lambda *_: _Moves(moves))
        patched.setattr(machine_load, "load", lambda: load)
        patched.setattr(machine_load, "n_processors", lambda: 2)
        patched.setattr(HelperProcess, "stop", lambda _: None)
        try:
            helper.wait_until(lambda: clock.now >= ready_at_s, timeout_s=10.0)
        finally:
            patched.undo()
            helper.stop(0.1)
    return clock.now


def test_a_start_that_gets_nowhere_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match=r"was not ready after 1[0-9] s\. The end") as caught:
        _waited(tmp_path, monkeypatch, moves=0, ready_at_s=1e9, load=0.5)
    assert "BENCHWRIGHT_START_TIMEOUT_S=600" in str(caught.value.next_step)
    assert "busy port" not in str(caught.value.next_step)


def test_a_start_that_gets_somewhere_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert 55.0 == _waited(tmp_path, monkeypatch, moves=6, ready_at_s=55.0, load=31.0)


def test_a_start_that_is_at_work_for_ever_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="was not ready after 1"):
        _waited(tmp_path, monkeypatch, moves=10**9, ready_at_s=1e9, load=0.5)


def test_a_busy_machine_is_what_is_blamed_on_a_busy_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match=r"the machine is busy \(load 31 on 2 processors\)") as caught:
        _waited(tmp_path, monkeypatch, moves=0, ready_at_s=1e9, load=31.0)
    assert "Wait until the machine is less busy" in str(caught.value.next_step)
    assert "disk" not in str(caught.value.next_step)


def test_a_start_that_is_given_up_is_stopped(tmp_path: Path) -> None:
    helper = _start("import time; time.sleep(600)", tmp_path)
    with pytest.raises(ConfigurationError, match="not ready after"):
        helper.wait_until(lambda: False, timeout_s=0.2)
    assert not helper.running


def test_a_program_that_does_not_exist_is_named(tmp_path: Path) -> None:
    helper = start_helper(["no-such-program-anywhere"], log_path=tmp_path / "helper.log")
    with pytest.raises(ConfigurationError, match="'no-such-program-anywhere' cannot be started"):
        helper.wait_until(lambda: False)


def test_the_server_gets_the_environment_it_is_given(tmp_path: Path) -> None:
    source = "import os; print(os.environ.get('COLOUR'))"
    helper = start_helper(_script(source), log_path=tmp_path / "log", env={"COLOUR": "amber"})
    assert _eventually(lambda: not helper.running)
    assert "amber" == helper.log_tail()
    assert 0 == helper.exit_status
    helper.stop()
