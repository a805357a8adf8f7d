"""What races and sweeps have in common: options of their own beside those of an evaluation."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from deployments.python.evaluations import as_lists, request_fields

if TYPE_CHECKING:
    from deployments.cli.search_options import TypedSearch


def typed_search(
    options: Mapping[str, Any], own: Sequence[str], *, called: Mapping[str, str] | None = None
) -> "TypedSearch":
    """Return what was asked for, as the commands have it.

    Args:
        options: All that was passed.
        own: The options that are none of an evaluation.
        called: Names of their fields, where these are others.
    """
    from deployments.cli.search_options import TypedSearch

    fields = as_lists({name: options[name] for name in own if name in options})
    return TypedSearch(
        fields={(called or {}).get(name, name): value for name, value in fields.items() if value != []},
        evaluation=request_fields(options),
        resume=options.get("resume"),
    )
