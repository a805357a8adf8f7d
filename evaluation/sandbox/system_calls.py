"""Which system calls may a shut-in process not make? The filter, as the kernel's classic BPF (seccomp(2)).

No new process (threads are allowed), no namespaces, mounts or tracing, no sockets (some kinds, such as AF_VSOCK, know
no namespaces), no handles to processes and their files, no clocks of the machine, none of the kernel's own machinery
(io_uring, asynchronous input and output, BPF), and no memory that no limit counts (memfd, System V shared memory). All
of them fail with EPERM. What is newer than this list fails as on a kernel that does not know it (ENOSYS).
"""

import errno
import platform
import struct

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
"""Linux 6.5 and later."""

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_KILL, _ALLOW, _FAIL = 0x80000000, 0x7FFF0000, 0x00050000
_AT_NUMBER, _AT_MACHINE, _AT_FIRST_ARGUMENT = 0, 4, 16
_X32_BIT = 0x40000000
_CLONE_THREAD = 0x00010000


def system_call_filter(machine: str | None = None) -> bytes | None:
    """Return the filter for a kind of machine, this one unless said; None where its numbers are not known here."""
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
