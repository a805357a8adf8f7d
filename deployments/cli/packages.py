"""Check that the packages to be imported are Benchwright's own.

Their names are everyday words, which an application may use too.
"""

from importlib.util import find_spec
from pathlib import Path

OURS = ("evaluation", "selection", "tasks", "flows")


def hidden_package(names: tuple[str, ...] = OURS) -> str | None:
    """Return which of our packages is shadowed by another one, where that is, and what to do; None: none."""
    home = Path(__file__).resolve().parent.parent.parent
    for name in names:
        places = _places(name)
        if home / name not in [place.resolve() for place in places]:
            where = f"at {str(places[0])!r} " if places else ""
            return (
                f"another package named {name!r} {where}shadows Benchwright's, which is {str(home / name)!r}.\n  "
                "next: Run the command from another folder and without that folder on PYTHONPATH, or install "
                "Benchwright in an environment of its own."
            )
    return None


def _places(name: str) -> list[Path]:
    spec = find_spec(name)
    return [Path(place) for place in (spec.submodule_search_locations or ())] if spec is not None else []
