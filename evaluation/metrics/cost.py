"""Cost of an answer in US dollars, by its tokens or by the energy it used.

cost = (tokens in · price in + tokens out · price out) / 10⁶, or joules / 3.6·10⁶ · price of a kilowatt-hour
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import ClassVar

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.generation import Generation
from evaluation.metrics.metric import AnswerMetric
from evaluation.scores import Measurement

JOULES_PER_KWH = 3.6e6
_PRICES = ("input_per_million", "output_per_million", "per_kwh")
_EXAMPLE = "For example cost_usd(input_per_million=0.15, output_per_million=0.60), or cost_usd(per_kwh=0.30)"


@dataclass(frozen=True, kw_only=True)
class CostUsd(AnswerMetric):
    """US dollars for one answer, by its tokens or by the electricity that its GPU used for it.

    A reused answer costs by its tokens what it would cost again, so it counts in the mean, and not in the run's
    total; by electricity it has no cost, since its energy belongs to another run. Where tokens or energy are not known
    there is no cost: it is never taken for 0.
    """

    name: ClassVar[str] = "cost_usd"
    unit: ClassVar[str] = "USD"
    value_range: ClassVar[tuple[float, float]] = (0.0, inf)
    higher_is_better: ClassVar[bool] = False
    formula: ClassVar[str] = "(tokens in · price in + tokens out · price out) / 1e6, or joules / 3.6e6 · price of a kWh"
    blind_spots: ClassVar[str] = (
        "By tokens: discounts for cached prompts and the tokens of attempts that failed. By energy: the machine beside "
        "its GPU, cooling, the model's loading, and what the machine itself cost."
    )

    input_per_million: float | None = None
    """US dollars per million prompt tokens."""
    output_per_million: float | None = None
    """US dollars per million output tokens, including thinking."""
    per_kwh: float | None = None
    """US dollars per kilowatt-hour."""

    def __post_init__(self) -> None:
        """Refuse an invalid price, half a token price, and both kinds of price at once."""
        for name in _PRICES:
            price = getattr(self, name)
            if price is not None and not (isfinite(price) and price >= 0):
                raise ConfigurationError(f"cost_usd: {name}={price!r} must be a finite number of at least 0", _EXAMPLE)
        if (self.input_per_million is None) != (self.output_per_million is None):
            raise ConfigurationError(
                "cost_usd: give both input_per_million and output_per_million (0 is allowed)", _EXAMPLE
            )
        if self.is_by_token and self.per_kwh is not None:
            raise ConfigurationError("cost_usd: give either token prices or per_kwh, not both", _EXAMPLE)

    @property
    def is_by_token(self) -> bool:
        """Whether the price is by tokens."""
        return self.input_per_million is not None

    def problem(self, case: Case) -> str | None:
        """Say that there is no price."""
        if self.is_by_token or self.per_kwh is not None:
            return None
        return (
            "cannot be priced: give a price as an option, as in cost_usd(per_kwh=0.30), or leave cost_usd out and give "
            "--prices FILE, by which every run has it"
        )

    def measure_answer(self, case: Case, generation: Generation) -> Measurement | None:
        cost = self._by_token(generation) if self.is_by_token else self._by_energy(generation)
        return None if cost is None else Measurement(value=cost)

    def _by_token(self, generation: Generation) -> float | None:
        n_in, n_out = generation.prompt_tokens, generation.output_tokens
        if n_in is None or n_out is None or self.input_per_million is None or self.output_per_million is None:
            return None
        return (n_in * self.input_per_million + n_out * self.output_per_million) / 1e6

    def _by_energy(self, generation: Generation) -> float | None:
        if generation.energy_j is None or generation.reused or self.per_kwh is None:
            return None
        return generation.energy_j / JOULES_PER_KWH * self.per_kwh


@dataclass(frozen=True, kw_only=True)
class CostOfModelsUsd(CostUsd):
    """US dollars for the answer of a pipeline that asks several models, each request at the price of its own model."""

    name: ClassVar[str] = CostUsd.name

    prices: tuple[tuple[str, CostUsd], ...] = ()
    """Price of each model, by its name."""

    def measure_answer(self, case: Case, generation: Generation) -> Measurement | None:
        is_by_energy = any(price.per_kwh is not None for _, price in self.prices)
        if generation.cost_usd is None or (generation.reused and is_by_energy):
            return None
        return Measurement(value=generation.cost_usd)


def cost_metric(price: Mapping[str, float] | None) -> CostUsd | None:
    """Return the metric for a price as a run stores it with a candidate; None for a candidate without one."""
    return CostUsd(**price) if price else None


def cost_of_models(prices: Mapping[str, Mapping[str, float]] | None) -> CostOfModelsUsd | None:
    """Return the metric for the prices of a candidate's models as a run stores them; None without them."""
    if not prices:
        return None
    return CostOfModelsUsd(prices=tuple((model, CostUsd(**price)) for model, price in sorted(prices.items())))


def is_free(price: CostUsd) -> bool:
    """Check whether an answer costs nothing, however many tokens it has."""
    return price.is_by_token and not price.input_per_million and not price.output_per_million
