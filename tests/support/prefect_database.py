"""Prefect's database with its newest schema, made once and copied: its migrations take a server half of its start.

Stories of a user's first start (`served.Home`) have none, so that a start on an empty folder stays tested.
"""

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

_FOLDER = Path(__file__).parents[2] / ".pytest_cache"
NAME = "prefect.db"


def give_database(home: Path) -> None:
    """Put a copy into a Prefect home, which need not exist; a database that is there already stays.

    The processes of a test run share one original, and so do later runs with the same release of Prefect.
    """
    home.mkdir(parents=True, exist_ok=True)
    if not (home / NAME).exists():
        shutil.copyfile(_original(), home / NAME)


def _original() -> Path:
    path = _FOLDER / f"prefect-{version('prefect')}.db"
    _FOLDER.mkdir(exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            _make(path)
    return path


def _make(path: Path) -> None:
    with TemporaryDirectory(dir=_FOLDER) as folder:
        env = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        argv = [sys.executable, "-P", "-m", "prefect", "server", "database", "upgrade", "--yes"]
        subprocess.run(argv, env={**env, "PREFECT_HOME": folder}, check=True, capture_output=True)
        whole = Path(folder) / "whole.db"
        with closing(sqlite3.connect(Path(folder) / NAME)) as connection:
            connection.execute("VACUUM INTO ?", (str(whole),))  # with what still stands in the write-ahead log
        whole.replace(path)
