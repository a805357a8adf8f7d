"""Results of a sweep: the effect of each parameter, and the combinations that may be the best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evaluation.results.as_json import json_key
from evaluation.results.frames import REAL, TEXT, Row, ShownInNotebooks, columns_of, frame, row_of
from evaluation.sweeps.findings import CombinationScore, Level

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRange:
    """A continuous range of values."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueChoice:
    """A list of values."""

    values: tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectResult:
    """Effect of a parameter."""

    name: str
    is_numeric: bool
    levels: tuple[Level, ...]
    """Levels in the order of their values."""
    p_value: float | None
    """None if not tested."""
    p_adjusted: float | None
    """Holm-adjusted over the parameters."""
    spread: float
    """Mean of the best level less that of the worst, in the metric's unit."""
    correlation: float | None
    """Spearman's, of the values and the combinations' means; None if not numeric."""
    p_correlation: float | None
    """p-value of a linear trend over the cases, Holm-adjusted over the parameters."""
    detectable: float | None
    """Difference between the ends of its range that is detected 4 times in 5; None if it was not tested."""
    is_shown: bool
    """True if the effect exceeds chance."""
    recommended: ValueRange | ValueChoice
    """Values not shown to be worse than another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionResult:
    """Dependence of one parameter's effect on another parameter."""

    first: str
    second: str
    p_value: float | None
    """None if not tested."""
    p_adjusted: float | None
    """Holm-adjusted over the pairs of parameters."""
    is_shown: bool
    """True if the interaction exceeds chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweptMetric:
    """Analysis of a sweep's scores on one metric."""

    metric: str
    signature: str
    higher_is_better: bool
    n_units: int
    """Number of independent pieces of evidence."""
    unit: str
    """Type of these pieces: `case`, `cluster`, or `answer` to a single prompt."""
    confidence_level: float
    combinations: tuple[CombinationScore, ...]
    """Best first; combinations without a value last."""
    n_may_be_best: int
    effects: tuple[EffectResult, ...]
    interactions: tuple[InteractionResult, ...]
    constant: tuple[str, ...]
    """Parameters with scores for only one value."""
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepResult(ShownInNotebooks):
    """A sweep with the analysis of each metric."""

    run_id: str
    benchmark: str
    """Name of the benchmark."""
    benchmark_version: str
    prompt: str | None
    """The single prompt; None for the cases of a benchmark."""
    design: str
    """How combinations were chosen: `grid`, `random`, …"""
    seed: int
    n_cases: int
    """Number of selected cases."""
    n_repeats: int = field(metadata=json_key("repeats"))
    """Repeats of each case."""
    n_combinations: int
    parameters: Mapping[str, ValueRange | ValueChoice]
    """Possible values of each parameter, by its name."""
    headline: str
    """Name of the metric that ranks the combinations."""
    as_asked: tuple[str, ...]
    """Sentences on requests whose settings differed from the combination."""
    metrics: tuple[SweptMetric, ...]
    """The headline first; without metrics that are computed from all cases together."""

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per metric and combination, the best combination of each metric first.

        Columns: `metric` (`string`); each parameter under its own name, `float64` where all its values are numbers and
        `string` where they are not; `value`, `low` and `high` (`float64`), `n_units` (`Int64`) and `may_be_best`
        (`boolean`).
        """
        numbers = columns_of(CombinationScore)
        rows = [
            {"metric": metric.metric, **each.combination, **row_of(each, numbers)}
            for metric in self.metrics
            for each in metric.combinations
        ]
        parameters = {name: REAL if all(map(is_number, _values(rows, name))) else TEXT for name in self.parameters}
        as_text = [name for name, dtype in parameters.items() if dtype == TEXT]
        rows = [row | {name: str(row[name]) for name in as_text if name in row} for row in rows]
        return frame(rows, {"metric": TEXT, **parameters, **numbers})


def _values(rows: Sequence[Row], name: str) -> list[object]:
    return [row[name] for row in rows if name in row]


def is_number(value: object) -> bool:
    """Check whether a value is a number and not a bool."""
    return isinstance(value, int | float) and not isinstance(value, bool)
