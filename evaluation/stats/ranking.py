"""Ranking of several candidates by all paired tests, adjusted for the number of pairs.

Every pair has its own paired test; Holm's adjustment keeps the chance that any claim is wrong below the level. What is
significantly better than what decides on the ranks as intervals, on ties as groups, and on the one winner, if any.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import combinations
from math import inf

import numpy as np

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.stats.intervals import checked_confidence_level
from evaluation.stats.multiplicity import Gate, Matrix, adjusted_pairs, gate_of
from evaluation.stats.pair_comparison import PairComparison, compare_pair, kind_of
from evaluation.stats.vectors import cluster_means, usable_scores
from evaluation.stats.verdicts import A_BETTER, B_BETTER, Kind

Scores = Mapping[str, float]
MAX_PAIRS_WITH_CHECKS = 10
"""Number of pairs above which additional bootstrap intervals are omitted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyComparison:
    """Comparison of several candidates on one metric."""

    pairs: tuple[tuple[str, str, PairComparison], ...]
    """All pairs in the given order, or each side with the baseline second; p and verdicts adjusted for their number."""
    gate: Gate | None
    """None for two sides, or if fewer than two cases are common to all."""
    order: tuple[str, ...]
    """Best first by the mean over the cases that all sides have, or over each side's own cases if there are none."""
    groups: tuple[tuple[str, ...], ...]
    """Groups without significant differences, best first; they may overlap. Empty if several meet only a baseline."""
    ranks: Mapping[str, tuple[int, int]]
    """Best and worst rank of each side compatible with the significant differences."""
    winner: str | None
    """The side that is significantly better than every other."""
    confidence_level: float = 0.95
    """Joint level of all claims. The intervals of the pairs have their own, higher level (Bonferroni)."""
    notes: tuple[str, ...] = ()


def compare_many(
    sides: Mapping[str, Scores],
    *,
    seed: int,
    kind: Kind | None = None,
    clusters: Mapping[str, str] | None = None,
    failed: Mapping[str, Collection[str]] | None = None,
    margin: float | None = None,
    against: str | None = None,
    higher_is_better: bool = True,
    confidence_level: float = 0.95,
    of_pairs: Mapping[tuple[str, str], tuple[Scores, Scores]] | None = None,
    largest_difference: float = inf,
) -> ManyComparison:
    """Return the comparison of two or more candidates, every pair by case id.

    The order of the sides only changes which side of a pair is called A.

    Args:
        sides: One score for each case of each candidate, by its label.
        seed: With the two labels, determines the random draws of each pair.
        kind: Inferred from all scores together where it is not given.
        clusters: The cluster of each case.
        failed: Cases on which a candidate's server failed, by its label.
        margin: The largest difference that does not matter.
        against: A baseline: each other side is compared with it, and not with one another.
        higher_is_better: False for a latency.
        confidence_level: Of all claims together.
        of_pairs: The scores of each pair, in the order of `sides` or with the baseline last, where what is comparable
            depends on both; the sides' own then decide the order alone.
        largest_difference: Possible between two scores.

    Raises:
        ConfigurationError: fewer than two sides, or a score that is no number.
        UnknownNameError: a baseline that does not exist.
    """
    _check(sides, against)
    level = checked_confidence_level(confidence_level)
    usable = {label: usable_scores(scores).values for label, scores in sides.items()}
    kind, named_clusters, failures = kind or kind_of(*usable.values()), clusters or {}, failed or {}
    pairs, alpha = _pairs_of(sides, against), round(1 - level, 12)
    compared = partial(
        compare_pair,
        kind=kind,
        clusters=named_clusters,
        margin=margin,
        higher_is_better=higher_is_better,
        confidence_level=1 - alpha / len(pairs),
        beside=len(pairs) <= MAX_PAIRS_WITH_CHECKS,
        largest_difference=largest_difference,
    )
    scores = {(a, b): (sides[a], sides[b]) for a, b in pairs} if of_pairs is None else of_pairs
    comparisons = [
        compared(*scores[a, b], rng=pair_rng(seed, a, b), failed_a=failures.get(a, ()), failed_b=failures.get(b, ()))
        for a, b in pairs
    ]
    adjusted, notes = adjusted_pairs(comparisons, alpha=alpha)
    labelled = tuple((a, b, comparison) for (a, b), comparison in zip(pairs, adjusted, strict=True))
    matrix = _common(usable, kind, named_clusters)
    order, order_notes = _order(usable, matrix, kind, higher_is_better)
    beaten = [
        (a, b) if comparison.verdict == A_BETTER else (b, a)
        for a, b, comparison in labelled
        if comparison.verdict in _DECIDED
    ]
    has_all_pairs = against is None or len(sides) == 2
    groups = tied_groups(order, beaten) if has_all_pairs else ()
    return ManyComparison(
        pairs=labelled,
        gate=_gate(matrix, higher_is_better, alpha) if len(sides) > 2 else None,
        order=order,
        groups=groups,
        ranks=rank_intervals(order, beaten, through=against),
        winner=sole_winner(order, beaten),
        confidence_level=level,
        notes=(*notes, *order_notes, *(_group_notes(order, groups, beaten) if has_all_pairs else ())),
    )


_DECIDED = (A_BETTER, B_BETTER)


def pair_rng(seed: int, a: str, b: str) -> "np.random.Generator":
    """Return a generator determined by the seed and the two labels, in either order."""
    named = "\0".join(sorted((a, b)))
    return np.random.default_rng([seed, *sha256(named.encode("utf-8", "surrogatepass")).digest()])


def _check(sides: Mapping[str, Scores], against: str | None) -> None:
    if len(sides) < 2:
        raise ConfigurationError(
            f"{len(sides)} side cannot be compared: {', '.join(map(repr, sides)) or 'none'}", "Name at least two"
        )
    if against is not None and against not in sides:
        raise UnknownNameError("baseline", against, sides)


def _pairs_of(sides: Mapping[str, Scores], against: str | None) -> list[tuple[str, str]]:
    if against is None:
        return list(combinations(sides, 2))
    return [(label, against) for label in sides if label != against]


def _common(sides: Mapping[str, Scores], kind: Kind, clusters: Mapping[str, str]) -> Matrix:
    """Return the scores on the cases that all sides have, or the means of their clusters, shape (n_units, n_sides).

    Ratios as logarithms, so that their mean is that of the geometric mean.
    """
    values = {label: _logarithms(scores) if kind is Kind.RATIO else scores for label, scores in sides.items()}
    case_ids = sorted(set.intersection(*(set(scores) for scores in values.values())))
    if not case_ids:
        return np.empty((0, len(sides)))
    columns = [np.array([scores[case_id] for case_id in case_ids]) for scores in values.values()]
    if clusters:
        groups = [clusters.get(case_id) for case_id in case_ids]
        columns = [cluster_means(column, groups) for column in columns]
    return np.column_stack(columns)


def _logarithms(scores: Scores) -> Scores:
    return {case_id: float(np.log(value)) for case_id, value in scores.items() if value > 0}


def _order(
    sides: Mapping[str, Scores], matrix: Matrix, kind: Kind, higher_is_better: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the labels, best first, and notes on that order.

    Equal ones by name, sides without a case last.
    """
    notes: tuple[str, ...] = ()
    if len(matrix):
        means: dict[str, float | None] = dict(zip(sides, matrix.mean(axis=0).tolist(), strict=True))
    else:
        means = {label: _own_mean(scores, kind) for label, scores in sides.items()}
        notes = ("no case is common to all sides: they are ordered by the means of their own cases",)

    def place(label: str) -> tuple[bool, float, str]:
        mean = means[label]
        if mean is None:
            return True, 0.0, label
        return False, -mean if higher_is_better else mean, label

    return tuple(sorted(means, key=place)), notes


def _own_mean(scores: Scores, kind: Kind) -> float | None:
    values = list((_logarithms(scores) if kind is Kind.RATIO else scores).values())
    return float(np.mean(values)) if values else None


def _gate(matrix: Matrix, higher_is_better: bool, alpha: float) -> Gate | None:
    return gate_of(matrix, higher_is_better=higher_is_better, alpha=alpha) if len(matrix) > 1 else None


def _group_notes(
    order: Sequence[str], groups: Sequence[Sequence[str]], beaten: Collection[tuple[str, str]]
) -> tuple[str, ...]:
    apart = apart_without_difference(order, groups, beaten)
    if not apart:
        return ()
    (a, b), n_more = apart[0], len(apart) - 1
    others = f", nor do {n_more} further pairs" if n_more else ""
    return (f"{a!r} and {b!r} share no group, yet do not differ significantly{others}: others among them do",)


Beaten = Collection[tuple[str, str]]


def rank_intervals(names: Sequence[str], beaten: Beaten, *, through: str | None = None) -> dict[str, tuple[int, int]]:
    """Return the best and worst rank of each that are consistent with the established differences, 1 being the best.

    Args:
        names: All of them.
        beaten: Pairs of a winner and a loser.
        through: The one that all others were compared with, where they were not compared with one another: whoever is
            better than it is better than those that are worse.
    """
    better = {name: {winner for winner, loser in beaten if loser == name} for name in names}
    worse = {name: {loser for winner, loser in beaten if winner == name} for name in names}
    if through is not None:
        for name in names:
            better[name] |= better[through] if through in better[name] else set()
            worse[name] |= worse[through] if through in worse[name] else set()
    return {name: (1 + len(better[name]), len(names) - len(worse[name])) for name in names}


def tied_groups(order: Sequence[str], beaten: Beaten) -> tuple[tuple[str, ...], ...]:
    """Return the longest stretches of the order in which no two differ, best first; one may be in several.

    They make a compact letter display: a letter for each group. Two that share a group do not differ; two that share
    none differ, or lie on either side of such a difference (`apart_without_difference`).
    """
    differ = {frozenset(pair) for pair in beaten}
    groups: list[tuple[str, ...]] = []
    end = 0
    for start in range(len(order)):
        reach = start + 1
        while reach < len(order) and not any(frozenset((name, order[reach])) in differ for name in order[start:reach]):
            reach += 1
        if reach > end:
            groups.append(tuple(order[start:reach]))
            end = reach
    return tuple(groups)


def letters(groups: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return the letters of each: `a` for the best group, `ab` for one that belongs to the two best."""
    by_name: dict[str, str] = {}
    for index, group in enumerate(groups):
        for name in group:
            by_name[name] = by_name.get(name, "") + _letter(index)
    return by_name


def apart_without_difference(
    order: Sequence[str], groups: Sequence[Sequence[str]], beaten: Beaten
) -> tuple[tuple[str, str], ...]:
    """Return the pairs that share no group although they do not differ, since two between or beside them do.

    The better of each pair first.
    """
    together = {(a, b) for group in groups for a in group for b in group}
    differ = {frozenset(pair) for pair in beaten}
    return tuple(
        (a, b)
        for i, a in enumerate(order)
        for b in order[i + 1 :]
        if (a, b) not in together and frozenset((a, b)) not in differ
    )


def sole_winner(names: Sequence[str], beaten: Beaten) -> str | None:
    """Return the one that is better than every other, if there is one."""
    others: Mapping[str, set[str]] = {name: set(names) - {name} for name in names}
    winners = [
        name for name in names if others[name] and others[name] <= {worse for won, worse in beaten if won == name}
    ]
    return winners[0] if winners else None


def _letter(index: int) -> str:
    """Return a, b, … z, then aa, ab, …, like the columns of a spreadsheet."""
    rest, place = divmod(index, 26)
    return ("" if rest == 0 else _letter(rest - 1)) + chr(ord("a") + place)
