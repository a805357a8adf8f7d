"""The formats of a candidate's file, by the file's name."""

from collections.abc import Mapping
from pathlib import Path

_ENDINGS: Mapping[str, tuple[str, ...]] = {
    "openai": (".openai.json",),
    "yaml": (".yaml", ".yml"),
    "python": (".py",),
    "json": (".json",),
    "modelfile": (".modelfile", "modelfile"),
    "env": (".env", "env"),
}
"""By format: endings, and whole names without a dot."""


def form_of(path: Path) -> str | None:
    """Return the format that the name of a file tells; None if it tells none."""
    name = path.name.lower()
    return next(
        (
            form
            for form, endings in _ENDINGS.items()
            if any(name.endswith(end) if end.startswith(".") else name == end for end in endings)
        ),
        None,
    )
