"""The request of a race or a sweep: its own options, separated from those of its evaluation."""

from collections.abc import Mapping, Sequence
from typing import Any

from deployments.cli.search_options import TypedSearch
from deployments.python.evaluations import own_fields, request_fields


def typed_search(
    options: Mapping[str, Any], own: Sequence[str], *, called: Mapping[str, str] | None = None
) -> "TypedSearch":
    """Return the request in the form that the commands use.

    Args:
        options: All passed options.
        own: Options that do not belong to an evaluation.
        called: Names of their fields, where they differ.
    """
    return TypedSearch(
        fields=own_fields(options, own, called=called or {}),
        evaluation=request_fields(options),
        resume=options.get("resume"),
    )
