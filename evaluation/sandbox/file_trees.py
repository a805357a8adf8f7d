"""Counting and removal of a folder that a hostile program has filled, never deeper than one folder at a time.

A program may nest folders without limit, give them names of any bytes, remove permissions and leave links. Nothing here
recurses, no link is followed, and no removed path grows with the depth: subfolders are first moved up to the top.
"""

import errno
import os
import stat
import time
from contextlib import suppress

PATIENCE_S = 60.0
_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def count_entries(folder: str, *, at_most: int) -> int:
    """Return the number of files and folders below a folder.

    `at_most` where there are more, or they are nested too deep to count.
    """
    n, waiting = 0, [folder]
    while waiting and n < at_most:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    n += 1
                    if n >= at_most:
                        break
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except FileNotFoundError:
            continue  # gone since it was listed
        except OSError:
            return at_most
    return n


def remove_tree(folder: str) -> None:
    """Remove a folder with its contents. What cannot be removed stays; nothing is raised."""
    with suppress(OSError):
        opened = os.open(folder, _OPEN_FOLDER)
        try:
            empty_folder(opened)
        finally:
            os.close(opened)
        os.rmdir(folder)


def empty_folder(top: int) -> None:
    """Remove the contents of an open folder.

    Raises:
        OSError: something cannot be removed, or another process keeps filling it.
    """
    n_moved = 0
    deadline = time.monotonic() + PATIENCE_S
    while entries := os.listdir(top):
        if time.monotonic() > deadline:
            raise TimeoutError("the folder is filled while it is emptied")
        for name in entries:
            n_moved = _remove_entry(top, name, n_moved)


def _remove_entry(top: int, name: str, n_moved: int) -> int:
    """Remove an entry, moving the subfolders of a folder to the top instead, and return how many have moved."""
    if not stat.S_ISDIR(os.stat(name, dir_fd=top, follow_symlinks=False).st_mode):
        os.unlink(name, dir_fd=top)
        return n_moved
    folder = _opened(top, name)
    try:
        for each in os.listdir(folder):
            if stat.S_ISDIR(os.stat(each, dir_fd=folder, follow_symlinks=False).st_mode):
                n_moved = _move_up(folder, each, top, n_moved)
            else:
                os.unlink(each, dir_fd=folder)
    finally:
        os.close(folder)
    os.rmdir(name, dir_fd=top)
    return n_moved


def _move_up(folder: int, name: str, top: int, n_moved: int) -> int:
    while True:
        n_moved += 1
        try:
            # Fails where there is a file of that name, or a folder with something in it.
            os.rename(name, f"moved-{n_moved}", src_dir_fd=folder, dst_dir_fd=top)
        except PermissionError:
            os.close(_opened(folder, name))  # what moves must be writable, since its parent changes
            n_moved -= 1
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
                raise
        else:
            return n_moved


def _opened(top: int, name: str) -> int:
    """Open a folder, even if its owner has removed the permission to read it."""
    try:
        opened = os.open(name, _OPEN_FOLDER, dir_fd=top)
    except PermissionError:
        if os.geteuid() == 0:
            raise  # root may look into everything, and must not change what a link might point to
        os.chmod(name, stat.S_IRWXU, dir_fd=top)
        opened = os.open(name, _OPEN_FOLDER, dir_fd=top)
    if stat.S_IMODE(os.fstat(opened).st_mode) & stat.S_IRWXU != stat.S_IRWXU:
        os.fchmod(opened, stat.S_IRWXU)
    return opened
