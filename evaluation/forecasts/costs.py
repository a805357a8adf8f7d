"""What planned work will cost: by candidate, by loaded model, by endpoint, in all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from evaluation.forecasts.index_forecasts import IndexForecast
from evaluation.results.as_json import OMITTED_IF_EMPTY
from evaluation.results.frames import TEXT, ShownInNotebooks, columns_of, frame, row_of
from evaluation.retrieval.left_out import CorpusSummary
from evaluation.store.past_speed import PastSpeed

if TYPE_CHECKING:
    import pandas as pd

PAGES = "evaluation.reports.notebook_forecasts"
"""Module of the pages that notebooks show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkForecast:
    """Forecast of one candidate on one benchmark at one endpoint."""

    label: str
    further_model: str | None = None
    """Model that the candidate's pipeline asks beside its own, if this is the work of one."""
    benchmark_name: str
    n_cases: int
    n_repeats: int
    n_done: int
    n_reusable: int
    n_calls: int
    """This endpoint's share of the remaining calls."""
    shared_with: tuple[str, ...]
    """Other endpoints that share the work."""
    prompt_tokens: int | None
    """None if unknown."""
    prompt_tokens_from_characters: bool
    """True if estimated at four characters per token."""
    output_tokens: int | None
    seconds: float | None
    """Without loading; None if there is no earlier answer of the model here or at another endpoint of the pool."""
    speed: PastSpeed | None
    """Basis of the estimate; that of another endpoint of the pool if this one has no earlier answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadForecast:
    """All work of one loaded model on one endpoint until the next model is loaded."""

    model: str
    load_options: Mapping[str, object]
    load_s: float | None
    """None if unknown, and then in no total."""
    works: tuple[WorkForecast, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointForecast:
    """The work of one endpoint in order."""

    endpoint_name: str
    slots: int
    loads: tuple[LoadForecast, ...]
    seconds: float | None
    """Time until the work is done, as far as known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast(ShownInNotebooks):
    """All planned work with its expected time and tokens."""

    endpoints: tuple[EndpointForecast, ...]
    n_model_loads: int
    n_calls: int
    n_done: int
    n_reusable: int
    n_calls_untimed: int
    """Calls without a time estimate, which are in no total of seconds."""
    n_loads_untimed: int
    prompt_tokens: int | None
    """Total over the calls for which they are known; None if for none."""
    output_tokens: int | None
    seconds: float | None
    """Time until the last endpoint is done, as far as known."""
    corpora: tuple[CorpusSummary, ...] = field(default=(), metadata=OMITTED_IF_EMPTY)
    """What was read of each corpus, and what was left out; empty where nothing is searched."""
    indexes: tuple[IndexForecast, ...] = field(default=(), metadata=OMITTED_IF_EMPTY)
    """What has to be embedded before cases can be asked; empty where no embedder is needed."""
    PAGES: ClassVar[str] = PAGES

    @property
    def works(self) -> tuple[WorkForecast, ...]:
        """All work, by endpoint and in order."""
        return tuple(work for endpoint in self.endpoints for load in endpoint.loads for work in load.works)

    @property
    def speeds(self) -> tuple[PastSpeed, ...]:
        """The speeds behind the estimates, each once."""
        return tuple(dict.fromkeys(work.speed for work in self.works if work.speed is not None))

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per candidate, benchmark and endpoint, in order.

        Columns: `endpoint`, `model` and the fields of `WorkForecast` with the dtypes of `evaluation.results.frames`;
        `shared_with` and `speed` are JSON (`string`).
        """
        own = columns_of(WorkForecast, rest=TEXT)
        rows = [
            {"endpoint": endpoint.endpoint_name, "model": load.model, **row_of(work, own)}
            for endpoint in self.endpoints
            for load in endpoint.loads
            for work in load.works
        ]
        return frame(rows, {"endpoint": TEXT, "model": TEXT, **own})
