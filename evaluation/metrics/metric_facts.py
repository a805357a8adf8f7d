"""Facts about a metric that a report needs to show its numbers: direction, range, chance level."""

from math import inf

from evaluation.errors import ConfigurationError
from evaluation.formatting import measured, score
from evaluation.metrics import METRICS
from evaluation.metrics.metric import CorpusMetric, Metric, Need
from evaluation.metrics.metric_files import CORPUS, LOWER
from evaluation.metrics.third_party import third_party_metric
from evaluation.user_code.source_files import FROM_A_FILE


def higher_is_better(name: str, signature: str = "") -> bool:
    """Return whether a higher value is better; True also for a metric whose package is no longer installed.

    Args:
        name: The metric's.
        signature: As stored; for a metric from a user's file it holds the direction, so that no report runs its code.
    """
    if FROM_A_FILE in _version(signature):
        return LOWER not in _version(signature)
    metric = _find(name.partition(" by ")[0])
    return metric is None or metric.higher_is_better


def is_over_all_cases(name: str, signature: str = "") -> bool:
    """Check whether a metric's value is computed from all cases together, and is no mean over them."""
    if FROM_A_FILE in _version(signature):
        return CORPUS in _version(signature)
    metric = _find(name)
    return metric is not None and issubclass(metric, CorpusMetric)


def value_range(name: str) -> tuple[float, float]:
    """Return the least and the greatest value of a metric; infinite where a bound is not known."""
    return known_range(name) or (-inf, inf)


def known_range(name: str) -> tuple[float, float] | None:
    """Return the least and the greatest value of a metric; None where the metric is not known here."""
    metric = _find(name)
    return None if metric is None else metric.value_range


def largest_difference(name: str) -> float:
    """Return by how much two values of a metric can differ; infinite where a bound is not known."""
    low, high = value_range(name)
    return high - low


def metric_number(name: str, value: float) -> str:
    """Return a metric's value as it stands in a column or a picture; those of one metric look alike everywhere."""
    low, high = value_range(name.partition(" by ")[0])
    return score(value) if low >= -1 and high <= 1 else measured(value)


def metric_interval(name: str, low: float, high: float) -> str:
    """Return the interval of a metric's value."""
    return f"[{metric_number(name, low)}, {metric_number(name, high)}]"


def may_be_share(name: str) -> bool:
    """Check whether values of 0 and 1 alone may be shares: not those of a metric that can be more or less.

    True where the range is not known, as of a metric in a user's file.
    """
    low, high = known_range(name) or (0.0, 1.0)
    return low >= 0 and high <= 1


def best_value(name: str) -> float | None:
    """Return the best possible value of a metric; None where it is not known."""
    metric = _find(name)
    return None if metric is None else metric.value_range[1 if metric.higher_is_better else 0]


def chance_level(name: str) -> float | None:
    """Return the score of guessing where it is equal for every case; None where it varies by case or is unknown."""
    metric = _find(name)
    return None if metric is None else metric.chance_level


def is_guessed_among_choices(name: str) -> bool:
    """Check whether a blind guess among `n` choices is right once in `n` times on this metric."""
    metric = _find(name)
    return metric is not None and Need.CHOICES in metric.needs and not issubclass(metric, CorpusMetric)


def rates_search_alone(name: str) -> bool:
    """Check whether a metric rates the passages that were searched, whatever the answer says."""
    metric = _find(name)
    return metric is not None and Need.RELEVANT in metric.needs


def reads_a_part(name: str) -> bool:
    """Check whether a metric reads a number, a letter or a label of an answer, which alone counts."""
    metric = _find(name)
    return metric is not None and metric.reads_a_part


def _version(signature: str) -> str:
    return signature.rpartition("|v")[2]


def _find(name: str) -> type[Metric] | None:
    if name in METRICS:
        return METRICS[name]
    try:
        return third_party_metric(name)
    except ConfigurationError:
        return None
