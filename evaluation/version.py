"""Which version of the code made a number?"""

import subprocess
from functools import cache
from pathlib import Path

from evaluation import __version__


@cache
def code_version() -> str:
    """The version, with the commit (and `.dirty`) where the code runs from a checkout of its repository."""
    root = Path(__file__).parents[1]
    if not (root / ".git").exists():
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
