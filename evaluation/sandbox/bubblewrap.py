"""Isolation with bubblewrap: its command line and the system call filter.

Separate namespaces for processes, network, mounts, host name and messages; a root file system with nothing but the
interpreter and the shared libraries, read-only; one writable folder of bounded size in memory.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from evaluation.machine_load import stretched_s
from evaluation.sandbox.interpreter import Interpreter

BUNDLE = "/sandbox"
HOME = "/tmp"  # noqa: S108  (the sandbox's own)
HOME_BYTES = 16 * 2**20
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")


def find_bubblewrap() -> str | None:
    """Return the path of `bwrap`; None where it is not installed."""
    return shutil.which("bwrap")


def bubblewrap_argv(
    command: Sequence[str], *, interpreter: Interpreter, bundle: Path, filter_file: int | None, in_user_namespace: bool
) -> list[str]:
    """Return the arguments that run `command` inside bubblewrap.

    Args:
        command: The command to run inside.
        interpreter: The interpreter to make available inside.
        bundle: A folder to mount as `BUNDLE`.
        filter_file: An open file with the system-call filter; None where there is none for this machine.
        in_user_namespace: Whether privileges come from a user namespace. Otherwise they come from root, and the process
            itself must switch to another user: inside a user namespace, the process limit would still count it as root.
    """
    words = [find_bubblewrap() or "bwrap", "--die-with-parent", "--new-session", "--clearenv"]
    words += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    if in_user_namespace:
        words += ["--unshare-user", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL"]
        words += ["--disable-userns"] if _knows_disable_userns() else []
    else:
        words += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    words += ["--hostname", "sandbox", "--setenv", "HOME", HOME, "--setenv", "TMPDIR", HOME]
    words += _file_system(interpreter, bundle)
    if filter_file is not None:
        words += ["--seccomp", str(filter_file)]
    return [*words, "--", *command]


def _file_system(interpreter: Interpreter, bundle: Path) -> list[str]:
    folders = (*interpreter.system_folders, *interpreter.library_folders)
    words = [word for parent in _parents((*folders, interpreter.executable, *_DEVICES)) for word in ("--dir", parent)]
    for link in ("/lib", "/lib64"):
        if Path(link).is_symlink():
            words += ["--symlink", os.readlink(link), link]
    for folder in folders:
        words += ["--ro-bind", folder, folder]
    words += ["--ro-bind", interpreter.executable, interpreter.executable]
    for packages in _package_folders(folders):
        words += ["--size", "4096", "--perms", "0555", "--tmpfs", packages, "--remount-ro", packages]
    for device in _DEVICES:
        words += ["--dev-bind", device, device]
    words += ["--ro-bind", str(bundle), BUNDLE]
    words += ["--size", str(HOME_BYTES), "--perms", "1777", "--tmpfs", HOME, "--remount-ro", "/", "--chdir", HOME]
    return words


def _parents(paths: Sequence[str]) -> list[str]:
    """Return every folder above the paths, the highest first.

    Made again, so that its owner's permissions do not matter.
    """
    parents = {str(parent) for path in paths for parent in Path(path).parents} - {"/"}
    links = {link for link in ("/lib", "/lib64") if Path(link).is_symlink()}
    return sorted(parents - links - set(paths))


def _package_folders(folders: Sequence[str]) -> list[str]:
    """Return the folders of other packages inside a library's folder, to be hidden."""
    names = ("site-packages", "dist-packages")
    direct = {str(path) for folder in folders for name in names if (path := Path(folder) / name).is_dir()}
    nested = {
        str(path)
        for folder in folders
        for name in names
        for path in Path(folder).glob(f"python3*/{name}")
        if path.is_dir()
    }
    return sorted(direct | nested)


@lru_cache(maxsize=1)
def _knows_disable_userns() -> bool:
    argv = [find_bubblewrap() or "bwrap", "--help"]
    shown = subprocess.run(argv, capture_output=True, text=True, timeout=stretched_s(60), check=False)
    return "--disable-userns" in shown.stdout + shown.stderr
