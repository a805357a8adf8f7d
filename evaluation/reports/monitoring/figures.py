"""Names of the figures that are followed over time: the same ones in tables, in pictures and on pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from evaluation.records.alerts import AlertRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of a point: what it is the mean or the median of, and its unit."""

    column: str
    """Heading of a table's column."""
    title: str
    """Title of a picture."""
    unit: str
    """What the axis of the picture counts."""


FIGURES: Mapping[str, Figure] = MappingProxyType({
    "quality": Figure(column="mean score", title="Mean score", unit="mean score of the answers"),
    "duration_s": Figure(column="median s", title="Median duration", unit="median seconds of an answer"),
    "success": Figure(column="answered", title="Answered", unit="share of the calls that got an answer"),
    "tokens": Figure(
        column="mean tokens, in and out", title="Mean tokens", unit="mean tokens of a call, prompt and output together"
    ),
    "tokens_per_s": Figure(
        column="median tokens/s", title="Median tokens a second", unit="median output tokens a second after the first"
    ),
    "call_tokens_per_s": Figure(
        column="median tokens/s of a call",
        title="Median tokens a second of a call",
        unit="median output tokens for each second of a call",
    ),
    "energy_j": Figure(column="mean J", title="Mean energy", unit="mean joules of an answer"),
})  # fmt: skip
"""By the name of the field of a point."""
OF_RULES: Mapping[str, str] = MappingProxyType({
    "quality": "quality",
    "duration": "duration_s",
    "success": "success",
    "tokens": "tokens",
})  # fmt: skip
"""The figure that an alert of a rule is about; alerts of other rules are about none, or about all."""


def is_about(alert: AlertRecord, figure: str) -> bool:
    """Return True where an alert belongs into the picture of a figure."""
    return OF_RULES.get(alert.rule, figure) == figure
