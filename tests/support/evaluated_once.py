"""An evaluation that several tests begin with: made by the first of them in a process, and copied for the others."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

_DONE: dict[str, tuple[bytes, Any]] = {}


def evaluate_once(name: str, url: str, evaluate: Callable[[], Any]) -> Any:
    """Put what an evaluation stores into an empty SQLite database; return what the evaluation returned.

    Args:
        name: Of what is evaluated: the same name, the same evaluation.
        url: Of a database that nobody has open.
        evaluate: Makes the evaluation in that database.
    """
    path = Path(url.removeprefix("sqlite:///"))
    if name in _DONE:
        content, value = _DONE[name]
        path.write_bytes(content)
        return value
    value = evaluate()
    with closing(sqlite3.connect(path)) as connection:
        _DONE[name] = connection.serialize(), value
    return value
