"""Whether a policy's budget counts what is known of a candidate: else it would never be spent."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evaluation.errors import ConfigurationError
from evaluation.records.policies import Budget
from evaluation.requests.prices import PriceTable, as_prices, price_of
from evaluation.store.session import Store
from selection.preferences import Question
from selection.recommender.registry import recommender_of

if TYPE_CHECKING:
    from evaluation.records.evidence import Choosable


def must_be_countable(
    store: Store, question: Question, candidate: "Choosable", *, budget: Budget, prices: Mapping[str, Any] | None
) -> None:
    """Check that a budget counts what is known of a candidate: else it would never be spent.

    Args:
        store: The evidence.
        question: Its task is the one on which energies were measured.
        candidate: Who answers.
        budget: What is counted.
        prices: Prices of models, as a price file has them; None: none are known.

    Raises:
        ConfigurationError: joules without a measured energy, or US dollars without a price.
    """
    limits, energy_j = budget.limits, _energy_j(store, question, candidate)
    if "joules" in limits and energy_j is None:
        raise ConfigurationError(
            f"the budget counts joules, and the energy of {candidate.label} was not measured",
            "Count gpu_s or tokens instead, or evaluate it where NVML can be read.",
        )
    if "usd" not in limits:
        return
    table = PriceTable() if prices is None else as_prices(prices)
    price = price_of(table, candidate.model)
    if price is None:
        raise ConfigurationError(
            f"the budget counts US dollars, and no price of {candidate.model} is given",
            "Give a price file: `--prices prices.yaml`, such as models: {'llama3.2:*': {output_per_million: 0.20}}.",
        )
    if price.per_kwh is not None and energy_j is None:
        raise ConfigurationError(
            f"{candidate.model} is priced by kWh, and its energy was not measured",
            "Price it by tokens (input_per_million, output_per_million), or evaluate it where NVML can be read.",
        )


def _energy_j(store: Store, question: Question, candidate: "Choosable") -> float | None:
    """Return the mean energy of an answer as measured on the question's task; None: it was not measured."""
    board = recommender_of(store).view().scoreboard
    keys = [each.key for each in board.candidates]
    position = keys.index(candidate.key) if candidate.key in keys else None
    standing = board.standings.get(question.task) if question.task is not None else board.overall
    if position is None or standing is None:
        return None
    value = float(standing.energy_j[position])
    return None if value != value else value
