"""Upper bounds of a race's cost, computed from its rules before it starts."""

from dataclasses import dataclass

from evaluation.races.rules import Method, RaceRules
from evaluation.races.schedule import cut_confirmation, n_held_out, n_survivors, schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceBounds:
    """Limits of a race, known before it starts."""

    n_candidates: int
    n_cases: int
    """Cases of the benchmark that the race may ask."""
    looks: tuple[int, ...]
    """Cases asked of every remaining candidate by each decision."""
    n_confirm: int
    """Unseen cases for the winner and the runner-up, at most."""
    first_calls: int
    """Generations up to the first look, in which every candidate takes part."""
    most_calls: int
    """Generations of the whole race if as many candidates as possible stay at every look and the budget allows it."""
    full_grid_calls: int
    """Generations needed to ask every candidate every case."""
    note: str | None
    """Information for the user before the race starts."""


def bounds(rules: RaceRules, *, n_cases: int, n_candidates: int) -> RaceBounds:
    """Return the bounds of a race.

    Args:
        rules: The race's.
        n_cases: Cases of the benchmark.
        n_candidates: Candidates at the start.
    """
    looks = tuple(level.n_cases or 0 for level in schedule(rules, n_pool=n_cases, n_candidates=n_candidates))
    n_confirm = min(n_held_out(rules, n_cases), n_cases - looks[-1])
    most = rules.n_repeats * (_max_calls(rules, looks, n_candidates) + 2 * n_confirm)
    return RaceBounds(
        n_candidates=n_candidates,
        n_cases=n_cases,
        looks=looks,
        n_confirm=n_confirm,
        first_calls=rules.n_repeats * n_candidates * looks[0],
        most_calls=most if rules.budget.calls is None else min(most, rules.budget.calls),
        full_grid_calls=rules.n_repeats * n_candidates * n_cases,
        note=cut_confirmation(rules, n_cases),
    )


def _max_calls(rules: RaceRules, looks: tuple[int, ...], n_candidates: int) -> int:
    """Return cases times candidates, without the confirmation: by evidence, everybody may stay in to the last look."""
    if rules.method is Method.EVIDENCE:
        return n_candidates * looks[-1]
    n_in, n_before, n_calls = n_candidates, 0, 0
    for size in looks:
        if n_in < 2:
            break
        n_calls += n_in * (size - n_before)
        n_in, n_before = n_survivors(n_in, is_last=size == looks[-1]), size
    return n_calls
