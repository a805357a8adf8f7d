"""The conditions a metric must meet to be raced on."""

import math

from evaluation.errors import ConfigurationError
from evaluation.metrics.metric import CorpusMetric, Metric

_NEXT = "Race on another metric of the benchmark: --metric NAME."


def refuse_unfit(metric: Metric) -> None:
    """Check that candidates can race on the metric.

    Raises:
        ConfigurationError: it has no value for a case, or no bounds that bets could rest on.
    """
    if isinstance(metric, CorpusMetric):
        raise ConfigurationError(
            f"{metric.name!r} is computed from all cases together, and a race needs a value of each case", _NEXT
        )
    low, high = metric.value_range
    if not (math.isfinite(low) and math.isfinite(high) and high > low):
        raise ConfigurationError(
            f"a race needs a metric with a least and a greatest value, and {metric.name!r} goes from {low:g} to "
            f"{high:g}",
            _NEXT,
        )
