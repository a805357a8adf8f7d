"""Making and changing policies: the recommendation decides, a person says so, and the store keeps both."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from evaluation.errors import ConfigurationError, SelectionError
from evaluation.records.policies import Policy, PolicyChange, Spending, Trial, day_of
from evaluation.store.models import list_models
from evaluation.store.policies import create_policy as store_policy
from evaluation.store.policies import edit_policy as store_edit
from evaluation.store.policies import end_policy as store_end
from evaluation.store.policies import list_changes, load_policy, set_candidate
from evaluation.store.served_calls import spending_since
from evaluation.store.session import Store
from evaluation.store.trials import list_trials
from selection.policies.candidates import find_known, must_be_servable
from selection.policies.countable import must_be_countable
from selection.policies.questions import question_as_json, question_of
from selection.policies.settings import PolicySettings, settings_of
from selection.policies.trials import TrialState, running_trial, state_of, stop
from selection.preferences import Question
from selection.recommendation import flush, recommend

if TYPE_CHECKING:
    from evaluation.records.evidence import Choosable
    from selection.answers import Recommendation

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFacts:
    """A policy with what its calls used today, its changes and its trials."""

    policy: Policy
    spent_today: Spending
    """Since midnight (UTC)."""
    changes: tuple[PolicyChange, ...]
    trials: tuple[Trial, ...]
    trial: TrialState | None
    """The running trial with its verdict so far, else the last one; None: nobody was tried."""


def create_policy(
    store: Store,
    name: str,
    question: Question,
    *,
    candidate: str | None = None,
    settings: PolicySettings | None = None,
    by: str,
) -> Policy:
    """Make a policy, and return it. Its candidate is the recommended one, unless one is named.

    Args:
        store: The evidence, and where it is kept.
        name: What clients give instead of a model's name.
        question: Task, constraints and preferences; its prompt is left out.
        candidate: Label or fingerprint of the candidate that answers; None: the recommended one.
        settings: Budget, prices and the rest; None: none of them.
        by: Who makes it.

    Raises:
        ConfigurationError: the name is taken or cannot be one, the budget counts what is not known, or the candidate's
            pipeline cannot answer calls.
        SelectionError: no candidate satisfies the constraints, or too little was measured.
        UnknownNameError: nothing was measured of such a candidate.
    """
    settings = settings or PolicySettings()
    _must_be_name(store, name)
    # A policy answers prompts, which programs cannot.
    question = replace(question, prompt=None, constraints=replace(question.constraints, models_only=True))
    chosen, recommendation_id = _chosen(store, question, candidate)
    must_be_servable(store, chosen, task=question.task)
    must_be_countable(store, question, chosen, budget=settings.budget, prices=settings.prices)
    values = {
        "name": name,
        "task": question.task,
        "question": question_as_json(question),
        "candidate_key": chosen.key,
        "candidate_label": chosen.label,
        "recommendation_id": recommendation_id,
        **settings.values,
    }
    return store_policy(store, values, by=by)


def edit_policy(store: Store, name: str, changes: Mapping[str, Any], *, by: str) -> Policy:
    """Change what a policy may spend and keep, and what it watches; return it. Its candidate stays.

    Args:
        store: Where it is kept.
        name: The policy's.
        changes: New values of `settings_of`'s arguments; None: it stays as it is.
        by: Who changes it.

    Raises:
        UnknownNameError: there is no such policy.
        ConfigurationError: a setting that is not valid, or a budget of what is not known of its candidate.
    """
    policy = load_policy(store, name)
    before: dict[str, Any] = {
        "budget": policy.budget,
        "when_spent": policy.when_spent.value,
        "prices": policy.prices,
        "keep_texts": policy.keeps_texts,
        "watch_upgrades": policy.watches_upgrades,
        "margin": policy.margin,
    }
    settings = settings_of(**{key: before[key] if changes.get(key) is None else changes[key] for key in before})
    candidate = find_known(store, policy.candidate_key)
    must_be_countable(store, question_of(policy), candidate, budget=settings.budget, prices=settings.prices)
    return store_edit(store, policy.policy_id, settings.values, by=by)


def end_policy(store: Store, name: str, *, by: str) -> Policy:
    """End a policy, and return it.

    Raises:
        UnknownNameError: there is no such policy.
    """
    ended = store_end(store, load_policy(store, name).policy_id, by=by)
    _stop_trial(store, ended, by=by, reason="the policy was ended")
    return ended


def load_facts(store: Store, name: str) -> PolicyFacts:
    """Return a policy with what its calls used today, its changes and its trials.

    Raises:
        UnknownNameError: there is no such policy.
    """
    policy = load_policy(store, name)
    trials = list_trials(store, policy_id=policy.policy_id)
    newest = next((trial for trial in trials if trial.ended_at is None), trials[-1] if trials else None)
    return PolicyFacts(
        policy=policy,
        spent_today=spending_since(store, day_of(datetime.now(UTC)), policy_id=policy.policy_id),
        changes=list_changes(store, policy.policy_id),
        trials=trials,
        trial=None if newest is None else state_of(store, newest, policy),
    )


def renew_policy(store: Store, name: str, *, candidate: str | None = None, by: str) -> tuple[Policy, bool]:
    """Decide anew on a policy's candidate by what is measured now; return the policy, and whether it changed.

    Args:
        store: The evidence.
        name: The policy's.
        candidate: Label or fingerprint of the candidate that is to answer; None: the recommended one.
        by: Who says so.

    Raises:
        UnknownNameError: there is no such policy, or nothing was measured of such a candidate.
        SelectionError: no candidate satisfies the constraints, or too little was measured.
        ConfigurationError: the candidate's pipeline cannot answer calls.
    """
    policy = load_policy(store, name)
    question = question_of(policy)
    chosen, recommendation_id = _chosen(store, question, candidate)
    if chosen.key == policy.candidate_key:
        return policy, False
    must_be_servable(store, chosen, task=policy.task)
    must_be_countable(store, question, chosen, budget=policy.budget, prices=policy.prices)
    reason = "named" if candidate is not None else "recommended by what is measured now"
    changed = set_candidate(
        store,
        policy.policy_id,
        key=chosen.key,
        label=chosen.label,
        recommendation_id=recommendation_id,
        by=by,
        reason=reason,
    )
    _stop_trial(store, changed, by=by, reason="the policy's candidate changed")
    return changed, True


def _stop_trial(store: Store, policy: Policy, *, by: str, reason: str) -> None:
    trial = running_trial(store, policy)
    if trial is not None:
        stop(store, trial, by=by, reason=reason)


def _chosen(store: Store, question: Question, candidate: str | None) -> "tuple[Choosable, str | None]":
    if candidate is not None:
        return find_known(store, candidate), None
    recommendation = _recommended(store, question)
    if recommendation.candidate is None:
        raise SelectionError(
            recommendation.reason,
            "Measure candidates with `benchwright evaluate`, or name one: `--candidate LABEL`.",
        )
    return recommendation.candidate, recommendation.id


def _recommended(store: Store, question: Question) -> "Recommendation":
    """Return the recommendation, which is stored before a policy refers to it."""
    recommendation = recommend(
        question.task,
        constraints=question.constraints,
        weights=question.weights,
        on_tie=question.on_tie,
        tolerance=question.tolerance,
        on_little_evidence=question.on_little_evidence,
        store=store,
    )
    flush(store=store)
    return recommendation


def _must_be_name(store: Store, name: str) -> None:
    if not _NAME.fullmatch(name) or name.casefold() in ("auto", "latest"):
        raise ConfigurationError(
            f"a policy cannot be named {name!r}",
            "Give 1 to 64 letters, digits, dots, dashes or underscores, beginning with a letter or digit; not `auto`.",
        )
    models = {model.name.removesuffix(":latest").casefold() for model in list_models(store, include_retired=False)}
    if name.casefold() in models:
        raise ConfigurationError(
            f"a policy cannot be named {name!r}: a model has this name", "Choose another name, such as chat-fast."
        )
