"""The Python interface for recommendations: `recommend`, `rank`, `explain`, and reporting of outcomes.

The first call reads the store; the next ones are quick.
"""

import math
from datetime import UTC, datetime
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING

from evaluation.errors import ConfigurationError
from evaluation.records.selection import ReportedOutcome
from selection.answers import Recommendation
from selection.decisions.decision_log import Decision
from selection.preferences import (
    TOLERANCE,
    Constraints,
    LogPrompt,
    OnLittleEvidence,
    OnTie,
    Question,
    Weights,
    checked_choice,
)
from selection.recommender.memory import text_of

if TYPE_CHECKING:
    import numpy as np

    from evaluation.store.session import Store
    from selection.answers import Ranked

    Where = str | Path | Store | None

_ANYTHING = Constraints()
_QUALITY = Weights()


def recommend(
    task: str | None = None,
    prompt: str | None = None,
    *,
    constraints: Constraints = _ANYTHING,
    weights: Weights = _QUALITY,
    on_tie: OnTie = "cheapest",
    tolerance: float = TOLERANCE,
    on_little_evidence: OnLittleEvidence = "abstain",
    store: "Where" = None,
    log: LogPrompt = "hash",
    explore: float = 0.0,
    rng: "np.random.Generator | None" = None,
) -> "Recommendation":
    """Return the candidate for a task or a prompt, ready to call, with the reason; or an abstention.

    It is stored in the background, with its id, for `report_outcome`. Safe to call from many threads and processes.

    Args:
        task: Such as `summarization`, or a name of your own; None: over all tasks.
        prompt: The prompt to answer; used by a selection model, where there is one.
        constraints: Constraints on the candidate.
        weights: Weights of latency, cost and energy against quality.
        on_tie: Which candidate near the best is named: `cheapest`, `fastest` or `best`.
        tolerance: Points of expected quality that the named candidate may be below the best.
        on_little_evidence: Behaviour where too few cases were measured: `abstain`, or choose by `rules`.
        store: A path, a URL or an open store; None: the database that the command uses.
        log: What is stored of the prompt: `hash`, with its length; `prompt`, its first 4,000 characters too.
        explore: The share of answers that are drawn at random among those that cannot be told apart, so that their
            reported outcomes can be compared; 0: never.
        rng: Randomness of these draws.

    Raises:
        SelectionError: no candidate satisfies the constraints; names the last constraint and the nearest miss.
        ConfigurationError: an invalid argument.
        StoreError: the store is away, and nothing was read from it yet.
    """
    from selection.recommender.answer import answered
    from selection.recommender.registry import recommender_of

    if not (_is_number(explore) and 0 <= explore <= 1):
        raise ConfigurationError(f"explore is {explore!r}", "Give a share between 0 and 1.")
    checked_choice("log", log, LogPrompt)
    question = Question(
        task=task,
        prompt=prompt,
        constraints=constraints,
        weights=weights,
        on_tie=on_tie,
        tolerance=tolerance,
        on_little_evidence=on_little_evidence,
    )
    recommender = recommender_of(store)
    answer = answered(recommender, question, explore=explore, rng=rng)
    recommender.record(
        Decision(
            recommendation=answer.recommendation,
            question=question,
            log=log,
            evidence_fingerprint=answer.evidence_fingerprint,
            propensity=answer.propensity,
            drawn_among=answer.drawn_among,
            contrasts=answer.contrasts,
        )
    )
    recommender.memory.keep(answer.recommendation.id, answer.explain, n_characters=answer.n_characters)
    return answer.recommendation


def rank(
    task: str | None = None,
    prompt: str | None = None,
    *,
    constraints: Constraints = _ANYTHING,
    weights: Weights = _QUALITY,
    on_tie: OnTie = "cheapest",
    tolerance: float = TOLERANCE,
    on_little_evidence: OnLittleEvidence = "abstain",
    store: "Where" = None,
) -> "tuple[Ranked, ...]":
    """Return all candidates that satisfy the constraints, best first; empty where `recommend` would abstain.

    Nothing is stored.

    Args:
        task: As for `recommend`, like the remaining ones.
        prompt: The prompt to answer.
        constraints: Constraints on the candidate.
        weights: Weights of latency, cost and energy against quality.
        on_tie: Without effect here; accepted for the same signature as `recommend`.
        tolerance: Without effect here.
        on_little_evidence: Where too few cases were measured: rank none, or all by their mean over all tasks.
        store: Store of the evidence, as for `recommend`.

    Raises:
        SelectionError: no candidate satisfies the constraints.
        ConfigurationError: an invalid argument.
        StoreError: the store is away, and nothing was read from it yet.
    """
    from selection.recommender.answer import chosen
    from selection.recommender.registry import recommender_of

    question = Question(
        task=task,
        prompt=prompt,
        constraints=constraints,
        weights=weights,
        on_tie=on_tie,
        tolerance=tolerance,
        on_little_evidence=on_little_evidence,
    )
    return chosen(recommender_of(store).view(), question).choice.ranked


def explain(recommendation: "Recommendation | str", *, store: "Where" = None) -> str:
    """Return at length why this candidate was named and none of the others.

    Args:
        recommendation: Result of `recommend`, or the id of any earlier one.
        store: Store in which an id is looked up.

    Raises:
        ConfigurationError: there is no recommendation with this id.
        StoreError: the store is away.
    """
    from evaluation.escaping import for_terminal
    from selection.recommender.registry import recommender_of

    if isinstance(recommendation, str):
        recommendation_id = _checked_id(recommendation)
    elif isinstance(recommendation, Recommendation):
        recommendation_id = recommendation.id
    else:
        raise ConfigurationError(f"recommendation is {recommendation!r}", "Give the result of recommend(), or its id.")
    recommender = recommender_of(store)
    explain_again = recommender.memory.find(recommendation_id)
    if explain_again is not None:
        return for_terminal(explain_again())
    if isinstance(recommendation, Recommendation):
        return for_terminal(text_of(recommendation))
    recommender.log.flush()
    return for_terminal(recommender.book.explained(recommendation_id))


def report_outcome(
    recommendation_id: str,
    *,
    quality: float | None = None,
    latency_s: float | None = None,
    ok: bool | None = None,
    store: "Where" = None,
) -> None:
    """Return when what came of a recommendation is stored; what was reported of it before is replaced where given.

    Where the store is away, it waits in memory with the recommendations, and is stored when the store is back.

    Args:
        recommendation_id: `Recommendation.id`, or a unique beginning of it.
        quality: A fraction in [0, 1], higher being better, as all qualities are.
        latency_s: Seconds for the answer.
        ok: Whether the answer was useful.
        store: Where the recommendation was asked for.

    Raises:
        ConfigurationError: nothing was recommended under this id, or an argument that cannot be one.
    """
    from evaluation.store.recommendations import must_be_outcome
    from selection.recommender.registry import recommender_of

    must_be_outcome(quality=quality, latency_s=latency_s, ok=ok)
    outcome = ReportedOutcome(
        recommendation_id=_checked_id(recommendation_id),
        quality=None if quality is None else float(quality),
        latency_s=None if latency_s is None else float(latency_s),
        ok=ok,
        reported_at=datetime.now(UTC),
    )
    recommender_of(store).report(outcome)


def flush(timeout_s: float = 5.0, *, store: "Where" = None) -> int:
    """Store recommendations and outcomes now; return how many could not be stored; 0: none.

    They are stored in the background anyway, and when the process ends.

    Args:
        timeout_s: Maximum wait in seconds.
        store: Their store.
    """
    from selection.recommender.registry import recommender_of

    return recommender_of(store).log.flush(timeout_s)


def _checked_id(recommendation_id: object) -> str:
    if not isinstance(recommendation_id, str) or not recommendation_id.strip():
        raise ConfigurationError(f"the id of a recommendation is {recommendation_id!r}", "Give Recommendation.id.")
    return recommendation_id.strip()


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
