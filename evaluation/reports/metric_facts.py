"""What a report must know of a metric whose numbers it shows."""

from evaluation.errors import ConfigurationError
from evaluation.metrics import METRICS
from evaluation.metrics.metric import CorpusMetric, Metric
from evaluation.metrics.third_party import third_party_metric


def higher_is_better(name: str) -> bool:
    """True also for a metric whose package is no longer installed."""
    metric = _find(name)
    return metric is None or metric.higher_is_better


def is_over_all_cases(name: str) -> bool:
    """True for a metric whose value is computed from all cases together, and is no mean over them."""
    metric = _find(name)
    return metric is not None and issubclass(metric, CorpusMetric)


def _find(name: str) -> type[Metric] | None:
    if name in METRICS:
        return METRICS[name]
    try:
        return third_party_metric(name)
    except ConfigurationError:
        return None
