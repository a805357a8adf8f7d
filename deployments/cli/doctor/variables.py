"""The check of `BENCHWRIGHT_…` variables of the environment: nobody reads one whose name is mistyped."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches

from deployments.cli.doctor.checks import Finding, State
from deployments.guarded.connections import WEBHOOKS_VARIABLE
from deployments.guarded.origins import NAMES_VARIABLE
from deployments.helper_supervisor import FOLDER_VARIABLE
from evaluation.escaping import one_line
from evaluation.formatting import excerpt, listed
from evaluation.sandbox.weak_isolation import MARK
from evaluation.settings import Settings

PREFIX = "BENCHWRIGHT_"
KEYS_OF_POOLS = "BENCHWRIGHT_KEY_OF_POOL_"
"""Prefix of the variables in which keys of server pools are handed on."""
_LONGEST_NAME = 80


def read_variables() -> tuple[str, ...]:
    """Return the names of the variables that are read."""
    of_settings = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    return (*of_settings, NAMES_VARIABLE, WEBHOOKS_VARIABLE, FOLDER_VARIABLE, MARK)


def variables(environ: Mapping[str, str], *, keys: Collection[str] = ()) -> tuple[Finding, ...]:
    """Return the finding about variables that nobody reads; none where all are read.

    Args:
        environ: The environment.
        keys: Variables that endpoints name for their keys.
    """
    names = read_variables()
    unread = sorted(
        name
        for name in environ
        if name.upper().startswith(PREFIX)
        and name.upper() not in names
        and not name.upper().startswith(KEYS_OF_POOLS)
        and name not in keys
    )
    if not unread:
        return ()
    nearest = {name: next(iter(get_close_matches(name.upper(), names, n=1, cutoff=0.0))) for name in unread}
    told = listed([f"{_shown(name)} (nearest is {near})" for name, near in nearest.items()])
    message = f"nobody reads {told}"
    return (
        Finding(
            name="variables",
            state=State.NOTE,
            message=message,
            next_step="Correct the name, or unset it; docs/settings.md has all of them.",
        ),
    )


def _shown(name: str) -> str:
    return excerpt(one_line(name), _LONGEST_NAME)
