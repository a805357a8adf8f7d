"""Starts one of the two interpreters of a program, under the isolation there is.

No new process (threads are allowed), no namespaces, mounts or tracing, no sockets (some kinds, such as AF_VSOCK, know
no namespaces), no handles to processes and their files, no clocks of the machine, none of the kernel's own machinery
(io_uring, asynchronous input and output, BPF), and no memory that no limit counts (memfd, System V shared memory). All
of them fail with EPERM. What is newer than this list fails as on a kernel that does not know it (ENOSYS).
"""

import errno
import itertools
import math
import os
import platform
import struct
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
from evaluation.sandbox.weak_isolation import MARK, is_root, kill_tree, n_tasks_of_user, readable_by_all

_NUMBERS: dict[str, tuple[int, dict[str, int]]] = {
    "x86_64": (
        0xC000003E,
        {"fork": 57, "vfork": 58, "clone": 56, "clone3": 435, "unshare": 272, "setns": 308, "ptrace": 101}
        | {"process_vm_readv": 310, "process_vm_writev": 311, "mount": 165, "umount2": 166, "pivot_root": 155}
        | {"chroot": 161, "keyctl": 250, "add_key": 248, "request_key": 249, "bpf": 321, "perf_event_open": 298}
        | {"userfaultfd": 323, "memfd_create": 319, "shmget": 29, "shmat": 30, "msgget": 68, "semget": 64}
        | {"mq_open": 240, "open_by_handle_at": 304, "name_to_handle_at": 303, "init_module": 175}
        | {"finit_module": 313, "delete_module": 176, "kexec_load": 246, "kexec_file_load": 320, "reboot": 169}
        | {"swapon": 167, "swapoff": 168, "syslog": 103, "acct": 163, "quotactl": 179, "personality": 135}
        | {"fanotify_init": 300, "inotify_init": 253, "inotify_init1": 294, "socket": 41, "kcmp": 312}
        | {"io_setup": 206, "io_destroy": 207, "io_getevents": 208, "io_submit": 209, "io_cancel": 210}
        | {"io_pgetevents": 333, "execveat": 322, "seccomp": 317, "vmsplice": 278, "lookup_dcookie": 212}
        | {"uselib": 134, "_sysctl": 156, "nfsservctl": 180, "modify_ldt": 154, "iopl": 172, "ioperm": 173}
        | {"create_module": 174, "get_kernel_syms": 177, "query_module": 178, "vhangup": 153, "settimeofday": 164}
        | {"clock_settime": 227, "clock_adjtime": 305, "adjtimex": 159, "sethostname": 170, "setdomainname": 171}
        | {"mbind": 237, "set_mempolicy": 238, "get_mempolicy": 239, "migrate_pages": 256, "move_pages": 279}
        | {"remap_file_pages": 216, "fanotify_mark": 301, "mknod": 133, "mknodat": 259, "shmctl": 31, "msgctl": 71}
        | {"semctl": 66, "mq_unlink": 241, "rt_sigqueueinfo": 129, "rt_tgsigqueueinfo": 297},
    ),
    "aarch64": (
        0xC00000B7,
        {"clone": 220, "clone3": 435, "unshare": 97, "setns": 268, "ptrace": 117}
        | {"process_vm_readv": 270, "process_vm_writev": 271, "mount": 40, "umount2": 39, "pivot_root": 41}
        | {"chroot": 51, "keyctl": 219, "add_key": 217, "request_key": 218, "bpf": 280, "perf_event_open": 241}
        | {"userfaultfd": 282, "memfd_create": 279, "shmget": 194, "shmat": 196, "msgget": 186, "semget": 190}
        | {"mq_open": 180, "open_by_handle_at": 265, "name_to_handle_at": 264, "init_module": 105}
        | {"finit_module": 273, "delete_module": 106, "kexec_load": 104, "kexec_file_load": 294, "reboot": 142}
        | {"swapon": 224, "swapoff": 225, "syslog": 116, "acct": 89, "quotactl": 60, "personality": 92}
        | {"fanotify_init": 262, "inotify_init1": 26, "socket": 198, "kcmp": 272}
        | {"io_setup": 0, "io_destroy": 1, "io_getevents": 4, "io_submit": 2, "io_cancel": 3, "io_pgetevents": 292}
        | {"execveat": 281, "seccomp": 277, "vmsplice": 75, "lookup_dcookie": 18, "nfsservctl": 42, "vhangup": 58}
        | {"settimeofday": 170, "clock_settime": 112, "clock_adjtime": 266, "adjtimex": 171, "sethostname": 161}
        | {"setdomainname": 162, "mbind": 235, "set_mempolicy": 237, "get_mempolicy": 236, "migrate_pages": 238}
        | {"move_pages": 239, "remap_file_pages": 234, "fanotify_mark": 263, "mknodat": 33, "shmctl": 195}
        | {"msgctl": 187, "semctl": 191, "mq_unlink": 181, "rt_sigqueueinfo": 138, "rt_tgsigqueueinfo": 240},
    ),
}


# The same on both.
_NEWER = {"io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429}


_NEWER |= {"fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "mount_setattr": 442, "memfd_secret": 447}


_NEWER |= {"pidfd_send_signal": 424, "pidfd_open": 434, "pidfd_getfd": 438, "process_madvise": 440, "quotactl_fd": 443}


_NEWER |= {"process_mrelease": 448, "set_mempolicy_home_node": 450}


_FIRST_UNKNOWN = 451
"""First system call number treated as unknown: those of Linux 6.5 and later."""
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_KILL, _ALLOW, _FAIL = 0x80000000, 0x7FFF0000, 0x00050000
_AT_NUMBER, _AT_MACHINE, _AT_FIRST_ARGUMENT = 0, 4, 16
_X32_BIT = 0x40000000
_CLONE_THREAD = 0x00010000


def system_call_filter(machine: str | None = None) -> bytes | None:
    """Return the filter for a machine type, by default this one's; None where its system-call numbers are unknown."""
    constants = _NUMBERS.get(machine or platform.machine())
    if constants is None:
        return None
    audit, numbers = constants
    refused = sorted({**numbers, **_NEWER}[name] for name in (numbers | _NEWER) if name not in ("clone", "clone3"))
    steps = [
        (_LOAD, 0, 0, _AT_MACHINE),
        (_EQUAL, 1, 0, audit),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _AT_NUMBER),
        *_fail_if(_AT_LEAST, _X32_BIT, errno.EPERM),
        *_fail_if(_AT_LEAST, _FIRST_UNKNOWN, errno.ENOSYS),
        *(step for number in refused for step in _fail_if(_EQUAL, number, errno.EPERM)),
        # The C library then asks for a thread by `clone`, whose flags can be seen.
        *_fail_if(_EQUAL, numbers["clone3"], errno.ENOSYS),
        (_EQUAL, 0, 3, numbers["clone"]),
        (_LOAD, 0, 0, _AT_FIRST_ARGUMENT),
        (_ANY_BIT, 1, 0, _CLONE_THREAD),
        (_RETURN, 0, 0, _FAIL | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _fail_if(test: int, value: int, error: int) -> list[tuple[int, int, int, int]]:
    return [(test, 0, 1, value), (_RETURN, 0, 0, _FAIL | error)]


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
    """Where and how programs run."""

    isolation: Isolation
    interpreter: Interpreter
    bundle: Path

    @property
    def takes_user_ids(self) -> bool:
        """Whether every process gets a user id of its own."""
        if not is_root() or self.isolation.in_user_namespace:
            return False
        files = (self.interpreter.executable, *self.interpreter.library_folders, str(self.bundle))
        return self.isolation.name != WEAK or readable_by_all(*files)


@dataclass(slots=True)
class Started:
    """A running interpreter."""

    process: subprocess.Popen[bytes]
    folder: str | None = None
    mark: str = ""
    uid: int = 0
    _killed: bool = field(default=False, init=False)

    def kill(self) -> None:
        """Kill it with all its descendants; its folder stays, since it may take long to remove."""
        if self._killed:
            return
        self._killed = True
        if self.mark:
            kill_tree(self.process, self.mark, self.uid)
        else:
            self.process.kill()  # the namespace of its processes dies with it
            self.process.wait()

    def end(self) -> None:
        """End it with all its descendants."""
        self.kill()
        if self.folder is not None:
            remove_tree(self.folder)
            self.folder = None


def program_job(program: Program) -> dict[str, Any]:
    """Return the input of the program's side, which holds nothing of the tests."""
    return {"source": program.source, "setup": program.setup, "entry_point": program.entry_point}


def checker_job(program: Program) -> dict[str, Any]:
    """Return the input of the tests' side, which holds nothing of the program."""
    return {"tests": list(program.tests), "setup": program.setup, "entry_point": program.entry_point}


def start_side(
    place: Place, side: str, job: Mapping[str, Any], files: Sequence[int], *, output: int, timeout_s: float
) -> Started:
    """Start `program` or `checker`.

    Args:
        place: Where.
        side: Which of the two.
        job: Its standard input.
        files: Open files that it inherits, in the order in which it expects their numbers.
        output: Where its output goes.
        timeout_s: Of the whole program.

    Raises:
        SandboxError: it cannot be started.
    """
    uid = _take_uid() if place.takes_user_ids else 0
    if place.isolation.name == WEAK and not uid and is_root():
        raise SandboxError("the weak isolation runs nothing as root", "Install bubblewrap, or run it as another user")
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
    """Return an open file that yields `data`, which must be less than a pipe holds."""
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
    """Return the processor time in seconds that a program with `timeout_s` of wall-clock time may use."""
    return math.ceil(2 * timeout_s) + 2


def _encoded(job: Mapping[str, Any]) -> bytes:
    try:
        return Encoder(PlainOnly()).encoded(dict(job))
    except NotCarriedError as error:
        raise SandboxError(f"the program cannot be handed over: it is {error}") from error


def _take_uid() -> int:
    with _uid_lock:
        return _FIRST_UID + next(_next_uid) % _N_UIDS
