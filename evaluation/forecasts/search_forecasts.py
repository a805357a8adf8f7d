"""What evaluations, comparisons, races and sweeps take, before they begin."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

from evaluation.forecasts.costs import PAGES, Forecast
from evaluation.forecasts.scoring_work import ScoringWork
from evaluation.races.cost_bounds import RaceBounds
from evaluation.results.frames import TEXT, ShownInNotebooks, columns_of, frame_of
from evaluation.results.planned_comparisons import PlannedComparison, PlannedEvaluation

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationForecast(Forecast):
    """What an evaluation asks, and what it takes."""

    asked_afterwards: tuple[ScoringWork, ...]
    """Who is asked for scores once the answers are there."""

    @staticmethod
    def of(costs: Forecast, asked_afterwards: tuple[ScoringWork, ...]) -> "EvaluationForecast":
        """Return the costs with what is asked afterwards."""
        own = {each.name: getattr(costs, each.name) for each in fields(costs)}
        return EvaluationForecast(**own, asked_afterwards=asked_afterwards)


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceForecast(ShownInNotebooks):
    """When a race decides, what its first look takes, and what all of it can take at most."""

    benchmark_name: str
    bounds: RaceBounds
    """Who begins, after how many cases it is decided, and how many calls there can be."""
    first_look: Forecast
    """What everybody is asked before the first decision."""
    asked_afterwards: tuple[ScoringWork, ...]
    """Who is asked for the scores of the first look."""
    PAGES: ClassVar[str] = PAGES

    @property
    def most_seconds(self) -> float | None:
        """The first look's time, as often as it may be needed, with its loads once for each look. None: not known."""
        bounds, first = self.bounds, self.first_look
        if first.seconds is None or not first.n_calls:
            return None
        loading = max((sum(load.load_s or 0.0 for load in endpoint.loads) for endpoint in first.endpoints), default=0.0)
        asking = max(0.0, first.seconds - loading)
        return asking * bounds.most_calls / bounds.first_calls + loading * (len(bounds.looks) + bool(bounds.n_confirm))

    def to_frame(self) -> "pd.DataFrame":
        """Return the data frame of the first look, as `Forecast.to_frame`."""
        return self.first_look.to_frame()


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepForecast(ShownInNotebooks):
    """What a sweep tries, and what it takes."""

    combinations: tuple[Mapping[str, Any], ...]
    """The values of the parameters, by name."""
    costs: Forecast
    """What is asked, and how long that takes."""
    asked_afterwards: tuple[ScoringWork, ...]
    """Who is asked for scores once the answers are there."""
    PAGES: ClassVar[str] = PAGES

    def to_frame(self) -> "pd.DataFrame":
        """Return the data frame of the costs, as `Forecast.to_frame`: one row per combination and endpoint."""
        return self.costs.to_frame()


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonForecast(ShownInNotebooks):
    """What would be compared, and what it takes."""

    planned: tuple[PlannedComparison, ...] | tuple[PlannedEvaluation, ...]
    """One comparison for each benchmark: of stored runs, or of candidates that are evaluated first."""
    costs: Forecast | None = None
    """What is asked first, and how long that takes; None where only stored runs are compared."""
    asked_afterwards: tuple[ScoringWork, ...] = ()
    """Who is asked for scores once the answers are there."""
    PAGES: ClassVar[str] = PAGES

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per planned comparison.

        Columns: the fields of `PlannedComparison` with the dtypes of `evaluation.results.frames`, several values as
        JSON (`string`); where candidates are evaluated first, `evaluated` and `stored` in place of the sides.
        """
        kind = PlannedEvaluation if self.costs is not None else PlannedComparison
        return frame_of(self.planned, columns_of(kind, rest=TEXT))
