"""Unique keys for metrics of the same name with different signatures."""

from collections.abc import Iterable, Mapping, Sequence

from evaluation.metrics.metric import ModelMetric
from evaluation.metrics.parsing import metric_of
from evaluation.metrics.speed import SPEED_METRICS
from evaluation.records.candidates import MetricUse
from evaluation.records.runs import RunRecord


def metric_keys(planned: Sequence[MetricUse], others: Iterable[MetricUse] = ()) -> dict[str, str]:
    """Return the key under which each signature's numbers stand.

    It is the metric's name, which the run's own metrics take first. Where several judges or embedders answered for a
    metric, each stands under `NAME by MODEL`; another signature of the same metric (other options, an older scorer)
    under its signature.
    """
    uses = list({use.signature: use for use in (*planned, *others)}.values())
    models = {use.signature: _model_of(use) for use in uses}
    shared = {
        use.name
        for use in uses
        if len({models[namesake.signature] for namesake in uses if namesake.name == use.name}) > 1
    }
    keys: dict[str, str] = {}
    for use in uses:
        model = models[use.signature]
        word = f"{use.name} by {model}" if model and use.name in shared else use.name
        keys[use.signature] = use.signature if word in keys.values() else word
        # Candidates have prices of their own, and each has one cost.
        if use.name in SPEED_METRICS and use.name not in {other.name for other in planned}:
            keys[use.signature] = use.name
    return keys


def _model_of(use: MetricUse) -> str | None:
    """Return the judge or embedder that a metric asks."""
    metric = metric_of(use.name, use.signature)
    return metric.model or None if isinstance(metric, ModelMetric) else None


def headline_key(run: RunRecord, keys: Mapping[str, str]) -> str:
    """Return the key under which the headline's numbers stand: with several judges, that of the first one."""
    name = run.plan.headline
    return next((keys[use.signature] for use in run.plan.metrics if use.name == name), name)
