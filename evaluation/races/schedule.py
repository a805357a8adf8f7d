"""The schedule of a race, fixed before it starts: after how many cases candidates may be dropped."""

import math

from evaluation.races.rules import Level, Method, RaceRules

FIRST_LOOK, FIRST_LOOK_OF_FEW = 40, 20
"""Cases of the first look in a benchmark of 400 cases or more, and of 200 or fewer."""
STEP_SHARE, SHORTEST_STEP = 0.08, 50
"""Largest distance between looks, as a share of the benchmark and in cases. Looks double until they reach it.

Early looks cost a load of every model; late ones, with few models left, cost little and save many generations.
"""
LEAST_STEP = 0.5
"""Share of a step; a last look that would add less is merged with the one before."""
FIRST_ROUND = 28
ROUND_GROWTH = 1.75
"""Growth factor from one round of halving to the next."""
SMALLEST_ROUND = 8


def n_held_out(rules: RaceRules, n_pool: int) -> int:
    """Return the number of cases that only the confirmation asks, of a benchmark with `n_pool` cases."""
    n_confirm = rules.confirm if rules.confirm is not None else math.ceil(rules.confirm_share * n_pool)
    return max(0, min(n_confirm, n_pool - 2))


def cut_confirmation(rules: RaceRules, n_pool: int) -> str | None:
    """Return a note that fewer cases are held out than requested; None: they are not."""
    n_kept = n_held_out(rules, n_pool)
    if rules.confirm is None or n_kept >= rules.confirm:
        return None
    return (
        f"--confirm {rules.confirm:,} is more than there is: of {n_pool:,} cases {n_kept:,} are kept back, so that the "
        f"race itself is decided on {n_pool - n_kept:,}; a smaller --confirm gives it more"
    )


def schedule(rules: RaceRules, *, n_pool: int, n_candidates: int) -> tuple[Level, ...]:
    """Return the looks of a race, each with the number of cases that everybody left has been asked by then.

    Args:
        rules: The race's.
        n_pool: Cases of the benchmark.
        n_candidates: Candidates at the start.
    """
    most = n_pool - n_held_out(rules, n_pool)
    if rules.levels:
        return _named(rules.levels, most)
    sizes = _rounds(most, n_candidates) if rules.method is Method.HALVING else _decision_points(most, n_pool)
    word = "round" if rules.method is Method.HALVING else "look"
    return tuple(Level(name=f"{word} {number}", n_cases=size) for number, size in enumerate(sizes, 1))


def n_survivors(n_alive: int, *, is_last: bool) -> int:
    """Return how many go on after a round of halving; the last round keeps one."""
    return 1 if is_last else math.ceil(n_alive / 2)


def _named(levels: tuple[Level, ...], most: int) -> tuple[Level, ...]:
    """Return the levels for which a benchmark has the cases; the last of them asks all cases."""
    cut: list[Level] = []
    for level in levels:
        size = most if level.n_cases is None else min(level.n_cases, most)
        cut.append(Level(name=level.name, n_cases=size))
        if size == most:
            break
    return tuple(cut)


def _decision_points(most: int, n_pool: int) -> list[int]:
    longest = max(SHORTEST_STEP, math.ceil(STEP_SHARE * n_pool))
    sizes = [min(most, FIRST_LOOK, max(FIRST_LOOK_OF_FEW, n_pool // 10))]
    while sizes[-1] < most:
        step = min(sizes[-1], longest)
        following = sizes[-1] + step
        sizes.append(following if following + LEAST_STEP * step < most else most)
    return sizes


def _rounds(most: int, n_candidates: int) -> list[int]:
    """Return the sizes of the rounds, one for each halving.

    They begin smaller where the benchmark has too few cases.
    """
    n_rounds, n_alive = 1, n_candidates
    while (n_alive := n_survivors(n_alive, is_last=False)) > 1:
        n_rounds += 1
    fitting = most / ROUND_GROWTH ** (n_rounds - 1)
    first = min(FIRST_ROUND, max(SMALLEST_ROUND, math.floor(fitting)))
    sizes = [min(most, round(first * ROUND_GROWTH**number)) for number in range(n_rounds)]
    return list(dict.fromkeys(sizes))
