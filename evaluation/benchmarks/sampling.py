"""Case sampling: a limit keeps the first cases of an order that depends only on the ids and the seed."""

from collections.abc import Sequence

import numpy as np

from evaluation.case import Benchmark, Case
from evaluation.errors import ConfigurationError


def seeded_order(case_ids: Sequence[str], *, seed: int) -> tuple[str, ...]:
    """Return the ids in an order determined by their set and `seed`, whatever order they came in.

    A limit takes the first of this order, so a higher limit extends a lower one.
    """
    if seed < 0:
        raise ConfigurationError(f"the seed is {seed}", next_step="Give a seed of 0 or more")
    ids = sorted(set(case_ids))
    return tuple(ids[index] for index in np.random.default_rng(seed).permutation(len(ids)))


def limited(case_ids: Sequence[str], *, limit: int | None, seed: int) -> tuple[str, ...]:
    """Return the first `limit` ids of the seeded order; all of them where there is no limit or it is higher."""
    if limit is not None and limit < 1:
        raise ConfigurationError(f"the limit is {limit}", next_step="Give a limit of 1 or more, or none")
    return seeded_order(case_ids, seed=seed)[:limit]


def chosen_cases(benchmark: Benchmark, *, limit: int | None, seed: int) -> tuple[Case, ...]:
    """Return the cases of a run, the first `limit` in the seeded order, sorted as in the benchmark."""
    chosen = set(limited([case.case_id for case in benchmark.cases], limit=limit, seed=seed))
    return tuple(case for case in benchmark.cases if case.case_id in chosen)
