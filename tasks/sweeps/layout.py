"""The layout of a sweep: stored as one, and cut into parts after which its progress is shown.

All combinations of one loaded model are asked the same cases in every part, in turn, so that each is the first to send
a prompt as often as the others, and all have been asked equally often at any time.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from evaluation.planning.plan import Group, Plan, PlannedCandidate
from evaluation.records.status import Status
from evaluation.requests.sweep_request import SweepRequest, refuse_equal_combinations
from evaluation.store.missing import count_failures_since
from evaluation.store.run_cases import run_case_positions
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.store.sweeps import begin_sweep
from evaluation.version import code_version
from tasks.generation.missing import is_open
from tasks.store_calls import call_with_store

AIMED_PARTS = 8
"""Number of parts to aim for: how often a sweep reports its progress and the best combination so far."""
LEAST_GENERATIONS = 40
"""Minimum number of generations in one part: a progress check costs about as much as a few answers."""


@dataclass(frozen=True, kw_only=True)
class SweepPart:
    """A part of the cases, or of the repeats of all cases, for all combinations of one loaded model."""

    run_candidate_ids: frozenset[int]
    positions: range
    """Positions of its cases in the benchmark."""
    repeats: range
    n_generations: int
    n_done_after: int
    """Number of the sweep's generations that are asked by the end of this part."""
    n_all: int

    def plan_of(self, plan: Plan, *, without: Collection[int] = ()) -> Plan:
        """Return the plan of this part alone.

        Judges and embedders wait for the end, so that no model is loaded for them in between.

        Args:
            plan: Plan of the whole sweep.
            without: Ids of combinations to leave out.
        """
        ids = self.run_candidate_ids - frozenset(without)
        groups = [
            replace(group, planned=tuple(self._of(item) for item in group.planned if item.run_candidate_id in ids))
            for group in plan.groups
        ]
        return replace(plan, groups=tuple(group for group in groups if group.planned), asked_models=())

    def _of(self, item: PlannedCandidate) -> PlannedCandidate:
        return replace(item, positions=self.positions, repeats=self.repeats)


async def lay_out(request: SweepRequest, plan: Plan) -> tuple[SweepPart, ...]:
    """Store the sweep, and return its parts with anything left to ask.

    Args:
        request: The request.
        plan: Plan of all combinations.
    """
    return await call_with_store(_lay_out, request, plan)


def _lay_out(store: Store, request: SweepRequest, plan: Plan) -> tuple[SweepPart, ...]:
    refuse_equal_combinations(len(request.combinations()), len(find_run(store, plan.runs[0].run_id).candidates))
    begin_sweep(
        store,
        plan.invocation_id,
        request=request.fields,
        combinations=request.combinations(),
        code_version=code_version(),
    )
    return _missing_parts(store, plan)


def _missing_parts(store: Store, plan: Plan) -> tuple[SweepPart, ...]:
    """Return the unfinished parts, one loaded model after the other.

    Finished parts count as asked before.
    """
    run = find_run(store, plan.runs[0].run_id)
    positions = run_case_positions(store, run.plan.run_id)
    n_all = len(positions) * run.plan.n_repeats * len(plan.candidates)
    parts = [part for group in plan.groups for part in _parts(group, positions, run.plan.n_repeats, n_all)]
    missing = [part for part in parts if any(is_open(store, item) for item in part.plan_of(plan).candidates)]
    n_done = n_all - sum(part.n_generations for part in missing)
    numbered: list[SweepPart] = []
    for part in missing:
        n_done += part.n_generations
        numbered.append(replace(part, n_done_after=n_done))
    return tuple(numbered)


def _parts(group: Group, positions: Sequence[int], n_repeats: int, n_all: int) -> Iterator[SweepPart]:
    """Yield a group's cases, or its repeats where there are more of these, in parts of about the same size."""
    n_cases, n_combinations = len(positions), len(group.planned)
    n_generations = n_cases * n_repeats * n_combinations
    if not n_generations:
        return
    aimed_at = -(-AIMED_PARTS * n_generations // n_all)
    n_parts = max(1, min(aimed_at, n_generations // LEAST_GENERATIONS, max(n_cases, n_repeats)))
    by_cases = n_cases >= n_repeats
    for start, stop in _even_cuts(n_cases if by_cases else n_repeats, n_parts):
        of_cases = positions[start:stop] if by_cases else positions
        repeats = range(n_repeats) if by_cases else range(start, stop)
        yield SweepPart(
            run_candidate_ids=frozenset(item.run_candidate_id for item in group.planned),
            positions=range(of_cases[0], of_cases[-1] + 1),
            repeats=repeats,
            n_generations=len(of_cases) * len(repeats) * n_combinations,
            n_done_after=0,
            n_all=n_all,
        )


def _even_cuts(n: int, n_parts: int) -> Iterator[tuple[int, int]]:
    for part in range(n_parts):
        yield n * part // n_parts, n * (part + 1) // n_parts


async def given_up_in(part: Plan, since: datetime) -> frozenset[int]:
    """Return the ids of combinations to leave out of the next parts, since they would fail there too.

    Args:
        part: Plan of a finished part.
        since: When this process began to ask.
    """
    return await call_with_store(_given_up_in, part, since)


def _given_up_in(store: Store, part: Plan, since: datetime) -> frozenset[int]:
    record = find_run(store, part.runs[0].run_id)
    failed = {candidate.run_candidate_id for candidate in record.candidates if candidate.status is Status.FAILED}
    return frozenset(
        item.run_candidate_id
        for item in part.candidates
        if item.run_candidate_id in failed
        or count_failures_since(store, item.run_candidate_id, since) > item.failure_budget
    )
