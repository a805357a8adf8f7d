"""What races and sweeps take, before they begin."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluation.forecasts.costs import Forecast
from evaluation.forecasts.scoring_work import ScoringWork
from evaluation.races.cost_bounds import RaceBounds


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceForecast:
    """When a race decides, what its first look takes, and what all of it can take at most."""

    benchmark_name: str
    bounds: RaceBounds
    """Who begins, after how many cases it is decided, and how many calls there can be."""
    first_look: Forecast
    """What everybody is asked before the first decision."""
    asked_afterwards: tuple[ScoringWork, ...]
    """Who is asked for the scores of the first look."""

    @property
    def most_seconds(self) -> float | None:
        """The first look's time, as often as it may be needed, with its loads once for each look. None: not known."""
        bounds, first = self.bounds, self.first_look
        if first.seconds is None or not first.n_calls:
            return None
        loading = max((sum(load.load_s or 0.0 for load in endpoint.loads) for endpoint in first.endpoints), default=0.0)
        asking = max(0.0, first.seconds - loading)
        return asking * bounds.most_calls / bounds.first_calls + loading * (len(bounds.looks) + bool(bounds.n_confirm))


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepForecast:
    """What a sweep tries, and what it takes."""

    combinations: tuple[Mapping[str, Any], ...]
    """The values of the parameters, by name."""
    costs: Forecast
    """What is asked, and how long that takes."""
    asked_afterwards: tuple[ScoringWork, ...]
    """Who is asked for scores once the answers are there."""
