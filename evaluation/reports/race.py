"""A race as plain values: what `--json`, the artifacts and the terminal are all made of."""

from dataclasses import asdict
from itertools import groupby
from typing import Any

from evaluation.errors import StoreError
from evaluation.racing.decision import Decision, Fate
from evaluation.racing.grid import Grid
from evaluation.racing.outcome import RaceOutcome
from evaluation.racing.rules import Spent
from evaluation.racing.standing import Standing
from evaluation.racing.state import RaceState
from evaluation.reports.results import invocation_result
from evaluation.results.races import RaceResult
from evaluation.results.runs import RunResult
from evaluation.store.races import RaceRecord, find_race, load_decisions
from evaluation.store.session import Store


def outcome_as_json(found: RaceOutcome, grid: Grid, state: RaceState, spent: Spent) -> dict[str, Any]:
    """How a race came out, with scores in the metric's own unit, as it is stored."""
    n_candidates = len(state.runners)
    return {
        "verdict": str(found.verdict),
        "winner": found.winner,
        "tied": list(found.tied),
        "ending": str(found.ending),
        "sentence": found.sentence,
        "ranking": [_standing(standing, grid) for standing in found.ranking],
        "confirmation": None if found.confirmation is None else asdict(found.confirmation),
        "n_more": found.n_more,
        "n_looks": state.look,
        "n_cases": state.n_asked,
        "n_pool": state.n_pool,
        "spent": asdict(spent),
        "full_grid_calls": n_candidates * state.n_pool * state.rules.n_repeats,
    }


def race_result(store: Store, invocation_id: str) -> RaceResult:
    """Return the runs of a race's invocation, as of any other, and beside them the race with all its decisions.

    Raises:
        StoreError: the invocation is no race, or has no run.
    """
    record = find_race(store, invocation_id)
    if record is None:
        raise StoreError(f"invocation {invocation_id!r} is no race", "`benchwright show RUN` shows its runs")
    evaluated = invocation_result(store, invocation_id)
    (run,) = evaluated.runs
    decisions = load_decisions(store, invocation_id)
    race = {**_described(record, run), "decisions": [_decision(found) for found in decisions]}
    return RaceResult(invocation=evaluated, race=race)


def _described(record: RaceRecord, run: RunResult) -> dict[str, Any]:
    asked = {name: record.request.get(name) for name in ("method", "alpha", "margin", "levels", "confirm", "budget")}
    unfinished = {name: None for name in ("verdict", "winner", "ending", "sentence", "confirmation")}
    return {
        "run_id": run.run_id,
        "benchmark": run.benchmark,
        "metric": run.headline,
        **asked,
        **(record.result or {**unfinished, "tied": [], "ranking": []}),
    }


def looks_of(decisions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What happened at each look: its cases, who left, and how many went on."""
    found = []
    for look, group in groupby(decisions, key=lambda decision: decision["look"]):
        of_look = list(group)
        left = [decision for decision in of_look if decision["decision"] in (Fate.DROPPED, Fate.GIVEN_UP)]
        found.append(
            {
                "look": look,
                "n_cases": of_look[0]["n_cases"],
                "left": left,
                "n_left_in": sum(decision["decision"] == Fate.KEPT for decision in of_look),
                "checks": [
                    decision for decision in of_look if decision["decision"] in (Fate.CONFIRMED, Fate.NOT_CONFIRMED)
                ],
                "calls": of_look[0]["evidence"].get("calls"),
            }
        )
    return found


def _standing(standing: Standing, grid: Grid) -> dict[str, Any]:
    return {
        "rank": standing.rank,
        "candidate": standing.label,
        "fingerprint": standing.key,
        "score": None if standing.score is None else grid.in_unit(standing.score),
        "n_cases": standing.n_cases,
        "behind_first": None if standing.difference is None else -standing.difference * grid.span + 0.0,
        "left_after": standing.left_at,
        "given_up": standing.is_given_up,
    }


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "look": decision.look,
        "candidate": decision.label,
        "fingerprint": decision.key,
        "decision": str(decision.fate),
        "n_cases": decision.n_cases,
        "reason": decision.reason,
        "evidence": dict(decision.evidence),
    }
