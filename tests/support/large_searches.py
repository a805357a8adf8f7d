"""A large race, a large sweep and their answers, written in bulk."""

from collections.abc import Sequence
from itertools import product

import numpy as np
from large_store import METRIC, insert_answers
from run_results import a_race, race_place
from stored_runs import Asked, numbers, store_run

from evaluation.candidate import Candidate
from evaluation.races.rules import Spent
from evaluation.races.state import Decision, Fate
from evaluation.results.as_json import as_json
from evaluation.results.races import RaceOutcomeResult
from evaluation.scoring.aggregation import aggregate_run
from evaluation.store.races import begin_race, finish_race, save_decisions
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.store.sweeps import begin_sweep

RACE, SWEEP = "large-race", "large-sweep"
TEMPERATURES, TOP_PS = (0.0, 0.25, 0.5, 0.75, 1.0), (0.5, 0.7, 0.9, 1.0)
N_LOOKS = 20


def fill_searches(store: Store, *, n_candidates: int, n_cases: int) -> None:
    """Store a race of that many candidates that is over, and a sweep of 20 combinations, on that many cases each."""
    _fill_race(store, n_candidates, n_cases)
    _fill_sweep(store, n_cases)


def _fill_race(store: Store, n_candidates: int, n_cases: int) -> None:
    candidates = [Candidate(model=f"racer{i:02}:1b", digest=f"digest of racer {i}") for i in range(n_candidates)]
    _store(store, RACE, candidates, n_cases)
    invocation_id = f"of-{RACE}"
    rules = {"method": "evidence", "alpha": 0.05, "margin": None, "levels": [], "confirm": None, "budget": []}
    begin_race(store, invocation_id, request=rules, code_version="0.1.0")
    decisions = [
        Decision(
            look=look,
            key=candidate.fingerprint,
            label=candidate.label,
            fate=Fate.KEPT,
            n_cases=look * n_cases // N_LOOKS,
            reason="not decided yet",
            evidence={"difference": 0.01, "rival": candidates[0].label, "calls": look * n_cases},
        )
        for look in range(1, N_LOOKS + 1)
        for candidate in candidates
    ]
    save_decisions(store, invocation_id, decisions)
    places = [race_place(1 + i, candidate.label) for i, candidate in enumerate(candidates)]
    over = a_race(places, (), spent=Spent(calls=n_cases * n_candidates), full_grid_calls=n_cases * n_candidates).outcome
    assert isinstance(over, RaceOutcomeResult)
    finish_race(store, invocation_id, as_json(over))


def _fill_sweep(store: Store, n_cases: int) -> None:
    tried = [{"temperature": t, "top_p": p} for t, p in product(TEMPERATURES, TOP_PS)]
    _store(store, SWEEP, [Candidate(model="a:1b", digest="d", options=options) for options in tried], n_cases)
    request = {"parameters": ["temperature=0,0.25,0.5,0.75,1", "top_p=0.5,0.7,0.9,1"], "design": "grid"}
    begin_sweep(store, f"of-{SWEEP}", request=request, combinations=tried, code_version="0.1.0")


def _store(store: Store, run_id: str, candidates: Sequence[Candidate], n_cases: int) -> None:
    cases, rng = numbers(n_cases), np.random.default_rng(3)
    asked = [Asked(candidate=candidate) for candidate in candidates]
    of_run = {"run_id": run_id, "name": run_id, "metrics": (METRIC,), "headline": METRIC, "task_type": "reasoning"}
    store_run(store, *asked, cases=cases, scored=False, **of_run)
    row_ids = [each.run_candidate_id for each in find_run(store, run_id).candidates]
    quality = rng.normal(0.6, 0.2, (n_cases, 1)) + rng.normal(0, 0.1, (n_cases, len(row_ids)))
    insert_answers(store, row_ids, [case.case_id for case in cases], np.clip(quality, 0, 1), rng)
    aggregate_run(store, run_id, [METRIC])
