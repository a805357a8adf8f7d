"""Comparable timings: figures of prompts that the servers had cached to the same extent.

If one loaded model serves several candidates in turn, one of them reads a case's prompt and the others find it in the
server's cache. Each side's figure of a case is therefore kept by the state of its prompt, and one basis is compared:
cases whose prompts all sides read; cases whose prompts all found in the cache; or sets of cases, in each of which every
side read one prompt and found the others, which is what a crossover trial compares.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import exp, fsum, log

from evaluation.generation import PromptState
from evaluation.results.pairs import Basis

States = tuple[PromptState, ...]
"""Prompt states behind a side's figure, one for each member."""
Values = Mapping[States, float]
"""A side's figures on one case, by the prompt states in which they were measured."""
Sides = Mapping[str, Mapping[str, Values]]
"""Values by side, then by case."""

MIN_ALIKE = 6
"""Fewer pairs cannot separate two sides even if all differences have the same sign (sign flips, p > .03)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparableFigures:
    """Figures to compare."""

    basis: Basis
    values: Mapping[str, Mapping[str, float]]
    """Values by side and case; on the basis `balanced` by side and set of cases, as the geometric mean over the set."""
    shown: Mapping[str, Mapping[str, float]]
    """The same values with arithmetic means."""
    first_cases: Mapping[str, str]
    """First case of each set of cases; empty where cases are compared one by one."""
    n_shared: int
    """Cases on which at least two sides have a figure in any state."""
    n_compared: int
    """Those of the shared cases that enter the comparison of at least two sides."""

    @property
    def n_pairs(self) -> int:
        """The number of cases for which at least two sides have a value."""
        return _n_shared(self.values)

    @property
    def is_too_little(self) -> bool:
        """True where cases were excluded for unlike prompt states and too few are left."""
        return self.n_compared < self.n_shared and self.n_pairs < MIN_ALIKE


def comparable_figures(sides: Sides, *, in_turn: bool = True) -> ComparableFigures:
    """Return the figures that may be compared, on the basis that gives the most pairs.

    Of bases with equally many, the one nearest to fresh prompts.

    Args:
        sides: Two or more.
        in_turn: False where the sides were not asked in turn, so that a prompt in an unknown cache state may have been
            stored for one side and read for the other.
    """
    n_shared = _n_shared(sides)
    eligible_sides = sides if in_turn else {label: _of_known_prompts(of_side) for label, of_side in sides.items()}
    bases = [*_uniform(eligible_sides, n_shared), *_balanced(eligible_sides, n_shared)]
    if not bases:
        return ComparableFigures(
            basis="fresh",
            values={label: {} for label in sides},
            shown={label: {} for label in sides},
            first_cases={},
            n_shared=n_shared,
            n_compared=0,
        )
    return max(bases, key=lambda figures: (figures.n_pairs, -_PREFERRED.index(figures.basis)))


def _of_known_prompts(of_side: Mapping[str, Values]) -> dict[str, Values]:
    by_case = {
        case_id: {states: value for states, value in values.items() if PromptState.UNKNOWN not in states}
        for case_id, values in of_side.items()
    }
    return {case_id: values for case_id, values in by_case.items() if values}


_PREFERRED: tuple[Basis, ...] = ("fresh", "balanced", "cached", "unknown", "mixed")


def _n_shared(sides: Mapping[str, Mapping[str, object]]) -> int:
    counts = Counter(case_id for values in sides.values() for case_id in values)
    return sum(n > 1 for n in counts.values())


def _uniform(sides: Sides, n_shared: int) -> Iterator[ComparableFigures]:
    """Yield one basis for each mixture of prompt states that two sides share.

    Sides may have different numbers of members.
    """
    kinds = dict.fromkeys(
        _kind(states) for values in sides.values() for of_case in values.values() for states in of_case
    )
    for kind in kinds:
        values = {
            label: {
                case_id: value
                for case_id, of_case in of_side.items()
                for states, value in of_case.items()
                if _kind(states) == kind
            }
            for label, of_side in sides.items()
        }
        if n_pairs := _n_shared(values):
            basis: Basis = "mixed" if len(kind) > 1 else _BASES[next(iter(kind))[0]]
            yield ComparableFigures(
                basis=basis, values=values, shown=values, first_cases={}, n_shared=n_shared, n_compared=n_pairs
            )


_BASES: Mapping[PromptState, Basis] = {
    PromptState.FRESH: "fresh",
    PromptState.CACHED: "cached",
    PromptState.UNKNOWN: "unknown",
}


def _kind(states: States) -> frozenset[tuple[PromptState, float]]:
    """Return the prompt states and the share of each."""
    return frozenset((state, n / len(states)) for state, n in Counter(states).items())


def _balanced(sides: Sides, n_shared: int) -> Iterator[ComparableFigures]:
    """Yield sets of cases, one for each side, in which it alone had a fresh prompt and all others a cached one."""
    first, *others = sides.values()
    by_reader: defaultdict[str, list[str]] = defaultdict(list)
    for case_id in sorted(case_id for case_id in first if all(case_id in other for other in others)):
        if (reader := _sole_reader({label: of_side[case_id] for label, of_side in sides.items()})) is not None:
            by_reader[reader].append(case_id)
    n_sets = min((len(by_reader[label]) for label in sides), default=0)
    if n_sets:
        drawn = (tuple(by_reader[label][i] for label in sides) for i in range(n_sets))
        sets = {" + ".join(case_ids): case_ids for case_ids in drawn}
        yield ComparableFigures(
            basis="balanced",
            values={label: _means(of_side, sets, is_geometric=True) for label, of_side in sides.items()},
            shown={label: _means(of_side, sets, is_geometric=False) for label, of_side in sides.items()},
            first_cases={name: case_ids[0] for name, case_ids in sets.items()},
            n_shared=n_shared,
            n_compared=n_sets * len(sides),
        )


def _sole_reader(of_case: Mapping[str, Values]) -> str | None:
    """Return the side whose prompt was fresh where those of all others were not."""
    readers = [label for label, values in of_case.items() if any(PromptState.FRESH in states for states in values)]
    if len(readers) != 1 or not all(_first(values) is not None for values in of_case.values()):
        return None
    others = {_kind(states) for label, values in of_case.items() if label != readers[0] for states in values}
    return readers[0] if len(others) == 1 else None


def _first(values: Values) -> float | None:
    """Return the value whose prompt-cache state is closest to uncached."""
    return next((value for _, value in sorted(values.items(), key=lambda item: _rank(item[0]))), None)


def nearest_to_fresh(of_side: Mapping[str, Values]) -> dict[str, float]:
    """Return a side's figure of each case, in the state nearest to a fresh prompt: for reading, not for comparing."""
    return {case_id: value for case_id, of_case in of_side.items() if (value := _first(of_case)) is not None}


def _rank(states: States) -> int:
    return min(tuple(PromptState).index(state) for state in states)


def _means(values: Mapping[str, Values], sets: Mapping[str, Sequence[str]], *, is_geometric: bool) -> dict[str, float]:
    means: dict[str, float] = {}
    for name, case_ids in sets.items():
        numbers = [value for case_id in case_ids if (value := _first(values[case_id])) is not None]
        if not is_geometric:
            means[name] = fsum(numbers) / len(numbers)
        elif all(number > 0 for number in numbers):
            means[name] = exp(fsum(map(log, numbers)) / len(numbers))
    return means


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparablePairs:
    """One figure of all sides, with a suitable basis for each pair."""

    word: str
    sides: Sides
    of_all: ComparableFigures
    """Figures by which all sides are ordered."""
    of_pairs: Mapping[tuple[str, str], ComparableFigures]

    @property
    def is_too_little(self) -> bool:
        """True where no pair can be compared."""
        return all(figures.is_too_little for figures in self.of_pairs.values())

    def clusters(self, of_cases: Mapping[str, str]) -> dict[str, str]:
        """Return the cluster of each set of cases: that of its first case."""
        firsts = {name: case_id for figures in self.of_pairs.values() for name, case_id in figures.first_cases.items()}
        firsts |= self.of_all.first_cases
        return {name: of_cases[case_id] for name, case_id in firsts.items() if case_id in of_cases}

    def values_of(self, pair: tuple[str, str]) -> tuple[Mapping[str, float], Mapping[str, float]]:
        """Return the values by which the two are compared; empty where there are too few."""
        figures = self.of_pairs[pair]
        return ({}, {}) if figures.is_too_little else (figures.values[pair[0]], figures.values[pair[1]])


def comparable_pairs(
    word: str, sides: Sides, against: str | None, *, asked_with: Mapping[str, Hashable] | None = None
) -> ComparablePairs:
    """Return the comparable figures of all pairs, or of all pairs with one side.

    Args:
        word: Name of the figure.
        sides: Two or more.
        against: The side that every other one is compared with; None: all pairs.
        asked_with: Equal for sides that were asked in turn. None: all were.
    """
    turn = asked_with or {}
    pairs = combinations(sides, 2) if against is None else ((label, against) for label in sides if label != against)
    of_pairs = {
        (a, b): comparable_figures({a: sides[a], b: sides[b]}, in_turn=turn.get(a) == turn.get(b)) for a, b in pairs
    }
    of_all = comparable_figures(sides, in_turn=len({turn.get(label) for label in sides}) == 1)
    return ComparablePairs(
        word=word, sides=sides, of_all=next(iter(of_pairs.values())) if len(sides) == 2 else of_all, of_pairs=of_pairs
    )


def notes_on(figures: Sequence[ComparablePairs]) -> tuple[str, ...]:
    """Return on which prompts timings were compared, where not on all; one line for figures with the same note."""
    words_by_line: dict[str, list[str]] = {}
    for figure in figures:
        for line in _lines(figure):
            words_by_line.setdefault(line, []).append(figure.word)
    return tuple(f"{', '.join(words)}: {line}" for line, words in words_by_line.items())


def _lines(figure: ComparablePairs) -> list[str]:
    lines: dict[str, list[str]] = {}
    for (a, b), figures in figure.of_pairs.items():
        line = _why_not(figures, {a: figure.sides[a], b: figure.sides[b]}) if figures.is_too_little else _how(figures)
        if line is not None:
            lines.setdefault(line, []).append(f"{a} – {b}")
    if len(figure.of_pairs) == 1:
        return list(lines)
    return [
        f"{', '.join(pairs) if len(pairs) <= _NAMED else f'{len(pairs):,} of {len(figure.of_pairs):,} pairs'}: {line}"
        for line, pairs in lines.items()
    ]


_NAMED = 3


def _why_not(figures: ComparableFigures, sides: Sides) -> str:
    shares = "; ".join(f"{label}: {_share(values)}" for label, values in sides.items())
    why = (
        f"only {figures.n_compared:,} of {figures.n_shared:,} common cases had the same prompt-cache state on both "
        "sides"
    )
    if all(map(_is_unknown, sides.values())):
        return f"timing cannot be compared: {why} for certain; the servers do not report cache hits ({shares})"
    return f"timing cannot be compared: {why} ({shares})"


def _share(values: Mapping[str, Values]) -> str:
    """Return the number of a side's cases with nothing but answers to prompts that may have been cached."""
    n_kept = sum(not any(PromptState.FRESH in states for states in of_case) for of_case in values.values())
    return f"{n_kept:,} of {len(values):,} prompts cached"


def _is_unknown(values: Mapping[str, Values]) -> bool:
    return any(PromptState.UNKNOWN in states for of_case in values.values() for states in of_case)


def _how(figures: ComparableFigures) -> str | None:
    """Return the prompts on which two sides were compared; None where all were fresh."""
    of = f"{figures.n_compared:,} of {figures.n_shared:,} cases"
    if figures.basis == "fresh":
        return (
            None if figures.n_compared == figures.n_shared else f"compared on the {of} whose prompts were read for both"
        )
    if figures.basis == "balanced":
        return (
            f"compared on {figures.n_pairs:,} sets of 2 cases; in each set, both sides had one fresh and one cached "
            f"prompt ({of})"
        )
    return f"compared on the {of} {_CASES[figures.basis]}"


_CASES: Mapping[Basis, str] = {
    "cached": "whose prompts were in the server's cache for both",
    "unknown": "that had been asked before; their servers do not say what they had kept of the prompts",
    "mixed": "with the same share of cached prompts",
}
