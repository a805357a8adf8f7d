"""The result of a race, the source of `--json`, the artifacts and the terminal output."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from evaluation.errors import StoreError
from evaluation.races.grid import Grid
from evaluation.races.outcome import RaceOutcome
from evaluation.races.ranking import RacePosition
from evaluation.races.rules import Spent
from evaluation.races.state import Decision, Fate, RaceState
from evaluation.results.races import Race, RaceDecision, RaceOutcomeResult, RacePlace, RaceResult
from evaluation.results.runs import RunResult
from evaluation.run_results.run_result import invocation_result
from evaluation.store.races import RaceRecord, find_race, load_decisions
from evaluation.store.session import Store


def race_outcome(
    outcome: RaceOutcome, grid: Grid, state: RaceState, spent: Spent, *, calls_of_a_case: float
) -> RaceOutcomeResult:
    """Return the outcome of a race as it is stored, with scores in the metric's own unit.

    Args:
        outcome: The outcome.
        grid: All scores.
        state: The race, over.
        spent: What it took.
        calls_of_a_case: Requests of all candidates together for one case, a repeat each.
    """
    return RaceOutcomeResult(
        verdict=outcome.verdict,
        winner=outcome.winner,
        tied=tuple(outcome.tied),
        ending=outcome.ending,
        sentence=outcome.sentence,
        ranking=tuple(_place(standing, grid) for standing in outcome.ranking),
        confirmation=outcome.confirmation,
        n_more=outcome.n_more,
        n_looks=state.look,
        n_cases=state.n_asked,
        n_pool=state.n_pool,
        spent=spent,
        full_grid_calls=round(calls_of_a_case * state.n_pool * state.rules.n_repeats),
    )


def race_result(store: Store, invocation_id: str) -> RaceResult:
    """Return the runs of a race's invocation, as for any other, with the race and all its decisions.

    Raises:
        StoreError: the invocation is not a race, or has no run.
    """
    record = find_race(store, invocation_id)
    if record is None:
        raise StoreError(f"invocation {invocation_id!r} is not a race", "`benchwright show RUN` shows its runs")
    evaluated = invocation_result(store, invocation_id)
    (run,) = evaluated.runs
    decisions = tuple(_decision(decision) for decision in load_decisions(store, invocation_id))
    return RaceResult(invocation=evaluated, race=_race(record, run, decisions))


def _race(record: RaceRecord, run: RunResult, decisions: tuple[RaceDecision, ...]) -> Race:
    rules = record.request
    return Race(
        run_id=run.run_id,
        benchmark=run.benchmark,
        metric=run.headline,
        method=rules["method"],
        alpha=rules["alpha"],
        margin=rules["margin"],
        levels=tuple(rules["levels"]),
        confirm=rules["confirm"],
        budget=tuple(rules["budget"]),
        outcome=record.outcome,
        decisions=decisions,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceDecisionPoint:
    """Events at one look."""

    look: int
    """Number of the look, from 1."""
    n_cases: int
    """Cases asked so far."""
    left: tuple[RaceDecision, ...]
    """Candidates that were dropped or given up."""
    n_left_in: int
    """Number of candidates that were kept."""
    checks: tuple[RaceDecision, ...]
    """Confirmation, if this look was one."""
    calls: int | None
    """Calls of the race so far; None if not recorded."""


def decision_points(decisions: Sequence[RaceDecision]) -> list[RaceDecisionPoint]:
    """Return what happened at each look: its cases, which candidates left, and how many went on."""
    looks = []
    for look, group in groupby(decisions, key=lambda decision: decision.look):
        of_look = list(group)
        calls = of_look[0].evidence.get("calls")
        looks.append(
            RaceDecisionPoint(
                look=look,
                n_cases=of_look[0].n_cases,
                left=tuple(each for each in of_look if each.fate in (Fate.DROPPED, Fate.GIVEN_UP)),
                n_left_in=sum(each.fate is Fate.KEPT for each in of_look),
                checks=tuple(each for each in of_look if each.fate in (Fate.CONFIRMED, Fate.NOT_CONFIRMED)),
                calls=calls if isinstance(calls, int) else None,
            )
        )
    return looks


def _place(standing: RacePosition, grid: Grid) -> RacePlace:
    return RacePlace(
        rank=standing.rank,
        label=standing.label,
        fingerprint=standing.key,
        score=None if standing.score is None else grid.in_unit(standing.score),
        n_cases=standing.n_cases,
        behind_first=None if standing.difference is None else -standing.difference * grid.span + 0.0,
        left_after=standing.left_at,
        is_given_up=standing.is_given_up,
    )


def _decision(decision: Decision) -> RaceDecision:
    return RaceDecision(
        look=decision.look,
        label=decision.label,
        fingerprint=decision.key,
        fate=decision.fate,
        n_cases=decision.n_cases,
        reason=decision.reason,
        evidence=dict(decision.evidence),
    )
