"""Databases that many tests begin with: filled once in a process of tests, and copied for each test."""

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from evaluation.store.session import Store, open_store


@cache
def _filled(fill: Callable[[Store], Any]) -> tuple[bytes, Any]:
    """A database's file after `fill`, and what that returned."""
    with tempfile.TemporaryDirectory(prefix="benchwright-filled-") as folder:
        path = Path(folder) / "benchwright.db"
        with open_store(str(path)) as store:
            value = fill(store)
        return path.read_bytes(), value


def fill_by_copy(url: str, fill: Callable[[Store], Any]) -> Any:
    """Put a copy of what `fill` makes of an empty store in the place of a SQLite database; return what it returned.

    Args:
        url: Of a database that nobody has open; its folder is made where there is none.
        fill: A function at the top of a module, so that it is the same one for each test.
    """
    content, value = _filled(fill)
    path = Path(url.removeprefix("sqlite:///"))
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return value
