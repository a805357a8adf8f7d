"""Metrics from other packages, through the entry-point group `benchwright.metrics`.

A package registers one in its `pyproject.toml`, under the metric's own name:

    [project.entry-points."benchwright.metrics"]
    politeness = "their_package.politeness:Politeness"

`Politeness` is a frozen, keyword-only dataclass that derives from `Metric` or `CorpusMetric`. Entry points are read
only to look up a name that is not built in, never at import; they cannot override a built-in name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from inspect import isabstract
from typing import ClassVar

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.generation import Generation
from evaluation.metrics.metric import Metric
from evaluation.metrics.requests import Answers
from evaluation.scores import Measurement, ScoreFailure

GROUP = "benchwright.metrics"


def third_party_metric(name: str) -> type[Metric] | None:
    """Return the metric that an installed package offers under `name`; None where none does."""
    offers = list(entry_points(group=GROUP, name=name))
    if len(offers) > 1:
        raise ConfigurationError(
            f"metric {name!r} is offered by {len(offers)} packages: {', '.join(map(_origin, offers))}",
            next_step="Uninstall all but one of them",
        )
    return _loaded(offers[0]) if offers else None


def third_party_names() -> tuple[str, ...]:
    """Return the sorted names of the metrics that installed packages offer, without loading any."""
    return tuple(sorted({offer.name for offer in entry_points(group=GROUP)}))


def _loaded(offer: EntryPoint) -> type[Metric]:
    try:
        metric = offer.load()
    except Exception as error:
        raise _refusal(offer, f"cannot be loaded: {type(error).__name__}: {error}") from error
    if not (isinstance(metric, type) and issubclass(metric, Metric)) or isabstract(metric):
        raise _refusal(offer, "is not a concrete class that derives from evaluation.metrics.metric.Metric")
    if getattr(metric, "name", None) != offer.name:
        raise _refusal(offer, f"calls itself {getattr(metric, 'name', None)!r}; both names must be the same")
    return metric


def _refusal(offer: EntryPoint, problem: str) -> ConfigurationError:
    return ConfigurationError(
        f"metric {offer.name!r} of {_origin(offer)} ({offer.value}) {problem}",
        next_step="Update or uninstall that package",
    )


def _origin(offer: EntryPoint) -> str:
    return offer.dist.name if offer.dist is not None else "an unknown package"


LOST = "metric_lost"


@dataclass(frozen=True, kw_only=True)
class MissingMetric(Metric):
    """Placeholder for a metric whose code is missing, with that metric's name and signature."""

    name: ClassVar[str] = "lost_metric"
    unit: ClassVar[str] = ""
    scorer_version: ClassVar[str] = "lost"

    stands_for: str
    """The metric as requested: path, class and options."""
    stored_name: str
    stored_signature: str
    why: str

    @property
    def signature(self) -> str:
        """The missing metric's own: the failure must appear where its score would."""
        return self.stored_signature

    def measure(
        self, case: Case, generations: Sequence[Generation], answers: Answers
    ) -> Measurement | ScoreFailure | None:
        """Return why there is no score."""
        return ScoreFailure(kind=LOST, message=f"{self.stored_name}: {self.why}")
