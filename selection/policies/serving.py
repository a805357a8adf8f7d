"""Who answers a call: the recommended candidate, or a policy's, and the others in rank behind it.

Whoever answers in the end has a recommendation of its own, so that an outcome that is reported for the call is one of
the candidate that gave the answer.
"""

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from evaluation.errors import SelectionError
from evaluation.records.evidence import Choosable
from evaluation.records.policies import Policy
from selection.answers import Expected, Ranked, Recommendation
from selection.decisions.decision_log import Decision
from selection.policies.questions import question_of
from selection.preferences import LogPrompt, Question
from selection.recommender.answer import Answer, answered, answered_at_once, chosen
from selection.recommender.recommender import Recommender


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A candidate that may answer."""

    candidate: Choosable
    is_tied: bool
    """Whether it cannot be told from the best."""
    latency_s: Expected | None
    """Expected latency of an answer."""
    energy_j: Expected | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The candidates that may answer a call, in order, with the answer of the selection from which they come."""

    question: Question
    answer: Answer | None
    """None: nobody satisfies the constraints, or too little was measured."""
    contenders: tuple[Contender, ...]
    reason: str
    """Why the first one is the first."""


def standing_of_auto(recommender: Recommender, question: Question) -> Standing:
    """Return who may answer a call that leaves the choice to what was measured.

    Raises:
        SelectionError: no candidate satisfies the constraints.
        StoreError: the store is away, and nothing was read from it yet.
    """
    return _of_answer(question, answered(recommender, question))


def standing_of_auto_at_once(recommender: Recommender, question: Question) -> Standing | None:
    """Return the same where nothing has to be read or chosen anew for it; None: that takes longer."""
    answer = answered_at_once(recommender, question)
    return None if answer is None else _of_answer(question, answer)


def _of_answer(question: Question, answer: Answer) -> Standing:
    recommendation = answer.recommendation
    return Standing(
        question=question, answer=answer, contenders=_contenders(recommendation), reason=recommendation.reason
    )


def standing_of_policy(
    recommender: Recommender, policy: Policy, prompt: str | None, *, capabilities: tuple[str, ...] = ()
) -> Standing:
    """Return who may answer a call under a policy: its candidate, then the others that satisfy its constraints.

    Args:
        recommender: Where it is asked.
        policy: The policy.
        prompt: The prompt to answer.
        capabilities: What the call needs of a model beyond the policy's constraints; a candidate without is left out.

    Raises:
        StoreError: the store is away, and nothing was read from it yet.
    """
    question = _needing(question_of(policy, prompt), capabilities)
    try:
        answer = answered(recommender, question)
    except SelectionError:
        answer = None
    contenders = () if answer is None else _contenders(answer.recommendation)
    own = _own(policy, contenders) or _known(recommender, policy, capabilities)
    return _of_policy(policy, question, answer, own, contenders)


def standing_of_policy_at_once(
    recommender: Recommender, policy: Policy, prompt: str | None, *, capabilities: tuple[str, ...] = ()
) -> Standing | None:
    """Return the same where nothing has to be read or chosen anew for it; None: that takes longer."""
    question = _needing(question_of(policy, prompt), capabilities)
    answer = answered_at_once(recommender, question)
    contenders = () if answer is None else _contenders(answer.recommendation)
    own = _own(policy, contenders)
    return None if own is None else _of_policy(policy, question, answer, own, contenders)


def _own(policy: Policy, contenders: tuple[Contender, ...]) -> Contender | None:
    return next((each for each in contenders if each.candidate.key == policy.candidate_key), None)


def _of_policy(
    policy: Policy,
    question: Question,
    answer: Answer | None,
    own: Contender | None,
    contenders: tuple[Contender, ...],
) -> Standing:
    others = tuple(each for each in contenders if each.candidate.key != policy.candidate_key)
    reason = f"the policy {policy.name!r} stands for {policy.candidate_label}"
    return Standing(
        question=question,
        answer=answer,
        contenders=others if own is None else (own, *others),
        reason=reason,
    )


def contender_of(recommender: Recommender, standing: Standing, key: str) -> Contender | None:
    """Return a candidate by its fingerprint, whether or not it satisfies the constraints; None: it is not known."""
    ranked = next((each for each in standing.contenders if each.candidate.key == key), None)
    return ranked or _measured(recommender, key)


def cheapest_first(recommender: Recommender, question: Question, *, by: str) -> tuple[str, ...]:
    """Return the fingerprints of the candidates that satisfy a question, by what they cost.

    Args:
        recommender: Where it is asked.
        question: What they have to satisfy.
        by: `usd`, `joules`, or `gpu_s` and `tokens`, for which the expected latency stands. Unknown costs come last.

    Raises:
        SelectionError: no candidate satisfies the constraints.
    """
    field = {"usd": "cost_per_1k", "joules": "energy_j"}.get(by, "latency_s")
    ranked = chosen(recommender.view(), replace(question, prompt=None)).choice.ranked

    def cost(each: Ranked) -> float:
        expected: Expected | None = getattr(each, field)
        return float("inf") if expected is None else expected.value

    return tuple(each.candidate.key for each in sorted(ranked, key=cost))


def recommendation_for(standing: Standing, key: str, reason: str, *, decided_by: str | None = None) -> Recommendation:
    """Return the recommendation of the candidate that answers: the selection's, where it names that one, else its own.

    Args:
        standing: Who could answer.
        key: Fingerprint of the candidate that does.
        reason: Why it does.
        decided_by: Who decided, where it was not the selection: `policy NAME`.
    """
    answer = standing.answer
    base = None if answer is None else answer.recommendation
    if base is not None and base.candidate is not None and base.candidate.key == key and decided_by is None:
        return base
    contender = next(each for each in standing.contenders if each.candidate.key == key)
    ranked = _ranked(base, key)
    return Recommendation(
        id=uuid.uuid4().hex,
        task=standing.question.task,
        candidate=contender.candidate,
        quality=None if ranked is None else ranked.quality,
        latency_s=contender.latency_s,
        cost_per_1k=None if ranked is None else ranked.cost_per_1k,
        energy_j=None if ranked is None else ranked.energy_j,
        memory_gb=None if ranked is None else ranked.memory_gb,
        reason=reason,
        alternatives=() if base is None else tuple(each for each in base.alternatives if each.candidate.key != key),
        pareto=() if base is None else base.pareto,
        tied=() if base is None else base.tied,
        removed=() if base is None else base.removed,
        n_cases=0 if base is None else base.n_cases,
        decided_by=decided_by or ("rules" if base is None else base.decided_by),
        notes=() if base is None else base.notes,
        created_at=datetime.now(UTC),
        percentile=standing.question.constraints.percentile,
    )


def record(recommender: Recommender, standing: Standing, recommendation: Recommendation, log: LogPrompt) -> None:
    """Have a recommendation stored in the background, for outcomes that are reported later."""
    answer = standing.answer
    is_its_own = answer is not None and answer.recommendation is recommendation
    recommender.record(
        Decision(
            recommendation=recommendation,
            question=standing.question,
            log=log,
            evidence_fingerprint="" if answer is None else answer.evidence_fingerprint,
            propensity=answer.propensity if is_its_own and answer is not None else None,
            drawn_among=answer.drawn_among if is_its_own and answer is not None else (),
            contrasts={} if answer is None else answer.contrasts,
        )
    )
    if is_its_own and answer is not None:
        recommender.memory.keep(recommendation.id, answer.explain, n_characters=answer.n_characters)


def _contenders(recommendation: Recommendation) -> tuple[Contender, ...]:
    if recommendation.candidate is None:
        return ()
    ranked: list[tuple[Choosable, Recommendation | Ranked]] = [(recommendation.candidate, recommendation)]
    ranked += [(each.candidate, each) for each in recommendation.alternatives]
    return tuple(
        Contender(
            candidate=candidate,
            is_tied=candidate.label in recommendation.tied,
            latency_s=numbers.latency_s,
            energy_j=numbers.energy_j,
        )
        for candidate, numbers in ranked
    )


def _needing(question: Question, capabilities: tuple[str, ...]) -> Question:
    constraints = question.constraints
    needed = tuple(dict.fromkeys((*constraints.capabilities, *capabilities)))
    # A policy answers prompts, which programs cannot.
    return replace(question, constraints=replace(constraints, capabilities=needed, models_only=True))


def _known(recommender: Recommender, policy: Policy, capabilities: tuple[str, ...]) -> Contender | None:
    """Return the policy's candidate, which stands until it is changed, whatever the constraints say of it now."""
    own = _measured(recommender, policy.candidate_key)
    return own if own is not None and set(capabilities) <= own.candidate.capabilities else None


def _measured(recommender: Recommender, key: str) -> Contender | None:
    """Return a measured candidate of which nothing is expected; None: none has this fingerprint."""
    candidate = next((each for each in recommender.view().scoreboard.candidates if each.key == key), None)
    return None if candidate is None else Contender(candidate=candidate, is_tied=False, latency_s=None)


def _ranked(base: Recommendation | None, key: str) -> "Ranked | Recommendation | None":
    if base is None:
        return None
    if base.candidate is not None and base.candidate.key == key:
        return base
    return next((each for each in base.alternatives if each.candidate.key == key), None)
