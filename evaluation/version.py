"""The version of the code that computed a number."""

import hashlib
import os
import subprocess
from functools import cache
from pathlib import Path

from evaluation import LOADED_AT, __version__


@cache
def code_version() -> str:
    """Return the version, with the commit (and `.dirty`) where the code runs from a checkout of its repository."""
    root = Path(__file__).parents[1]
    if not os.path.exists(root / ".git"):
        return __version__
    commit = _git(root, "rev-parse", "--short=12", "HEAD")
    if commit is None:
        return __version__
    changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    return f"{__version__}+g{commit}" + (".dirty" if changed else "")


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


@cache
def code_hash() -> str | None:
    """Return a hash of the exact code: another version may compute other numbers.

    None where a file is newer than this process, which then still runs the earlier code.
    """
    root = Path(__file__).parents[1]
    paths = [
        os.path.join(folder, name)
        for package in ("evaluation", "selection")
        for folder, _, names in os.walk(root / package)
        for name in names
        if name.endswith(".py")
    ]
    hashed = hashlib.sha256()
    for path in sorted(paths):
        with open(path, "rb") as source:
            content = source.read()
            if os.fstat(source.fileno()).st_mtime > LOADED_AT:
                return None
        hashed.update(f"{path.removeprefix(str(root))} {len(content)} ".encode())
        hashed.update(content)
    return hashed.hexdigest()
