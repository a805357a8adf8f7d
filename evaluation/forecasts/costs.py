"""What planned work will cost: by candidate, by loaded model, by endpoint, in all."""

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.store.past_speed import PastSpeed


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkForecast:
    """One candidate on one benchmark at one endpoint."""

    label: str
    benchmark_name: str
    n_cases: int
    n_repeats: int
    n_done: int
    n_reusable: int
    n_calls: int
    """This endpoint's share of what is still to be asked."""
    shared_with: tuple[str, ...]
    """Other endpoints that take part in the same work."""
    prompt_tokens: int | None
    """None: not known."""
    prompt_tokens_from_characters: bool
    """True where they are no more than four characters to a token."""
    output_tokens: int | None
    seconds: float | None
    """Without loading; None: the model was never asked here, nor at another endpoint of the pool."""
    speed: PastSpeed | None
    """What the estimate rests on; of another endpoint of the pool where this one was never asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadForecast:
    """All that one loaded model does on one endpoint before the next takes its place."""

    model: str
    load_options: Mapping[str, object]
    load_s: float | None
    """None: not known, and not in any sum."""
    works: tuple[WorkForecast, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointForecast:
    """The work of one endpoint, in order."""

    endpoint_name: str
    slots: int
    loads: tuple[LoadForecast, ...]
    seconds: float | None
    """Until it is done, as far as that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """All planned work and what it will cost."""

    endpoints: tuple[EndpointForecast, ...]
    n_model_loads: int
    n_calls: int
    n_done: int
    n_reusable: int
    n_calls_untimed: int
    """Calls without an estimate of their time: in no sum of seconds."""
    n_loads_untimed: int
    prompt_tokens: int | None
    """Of the calls for which they are known; None: of none."""
    output_tokens: int | None
    seconds: float | None
    """Until the last endpoint is done, as far as that is known."""

    @property
    def works(self) -> tuple[WorkForecast, ...]:
        """All of them, by endpoint and in order."""
        return tuple(work for endpoint in self.endpoints for load in endpoint.loads for work in load.works)

    @property
    def speeds(self) -> tuple[PastSpeed, ...]:
        """What the estimates rest on, each once."""
        return tuple(dict.fromkeys(work.speed for work in self.works if work.speed is not None))
