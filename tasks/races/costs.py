"""What a race has taken so far, and what an answer of each of its candidates takes."""

from collections.abc import Mapping

from evaluation.forecasts.pipeline_requests import requests_of_a_pipeline
from evaluation.races.rules import AnswerPrice, Spent
from evaluation.records.runs import RunRecord
from evaluation.requests.evaluation_request import CandidateRequest, EvaluationRequest
from evaluation.store.races import CandidateCosts, costs_of_run
from evaluation.store.session import Store


def race_costs(
    store: Store, run: RunRecord | None, request: EvaluationRequest, *, minutes: float
) -> tuple[Spent, tuple[AnswerPrice, ...]]:
    """Return what a race has taken, and what an answer of each candidate takes: measured, or before that on paper.

    Args:
        store: The store.
        run: The race's run; None before its first round.
        request: What is evaluated.
        minutes: That the race has taken.
    """
    if run is None:
        return Spent(minutes=minutes), tuple(_on_paper(each) for each in request.all_candidates())
    costs = costs_of_run(store, run.plan.run_id)
    total = CandidateCosts(
        n_answers=sum(each.n_answers for each in costs.values()),
        n_calls=sum(each.n_calls for each in costs.values()),
        n_tokens=sum(each.n_tokens for each in costs.values()),
    )
    rows = [candidate.run_candidate_id for candidate in run.candidates]
    prices = tuple(_measured(row_id, costs, total, minutes) for row_id in rows)
    return Spent(calls=total.n_calls, minutes=minutes, tokens=total.n_tokens), prices


def _measured(row_id: int, costs: Mapping[int, CandidateCosts], total: CandidateCosts, minutes: float) -> AnswerPrice:
    """Return what an answer of a candidate takes; as one of all candidates where it has none yet."""
    of = costs.get(row_id, total)
    if not of.n_answers or not total.n_calls:
        return AnswerPrice()
    calls = max(1.0, of.n_calls / of.n_answers)
    return AnswerPrice(calls=calls, minutes=calls * minutes / total.n_calls, tokens=of.n_tokens / of.n_answers)


def _on_paper(candidate: CandidateRequest) -> AnswerPrice:
    if candidate.pipeline is None:
        return AnswerPrice()
    return AnswerPrice(calls=requests_of_a_pipeline(candidate.pipeline, candidate.pipeline_options))
