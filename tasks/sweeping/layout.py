"""A sweep is laid out: stored as one, and cut into stretches of combinations after which one may look."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from evaluation.options import load_options
from evaluation.planning import Plan
from evaluation.settings import Settings
from evaluation.store.outcomes import count_missing
from evaluation.store.runs import find_run
from evaluation.store.session import Store, open_store
from evaluation.store.sweeps import begin_sweep
from evaluation.sweeping.request import SweepRequest, refuse_alike
from evaluation.version import code_version
from tasks.stored import stored

AIMED_STRETCHES = 8
"""So often a sweep says how far it is and what is best so far."""
LEAST_GENERATIONS = 40
"""In one stretch: a look costs about as much as a few answers."""


@dataclass(frozen=True, kw_only=True)
class SweepStretch:
    """Combinations that are asked together."""

    run_candidate_ids: frozenset[int]
    n_done_after: int
    """Combinations that are asked by its end."""
    n_all: int


async def lay_out(request: SweepRequest, plan: Plan) -> tuple[SweepStretch, ...]:
    """The stretches of a sweep, stored as one; the same for one that is gone on with.

    Args:
        request: What is swept.
        plan: Of all its combinations.
    """
    return await stored(_lay_out, request, plan)


def _lay_out(request: SweepRequest, plan: Plan) -> tuple[SweepStretch, ...]:
    with open_store(Settings().database) as store:
        refuse_alike(len(request.combinations()), len(find_run(store, plan.runs[0].run_id).candidates))
        begin_sweep(
            store,
            plan.invocation_id,
            request=request.fields,
            combinations=request.combinations(),
            code_version=code_version(),
        )
        return _stretches(store, plan)


def _stretches(store: Store, plan: Plan) -> tuple[SweepStretch, ...]:
    """Cut where a model is loaded anew, and else so that there are about as many as is aimed at."""
    run = find_run(store, plan.runs[0].run_id)
    candidates = sorted(run.candidates, key=lambda found: found.run_candidate_id)
    n_all, n_each = len(candidates), max(1, run.plan.n_cases * run.plan.n_repeats)
    size = max(-(-n_all // AIMED_STRETCHES), -(-LEAST_GENERATIONS // n_each))
    found: list[SweepStretch] = []
    n_done = 0
    for _, loaded in groupby(
        candidates, key=lambda one: (one.plan.model_name, sorted(load_options(one.plan.options).items()))
    ):
        group = list(loaded)
        for start in range(0, len(group), size):
            part = group[start : start + size]
            n_done += len(part)
            ids = frozenset(one.run_candidate_id for one in part)
            found.append(SweepStretch(run_candidate_ids=ids, n_done_after=n_done, n_all=n_all))
    return tuple(found)


async def n_done_before(stretches: Sequence[SweepStretch]) -> int:
    """How many combinations an earlier process has asked all of, counted in whole stretches."""
    return await stored(_n_done_before, stretches)


def _n_done_before(stretches: Sequence[SweepStretch]) -> int:
    n_done = 0
    with open_store(Settings().database) as store:
        for stretch in stretches:
            if any(count_missing(store, run_candidate_id) for run_candidate_id in stretch.run_candidate_ids):
                break
            n_done = stretch.n_done_after
    return n_done
