"""Results of runs as a test needs them: what it does not name has some value."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.races.outcome import Verdict
from evaluation.races.rules import Spent
from evaluation.races.state import Ending, Fate
from evaluation.records.status import Status
from evaluation.results.estimates import MetricEstimate
from evaluation.results.races import Race, RaceDecision, RaceOutcomeResult, RacePlace
from evaluation.results.runs import CandidateResult, InvocationResult, MetricMean, MetricResult, RunResult


def estimate(value: float, low: float | None = None, high: float | None = None, n_cases: int = 1) -> MetricEstimate:
    """One quantity of a metric."""
    return MetricEstimate(value=value, low=low, high=high, n_cases=n_cases, method="t")


def metric_result(
    value: float | None = None,
    low: float | None = None,
    high: float | None = None,
    *,
    n_cases: int = 1,
    signature: str = "",
    **quantities: MetricEstimate,
) -> MetricResult:
    """A metric of a candidate; without a value it has no mean."""
    if value is None:
        return MetricResult(mean=None, quantities=quantities)
    mean = MetricMean(value=value, low=low, high=high, n_cases=n_cases, method="t", signature=signature)
    return MetricResult(mean=mean, quantities=quantities)


def candidate_result(
    label: str = "a:1b", metrics: Mapping[str, MetricResult] | None = None, **changed: Any
) -> CandidateResult:
    """A candidate that has completed a run of one case, without a failure."""
    fields: dict[str, Any] = {
        "model": label,
        "digest": f"digest-of-{label}",
        "fingerprint": f"fingerprint-of-{label}",
        "options": {},
        "endpoint": "here",
        "endpoint_url": "http://127.0.0.1:9",
        "provider": "ollama",
        "server_version": None,
        "status": Status.COMPLETED,
        "given_up_reason": None,
        "n_cases": 1,
        "n_ok": 1,
        "n_failed": 0,
        "n_reused": 0,
        "n_cached": 0,
        "vram_share": None,
        "failures": {},
        "own_failures": {},
        "details": {},
        "score_failures": {},
        "n_scored": {},
        "endpoints": None,
        "energy": None,
    }
    return CandidateResult(label=label, metrics=metrics or {}, **{**fields, **changed})


def a_run_result(
    *candidates: CandidateResult,
    headline: str = "exact_match",
    metrics: Mapping[str, str] | None = None,
    **changed: Any,
) -> RunResult:
    """A completed run of one case.

    Args:
        *candidates: Who was asked.
        headline: The metric that ranks them.
        metrics: Signatures by word; None: the headline, without one.
        **changed: Other fields.
    """
    fields: dict[str, Any] = {
        "run_id": "run-1",
        "invocation_id": "of-run-1",
        "status": Status.COMPLETED,
        "reason": None,
        "benchmark": "numbers",
        "benchmark_version": "v1",
        "task_type": "reasoning",
        "alarms": (),
        "seed": 7,
        "n_repeats": 1,
        "limit": None,
        "n_cases": 1,
        "code_version": "0.1.0",
        "tags": (),
        "started_at": None,
        "finished_at": None,
        "flow_run_ids": (),
        "gpus": (),
        "judging": (),
    }
    shown = {headline: ""} if metrics is None else metrics
    return RunResult(candidates=candidates, headline=headline, metrics=shown, **{**fields, **changed})


def an_invocation_result(*runs: RunResult, status: Status = Status.COMPLETED) -> InvocationResult:
    """The invocation of these runs."""
    return InvocationResult(status=status, invocation_id="of-run-1", runs=runs)


def race_place(rank: int, label: str, **changed: Any) -> RacePlace:
    """A candidate's place; by itself it was in to the end."""
    usual = {"score": 0.75, "behind_first": 0.0, "n_cases": 30, "left_after": None, "is_given_up": False}
    return RacePlace(rank=rank, label=label, fingerprint=f"fingerprint-of-{label}", **{**usual, **changed})


def race_decision(look: int, label: str, fate: Fate, *, n_cases: int, reason: str, calls: int) -> RaceDecision:
    """What was decided of a candidate at a look."""
    return RaceDecision(
        look=look,
        label=label,
        fingerprint=f"fingerprint-of-{label}",
        fate=fate,
        n_cases=n_cases,
        reason=reason,
        evidence={"calls": calls},
    )


def a_race(
    ranking: Sequence[RacePlace],
    decisions: Sequence[RaceDecision],
    *,
    spent: Spent,
    full_grid_calls: int,
    sentence: str = "a wins.",
    **changed: Any,
) -> Race:
    """A race by evidence that is over."""
    outcome = RaceOutcomeResult(
        verdict=Verdict.WINNER,
        winner=ranking[0].label,
        tied=(),
        ending=Ending.ONE_LEFT,
        sentence=sentence,
        ranking=tuple(ranking),
        confirmation=None,
        n_more=None,
        n_looks=1,
        n_cases=30,
        n_pool=100,
        spent=spent,
        full_grid_calls=full_grid_calls,
    )
    fields: dict[str, Any] = {
        "run_id": "run-1",
        "benchmark": "numbers",
        "metric": "exact_match",
        "method": "evidence",
        "alpha": 0.05,
        "margin": None,
        "levels": (),
        "confirm": None,
        "budget": (),
    }
    return Race(outcome=outcome, decisions=tuple(decisions), **{**fields, **changed})
