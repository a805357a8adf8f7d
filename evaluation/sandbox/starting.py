"""Starts one of the two interpreters of a program, under the isolation there is."""

import itertools
import math
import os
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evaluation.errors import SandboxError
from evaluation.program import Program
from evaluation.sandbox.bubblewrap import BUNDLE, bubblewrap_argv
from evaluation.sandbox.bundle import start_code
from evaluation.sandbox.file_trees import remove_tree
from evaluation.sandbox.inside.values import Encoder, NotCarriedError, PlainOnly
from evaluation.sandbox.interpreter import Interpreter
from evaluation.sandbox.isolation_kinds import WEAK, Isolation
from evaluation.sandbox.system_calls import system_call_filter
from evaluation.sandbox.weak_isolation import MARK, is_root, kill_tree, n_tasks_of_user, readable_by_all

MEMORY_BYTES = 2**30
FILE_BYTES = 16 * 2**20
N_OPEN_FILES = 64
N_TASKS = 32
# Of no account and no service: a process that shares none of them with another shares no limit with it either.
_FIRST_UID, _N_UIDS = 61_184, 4_000

_next_uid = itertools.count()
_uid_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how programs are run."""

    isolation: Isolation
    interpreter: Interpreter
    bundle: Path

    @property
    def takes_user_ids(self) -> bool:
        """Whether every process becomes a user of its own."""
        if not is_root() or self.isolation.in_user_namespace:
            return False
        files = (self.interpreter.executable, *self.interpreter.library_folders, str(self.bundle))
        return self.isolation.name != WEAK or readable_by_all(*files)


@dataclass(slots=True)
class Started:
    """An interpreter that runs."""

    process: subprocess.Popen[bytes]
    folder: str | None = None
    mark: str = ""
    uid: int = 0
    _killed: bool = field(default=False, init=False)

    def kill(self) -> None:
        """End it with all processes that came of it; its folder stays, and may take long to remove."""
        if self._killed:
            return
        self._killed = True
        if self.mark:
            kill_tree(self.process, self.mark, self.uid)
        else:
            self.process.kill()  # the namespace of its processes dies with it
            self.process.wait()

    def end(self) -> None:
        """End it with all that came of it."""
        self.kill()
        if self.folder is not None:
            remove_tree(self.folder)
            self.folder = None


def program_job(program: Program) -> dict[str, Any]:
    """Return what the program's side is told. Nothing of the tests."""
    return {"source": program.source, "setup": program.setup, "entry_point": program.entry_point}


def checker_job(program: Program) -> dict[str, Any]:
    """Return what the tests' side is told. Nothing of the program."""
    return {"tests": list(program.tests), "setup": program.setup, "entry_point": program.entry_point}


def start_side(
    place: Place, side: str, job: Mapping[str, Any], files: Sequence[int], *, output: int, timeout_s: float
) -> Started:
    """Start `program` or `checker`.

    Args:
        place: Where.
        side: Which of the two.
        job: What it is told, on its standard input.
        files: Open files that it keeps, in the order in which it expects their numbers.
        output: Where it writes what it prints.
        timeout_s: Of the whole program.

    Raises:
        SandboxError: it cannot be started.
    """
    uid = _take_uid() if place.takes_user_ids else 0
    if place.isolation.name == WEAK and not uid and is_root():
        raise SandboxError("the weak isolation runs nothing as root", "install bubblewrap, or run it as another user")
    with tempfile.TemporaryFile() as told:
        told.write(_encoded({**job, "limits": _limits(place, uid, timeout_s)}))
        told.seek(0)
        try:
            if place.isolation.name == WEAK:
                return _start_weak(place, side, files, told.fileno(), output, uid)
            return _start_shut_in(place, side, files, told.fileno(), output)
        except OSError as error:
            raise SandboxError(f"the sandbox does not start: {error}") from error


def _start_shut_in(place: Place, side: str, files: Sequence[int], told: int, output: int) -> Started:
    system_calls = system_call_filter()
    filter_file = None if system_calls is None else _readable(system_calls)
    try:
        argv = bubblewrap_argv(
            place.interpreter.argv(start_code(side, BUNDLE), *map(str, files)),
            interpreter=place.interpreter,
            bundle=place.bundle,
            filter_file=filter_file,
            in_user_namespace=place.isolation.in_user_namespace,
        )
        kept = (*files, filter_file) if filter_file is not None else tuple(files)
        return Started(_popen(argv, told, output, kept, cwd="/", env={}))
    finally:
        if filter_file is not None:
            os.close(filter_file)


def _start_weak(place: Place, side: str, files: Sequence[int], told: int, output: int, uid: int) -> Started:
    folder = tempfile.mkdtemp(prefix="program-", dir=place.bundle.parent)
    if uid:
        os.chown(folder, uid, uid)
    mark = os.path.basename(folder)
    env = {"HOME": folder, "TMPDIR": folder, MARK: mark}
    argv = place.interpreter.argv(start_code(side, str(place.bundle)), *map(str, files))
    try:
        return Started(_popen(argv, told, output, files, cwd=folder, env=env), folder, mark, uid)
    except OSError:
        remove_tree(folder)
        raise


def _popen(
    argv: Sequence[str], told: int, output: int, kept: Sequence[int], *, cwd: str, env: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        argv, stdin=told, stdout=output, stderr=output, pass_fds=kept, cwd=cwd, env=env, start_new_session=True
    )


def _readable(data: bytes) -> int:
    """Return an open file that gives `data`, of less than a pipe holds."""
    reads, writes = os.pipe()
    os.write(writes, data)
    os.close(writes)
    return reads


def _limits(place: Place, uid: int, timeout_s: float) -> dict[str, int]:
    limits = {"uid": uid, "AS": MEMORY_BYTES, "FSIZE": FILE_BYTES, "NOFILE": N_OPEN_FILES, "CORE": 0}
    limits |= {"MEMLOCK": 0, "MSGQUEUE": 0, "CPU": processor_time_limit_s(timeout_s), "NPROC": N_TASKS}
    if place.isolation.name == WEAK:
        limits["reaper"] = 1
        limits["NPROC"] += 0 if uid else n_tasks_of_user()
    return limits


def processor_time_limit_s(timeout_s: float) -> int:
    """Return how much processor time a program may use that has `timeout_s` by the clock."""
    return math.ceil(2 * timeout_s) + 2


def _encoded(job: Mapping[str, Any]) -> bytes:
    try:
        return Encoder(PlainOnly()).encoded(dict(job))
    except NotCarriedError as error:
        raise SandboxError(f"the program cannot be handed over: it is {error}") from error


def _take_uid() -> int:
    with _uid_lock:
        return _FIRST_UID + next(_next_uid) % _N_UIDS
