"""Costs of a cascade's answers as arrays: sums over the stages that lead to each answer, all answers at once.

They equal `evaluation.records.stages.summed`, measured answer by answer, to the last bit: each sum is taken in the
order of asking.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.cost import CostUsd
from evaluation.metrics.metric import Metric
from evaluation.metrics.speed import EnergyJ, LatencyS
from evaluation.results.cascade_curves import COST_FIGURES
from evaluation.scores import Measurement
from evaluation.store.stage_columns import ChatColumns

Numbers = NDArray[np.float64]
Truths = NDArray[np.bool_]
Places = NDArray[np.int64]
Figures = Mapping[str, Numbers]
"""A number of every answer by the name of its cost; NaN where it is not known."""
Prices = Mapping[str, CostUsd | None]
"""Cost of an answer of each model; None without a price."""
_ANY_CASE = Case(case_id="any")
"""Placeholder for the case of a figure, which does not depend on it."""
_TIMED: Mapping[str, Metric] = {"latency_s": LatencyS(), "energy_j": EnergyJ()}


@dataclass(frozen=True, kw_only=True)
class Sides:
    """A number of every answer on either side; NaN where it has none."""

    small: Numbers
    large: Numbers

    def chosen(self, escalated: Truths) -> Numbers:
        """Return each answer's number on the side of the threshold on which it is."""
        return np.where(escalated, self.large, self.small)


def chat_figures(
    chats: ChatColumns, places: Places, is_in: Truths, *, is_reused: Truths, prices: Prices
) -> dict[str, Numbers]:
    """Return the costs of every answer from some of the chats, arrays of shape (n_answers,).

    Args:
        chats: The chats of all answers, those of an answer together and in the order of asking.
        places: Place of each chat's answer, shape (n_chats,); -1 for a chat that belongs to none.
        is_in: Chats that are summed, shape (n_chats,).
        is_reused: Answers taken from an earlier run, shape (n_answers,).
        prices: By model.
    """
    rows = np.flatnonzero(is_in & (places >= 0))
    sums = _Sums(places=places[rows], n=len(is_reused))
    reused = is_reused.copy()
    reused[places[rows][chats.is_reused[rows]]] = True
    total_s = sums.of(chats.seconds[rows])
    return {
        "latency_s": np.where(reused, np.nan, _waits(chats, rows, places[rows], n=len(is_reused))),
        "prompt_tokens": sums.of(chats.prompt_tokens[rows]),
        "output_tokens": sums.of(chats.output_tokens[rows]),
        "energy_j": np.where(reused | np.isnan(total_s), np.nan, sums.of(chats.energy_j[rows])),
        "cost_usd": sums.of(_costs(chats, rows, is_reused[places[rows]], prices)),
    }


def without_rows(figures: Figures, left_out: Truths) -> dict[str, Numbers]:
    """Return the figures with NaN for some answers."""
    return {name: np.where(left_out, np.nan, values) for name, values in figures.items()}


def figures_of_answer(answer: Generation | None, cost_usd: float) -> dict[str, float]:
    """Return the costs of an answer that is stored as a whole, with the cost of its stages."""
    if answer is None:
        return dict.fromkeys(COST_FIGURES, np.nan)
    tokens = {name: getattr(answer, name) for name in ("prompt_tokens", "output_tokens")}
    timed = {name: _value(metric, answer) for name, metric in _TIMED.items()}
    return {name: np.nan if value is None else float(value) for name, value in (tokens | timed).items()} | {
        "cost_usd": cost_usd
    }


class _Sums:
    """Sums of chats by answer, each in the order of asking; NaN where a chat has no number, or there is no chat."""

    def __init__(self, *, places: Places, n: int) -> None:
        self._places, self._n = places, n
        self._rounds = rounds_of(places)

    def of(self, values: Numbers) -> Numbers:
        totals = np.full(self._n, np.nan)
        totals[self._places] = 0.0
        for chats in self._rounds:
            totals[self._places[chats]] += values[chats]
        return totals


def rounds_of(places: Places) -> list[Places]:
    """Return the first entry of each place, then the second of each, …; entries of a place are neighbours."""
    if not len(places):
        return []
    begins = np.flatnonzero(np.diff(places, prepend=places[0] - 1))
    ranks = np.arange(len(places)) - np.repeat(begins, np.diff(begins, append=len(places)))
    return [np.flatnonzero(ranks == rank) for rank in range(int(ranks.max()) + 1)]


def _waits(chats: ChatColumns, rows: Places, places: Places, *, n: int) -> Numbers:
    """Return the seconds in which at least one chat of an answer was under way, as `wait_s` of an answer tells them."""
    loading = chats.seconds_loading[rows]
    is_unknown = np.isnan(chats.seconds[rows]) | (np.isnan(loading) & chats.is_cold[rows])
    ends = chats.finished_at[rows]
    begins = ends - np.maximum(0.0, chats.seconds[rows] - np.where(np.isnan(loading), 0.0, loading))
    order = np.lexsort((ends, begins, places))
    places, begins, ends, is_unknown = places[order], begins[order], ends[order], is_unknown[order]
    under_way, until = np.full(n, np.nan), np.full(n, -np.inf)
    under_way[places] = 0.0
    for spans in rounds_of(places):
        here = places[spans]
        under_way[here] += np.maximum(0.0, ends[spans] - np.maximum(begins[spans], until[here]))
        until[here] = np.maximum(until[here], ends[spans])
    under_way[places[is_unknown]] = np.nan
    return under_way


def _costs(chats: ChatColumns, rows: Places, is_reused: Truths, prices: Prices) -> Numbers:
    """Return what each chat cost at the price of its own model."""
    costs = np.full(len(rows), np.nan)
    if not any(prices.values()):
        return costs
    for place, (row, reused) in enumerate(zip(rows.tolist(), is_reused.tolist(), strict=True)):
        if (metric := prices.get(chats.models[row] or "")) is not None:
            tokens_in, tokens_out = _or_none(chats.prompt_tokens[row]), _or_none(chats.output_tokens[row])
            is_old = reused or bool(chats.is_reused[row])  # its energy belongs to another run
            chat = Generation(
                answer="",
                text="",
                prompt_tokens=None if tokens_in is None else int(tokens_in),
                output_tokens=None if tokens_out is None else int(tokens_out),
                energy_j=None if is_old else _or_none(chats.energy_j[row]),
            )
            cost = _value(metric, chat)
            costs[place] = np.nan if cost is None else cost
    return costs


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _value(metric: Metric, answer: Generation) -> float | None:
    measured = metric.measure(_ANY_CASE, (answer,), {})
    return measured.value if isinstance(measured, Measurement) else None
