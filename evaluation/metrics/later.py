"""Names that are already promised to metrics which this version does not have, each with what it waits for."""

from collections.abc import Mapping

_WAITS_FOR: Mapping[str, tuple[str, ...]] = {
    "needs the sandbox, which is not in this version": ("pass_at_k", "tests_passed"),
    "is not in this version": ("syntax_valid",),
}
LATER_METRICS: Mapping[str, str] = {name: reason for reason, names in _WAITS_FOR.items() for name in names}
"""Why a promised metric cannot be had yet, by its name."""
