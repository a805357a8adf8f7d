"""Anomalies: the newest figure against a prediction interval from the earlier ones.

It is compared with the interval in which one more figure like the earlier ones would lie: by Student's t with
s sqrt(1 + 1/n), on logarithms where figures are above 0 and without an upper end. It is no alert: of a thousand quiet
figures one is odd. It needs no threshold of anybody's, so that it also tells of what got faster or shorter.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log, sqrt
from statistics import fmean, stdev

from evaluation.monitoring.trends import comparable
from evaluation.monitoring.values import QUANTITIES, Quantity, Series
from evaluation.results.monitoring import AnomalyResult

MIN_EARLIER = 6
ODD = 0.001
_LEAST_SPREAD = 0.01
"""Smallest assumed spread of the earlier figures, as a share of them: no smaller change counts as unusual."""
_SHARES = ("success", "quality")


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """A figure that differs from the earlier ones."""

    series: Series
    quantity: Quantity
    value: float
    usual: float
    n_earlier: int
    p_value: float
    """Two-sided p-value."""

    @property
    def result(self) -> AnomalyResult:
        """The result shown to the user."""
        return AnomalyResult(
            candidate=self.series.candidate,
            task=self.series.task,
            benchmark=self.series.benchmark,
            source=self.series.source,
            quantity=self.quantity,
            value=self.value,
            usual=self.usual,
            n_earlier=self.n_earlier,
            p_value=self.p_value,
        )


def anomalies(series: Iterable[Series]) -> tuple[Anomaly, ...]:
    """Return the newest figures that are out of the ordinary, the most unusual first."""
    odd_figures = [
        odd
        for candidate_series in series
        for name in QUANTITIES
        if (odd := _anomaly(candidate_series, name)) is not None
    ]
    return tuple(sorted(odd_figures, key=lambda anomaly: anomaly.p_value))


def _anomaly(series: Series, quantity: Quantity) -> Anomaly | None:
    points = comparable(series, quantity)
    if len(points) <= MIN_EARLIER or points[-1] is not series.points[-1]:
        return None
    *earlier, newest = [point.value(quantity) or 0.0 for point in points]
    p_value = _chance(earlier, newest, is_share=quantity in _SHARES)
    if p_value >= ODD:
        return None
    return Anomaly(
        series=series,
        quantity=quantity,
        value=newest,
        usual=fmean(earlier),
        n_earlier=len(earlier),
        p_value=p_value,
    )


def _chance(earlier: Sequence[float], newest: float, *, is_share: bool) -> float:
    """Return the probability that one more figure from the distribution of the earlier ones would be as far off."""
    from scipy.special import stdtr

    if not is_share and min(*earlier, newest) > 0:
        earlier, newest = [log(value) for value in earlier], log(newest)
        least = _LEAST_SPREAD
    else:
        least = _LEAST_SPREAD * max(map(abs, earlier))
    spread = max(stdev(earlier), least)
    if spread == 0:
        return 1.0
    t = abs(newest - fmean(earlier)) / (spread * sqrt(1 + 1 / len(earlier)))
    return float(2 * stdtr(len(earlier) - 1, -t))
