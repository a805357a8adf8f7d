"""Many programs at once: in order, cancellable, and nothing stays."""

import os
import re
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from started_processes import started_process

from evaluation.errors import ConfigurationError, SandboxError
from evaluation.program import Program, ProgramEnd, ProgramOutcome
from evaluation.sandbox import (
    CancelledError,
    Isolation,
    describe_isolation,
    isolation,
    run_programs,
    starting,
    supervision,
)
from evaluation.sandbox import isolation as isolation_module
from evaluation.sandbox.interpreter import find_interpreter
from evaluation.sandbox.starting import Place
from evaluation.sandbox.supervision import run_program

from .conftest import isolation_named

ROOT = Path(__file__).parents[3]
ENDLESS = Program(source="import time\ndef f(): time.sleep(600)", tests=("f()",), timeout_s=600)


def _right(n: int, timeout_s: float = 60.0) -> Program:
    return Program(source=f"def f(): return {n}", tests=(f"assert f() == {n}",), timeout_s=timeout_s)


def _children() -> set[str]:
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if path.read_text().rpartition(")")[2].split()[1] == str(os.getpid()):
                found.add((path.parent / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return {words for words in found if "sandbox.inside" in words}


def test_outcomes_come_in_the_order_of_the_programs_and_are_told_as_they_come(isolated: Isolation) -> None:
    programs = [_right(n) if n % 2 else Program(source="1 / 0", tests=("f()",) * n) for n in range(6)]
    told: dict[int, ProgramOutcome] = {}
    outcomes = run_programs(programs, isolation=isolated, n_at_once=3, on_done=told.__setitem__)
    assert [(False,) * n if n % 2 == 0 else (True,) for n in range(6)] == [each.passed for each in outcomes]
    assert [ProgramEnd.RAISED, ProgramEnd.FINISHED] * 3 == [each.end for each in outcomes]
    assert dict(enumerate(outcomes)) == told
    assert {isolated.name} == {each.isolation for each in outcomes}
    assert set() == _children()


def test_nothing_to_run_gives_nothing(isolated: Isolation) -> None:
    assert [] == run_programs([], isolation=isolated)


def test_a_set_event_ends_all_programs(isolated: Isolation) -> None:
    cancelled, done = threading.Event(), []
    began = time.monotonic()

    def on_done(place: int, outcome: ProgramOutcome) -> None:
        done.append(place)
        cancelled.set()

    with pytest.raises(CancelledError):
        run_programs(
            [_right(1), ENDLESS, ENDLESS], isolation=isolated, n_at_once=3, cancelled=cancelled, on_done=on_done
        )
    assert [0] == done
    assert time.monotonic() - began < 300
    assert set() == _children()


def test_an_error_of_the_callers_ends_all_programs(isolated: Isolation) -> None:
    def on_done(place: int, outcome: ProgramOutcome) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_programs([_right(1), ENDLESS], isolation=isolated, n_at_once=2, on_done=on_done)
    assert set() == _children()


def test_ctrl_c_ends_all_programs(isolated: Isolation) -> None:
    code = (
        "import sys\nfrom evaluation.program import Program\nfrom evaluation.sandbox import Isolation, run_programs\n"
        "right = Program(source='def f(): return 1', tests=('f()',), timeout_s=600)\n"
        "endless = Program(source='def f():\\n    while True: pass', tests=('f()',), timeout_s=600)\n"
        f"run_programs([right, endless], isolation={isolated!r}, n_at_once=2, "
        "on_done=lambda *told: print('go', flush=True))"
    )
    with started_process([sys.executable, "-c", code], cwd=ROOT) as process:
        assert process.stdout is not None
        assert "go\n" == process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    assert errors.rstrip().endswith("KeyboardInterrupt"), errors
    assert not _living_with(str(process.pid))


def _living_with(pid: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if path.read_text().rpartition(")")[2].split()[1] == pid:
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def test_a_killed_benchwright_takes_its_shut_in_programs_with_it(shut_in: Isolation, tmp_path: Path) -> None:
    code = (
        "from evaluation.program import Program\nfrom evaluation.sandbox import Isolation, run_programs\n"
        "right = Program(source='def f(): return 1', tests=('f()',), timeout_s=600)\n"
        "endless = Program(source='def f():\\n    while True: pass', tests=('f()',), timeout_s=600)\n"
        f"run_programs([endless, right], isolation={shut_in!r}, n_at_once=2, "
        "on_done=lambda *told: print('go', flush=True))"
    )
    env = {**os.environ, "TMPDIR": str(tmp_path)}  # it cannot tidy up
    with started_process([sys.executable, "-c", code], cwd=ROOT, env=env) as process:
        assert process.stdout is not None
        process.stdout.readline()
        shut_ins = _living_with(str(process.pid))
        assert shut_ins
        process.kill()
        process.wait()
    deadline = time.monotonic() + 60
    while any(Path("/proc", pid).exists() for pid in shut_ins) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [] == [pid for pid in shut_ins if Path("/proc", pid).exists()]


def test_a_user_with_a_sandbox_that_does_not_start_is_told_what_it_said() -> None:
    found = Isolation(name="weak")
    interpreter = find_interpreter(for_any_user=os.geteuid() == 0)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        with pytest.raises(SandboxError, match=r"the sandbox does not start: .*No module named 'evaluation'"):
            run_program(_right(1), Place(found, interpreter, Path(folder)), lambda: False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root could run programs as root")
def test_the_weak_isolation_runs_nothing_as_root(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)  # no other user reads the code that starts programs
    interpreter = find_interpreter()

    with pytest.raises(SandboxError, match="runs nothing as root"):
        run_program(_right(1), Place(Isolation(name="weak"), interpreter, tmp_path), lambda: False)


def test_weak_is_only_had_by_asking_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["evaluation.sandbox.isolation"], "find_bubblewrap", lambda: None)
    tried = sys.modules["evaluation.sandbox.isolation"]._tried  # type: ignore[attr-defined]
    tried.cache_clear()
    try:
        with pytest.raises(SandboxError, match="bubblewrap is not installed") as caught:
            isolation()
        assert "apt-get install bubblewrap" in str(caught.value.next_step)
        assert "--sandbox weak" in str(caught.value.next_step)
        assert "none: bubblewrap is not installed" in describe_isolation()
        assert Isolation(name="weak") == isolation("weak")
        with pytest.raises(ConfigurationError, match="unknown isolation 'strong'"):
            isolation("strong")
    finally:
        tried.cache_clear()
    assert callable(isolation_module)


def test_weak_is_refused_where_processes_cannot_be_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["evaluation.sandbox.isolation"].os, "name", "nt")  # type: ignore[attr-defined]
    with pytest.raises(SandboxError, match="no limits for processes"):
        isolation("weak")


def test_the_isolation_that_there_is_is_described(shut_in: Isolation) -> None:
    assert "bubblewrap" == shut_in.name
    assert describe_isolation().startswith("bubblewrap: programs run without network and files")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can choose between user ids and a user namespace")
def test_root_can_use_a_user_namespace_as_well(shut_in: Isolation) -> None:
    source = "import os\ndef f(): return os.getuid(), os.listdir('.'), sorted(os.environ)"
    tests = ("assert f() == (65534, [], ['HOME', 'PWD', 'TMPDIR'])",)
    found = Isolation(name="bubblewrap", in_user_namespace=True)
    (outcome,) = run_programs([Program(source=source, tests=tests, timeout_s=60)], isolation=found)
    assert (True,) == outcome.passed, outcome


@pytest.mark.skipif(os.geteuid() != 0, reason="only root takes user ids")
def test_every_program_of_root_is_a_user_of_its_own(shut_in: Isolation) -> None:
    if shut_in.in_user_namespace:
        pytest.skip("user ids cannot be taken here")
    program = Program(source="import os\ndef f(): return os.getresuid()", tests=("assert False, f()",), timeout_s=60)
    outcomes = run_programs([program, program], isolation=shut_in)
    assert 2 == len({each.message for each in outcomes})
    uids = [int(found) for each in outcomes for found in re.findall(r"\d{5}", each.message)]
    assert 6 == len(uids), outcomes
    assert {61_184 <= uid < 65_184 for uid in uids} == {True}


def test_the_time_that_its_folder_takes_to_remove_is_not_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    one_day_s, clock, removed = 86_400.0, time.monotonic, starting.remove_tree
    days = [0]

    def remove_slowly(folder: str) -> None:
        days[0] += 1
        removed(folder)

    monkeypatch.setattr(starting, "remove_tree", remove_slowly)
    monkeypatch.setattr(supervision.time, "monotonic", lambda: clock() + days[0] * one_day_s)
    (outcome,) = run_programs([_right(1)], isolation=isolation_named("weak"))
    assert (True,) == outcome.passed
    assert days[0] >= 1
    assert outcome.duration_s < one_day_s
