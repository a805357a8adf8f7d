"""Functions on the gateway's policies, for the command line, the HTTP interface and Python."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from deployments.python.checking import plainly
from deployments.python.stored import opened
from evaluation.records.policies import MARGIN, Budget, Policy, Trial, TrialMode
from selection.preferences import TOLERANCE, Constraints, OnLittleEvidence, OnTie, Question, Weights

if TYPE_CHECKING:
    from deployments.python.options import File
    from evaluation.store.session import Store
    from selection.policies.definition import PolicyFacts
    from selection.policies.trials import TrialState

_ANYTHING = Constraints()
_QUALITY = Weights()
LOCAL = "local"
"""Name of whoever changes a policy from this machine."""


@plainly
def create_policy(
    name: str,
    *,
    task: str | None = None,
    constraints: Constraints = _ANYTHING,
    weights: Weights = _QUALITY,
    on_tie: str = "cheapest",
    tolerance: float = TOLERANCE,
    on_little_evidence: str = "abstain",
    candidate: str | None = None,
    budget: "Budget | Mapping[str, float] | None" = None,
    when_spent: str = "refuse",
    prices: "File | Mapping[str, Any] | None" = None,
    keep_texts: bool = False,
    watch_upgrades: bool = False,
    margin: float = MARGIN,
    by: str = LOCAL,
    db: str | None = None,
) -> Policy:
    """Make a policy of the gateway: a name that clients give instead of a model's.

    Its candidate is the recommended one, unless one is named; it changes only by `renew_policy`.

    Args:
        name: What clients give as the model.
        task: Task for which candidates are compared; default: over all tasks.
        constraints: Constraints on the candidate, and on those that answer where it cannot.
        weights: Weights of latency, cost and energy against quality.
        on_tie: `cheapest`, `fastest` or `best`.
        tolerance: Points of expected quality that the candidate may be below the best.
        on_little_evidence: `abstain`, or choose by `rules`.
        candidate: Label or fingerprint of the candidate; default: the recommended one.
        budget: The most that its calls may use on one day (UTC): `tokens`, `gpu_s`, `joules`, `usd`.
        when_spent: `refuse` calls once the budget is spent, or let the `cheaper` candidate answer.
        prices: A price file, or its content, for a budget in US dollars.
        keep_texts: Store prompts and answers; else only a prompt's hash and length.
        watch_upgrades: Test changed weights and server versions against what was measured; servers that can keep the
            present weights under another name, and the policy's changes say where that could not be done.
        margin: Loss of quality in points that still counts as equivalent after an upgrade.
        by: Who makes it, for its history.
        db: Results database: a path or a URL.

    Raises:
        ConfigurationError: an invalid name or setting, or a budget of what is not known of the candidate.
        SelectionError: no candidate satisfies the constraints, or too little was measured.
        UnknownNameError: nothing was measured of such a candidate.
    """
    from selection.policies.definition import create_policy as create
    from selection.policies.settings import settings_of

    question = Question(
        task=task,
        constraints=constraints,
        weights=weights,
        on_tie=cast("OnTie", on_tie),
        tolerance=tolerance,
        on_little_evidence=cast("OnLittleEvidence", on_little_evidence),
    )
    settings = settings_of(
        budget=budget,
        when_spent=when_spent,
        prices=prices,
        keep_texts=keep_texts,
        watch_upgrades=watch_upgrades,
        margin=margin,
    )
    with opened(db) as store:
        return _kept(store, create(store, name, question, candidate=candidate, settings=settings, by=by), by=by)


@plainly
def edit_policy(
    name: str,
    *,
    budget: "Budget | Mapping[str, float] | None" = None,
    when_spent: str | None = None,
    prices: "File | Mapping[str, Any] | None" = None,
    keep_texts: bool | None = None,
    watch_upgrades: bool | None = None,
    margin: float | None = None,
    by: str = LOCAL,
    db: str | None = None,
) -> Policy:
    """Change what a policy may spend and keep, and what it watches; what is not given stays as it is.

    Args:
        name: The policy's.
        budget: New limits of a day, which replace all earlier ones; an empty one lifts them.
        when_spent: `refuse` or `cheaper`.
        prices: A price file, or its content.
        keep_texts: Whether prompts and answers are stored.
        watch_upgrades: Whether changes of weights and servers are tested.
        margin: Loss of quality in points that still counts as equivalent.
        by: Who changes it, for its history.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: there is no such policy.
        ConfigurationError: a setting that is not valid, or a budget of what is not known of the candidate.
    """
    from selection.policies.definition import edit_policy as edit

    changes = {
        "budget": budget,
        "when_spent": when_spent,
        "prices": prices,
        "keep_texts": keep_texts,
        "watch_upgrades": watch_upgrades,
        "margin": margin,
    }
    with opened(db) as store:
        return _kept(store, edit(store, name, changes, by=by), by=by)


@plainly
def renew_policy(
    name: str, *, candidate: str | None = None, by: str = LOCAL, db: str | None = None
) -> tuple[Policy, bool]:
    """Decide anew on a policy's candidate by what is measured now; return the policy, and whether it changed.

    Args:
        name: The policy's.
        candidate: Label or fingerprint of the candidate that is to answer; default: the recommended one.
        by: Who says so, for its history.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: there is no such policy, or nothing was measured of such a candidate.
        SelectionError: no candidate satisfies the constraints, or too little was measured.
    """
    from selection.policies.definition import renew_policy as renew

    with opened(db) as store:
        policy, is_changed = renew(store, name, candidate=candidate, by=by)
        return _kept(store, policy, by=by), is_changed


def _kept(store: "Store", policy: Policy, *, by: str) -> Policy:
    """Return a policy, whose servers keep its weights from now on if it watches upgrades; its changes say which."""
    from tasks.upgrades.keeping import keep_policy

    keep_policy(store, policy, by=by)
    return policy


@plainly
def end_policy(name: str, *, by: str = LOCAL, db: str | None = None) -> Policy:
    """End a policy: its name stands for nothing from now on. Its calls and its history stay.

    Args:
        name: The policy's.
        by: Who ends it, for its history.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: there is no such policy.
    """
    from selection.policies.definition import end_policy as end

    with opened(db) as store:
        return end(store, name, by=by)


@plainly
def list_policies(*, all: bool = False, db: str | None = None) -> tuple[Policy, ...]:
    """Return the policies in use, by name.

    Args:
        all: Those that were ended too.
        db: Results database: a path or a URL.

    Raises:
        StoreError: the database is not there, or cannot be opened.
    """
    from evaluation.store.policies import list_policies as listed

    with opened(db) as store:
        return listed(store, all=all)


@plainly
def load_policy(name: str, *, db: str | None = None) -> "PolicyFacts":
    """Return a policy with what its calls used today, its changes and its trials.

    Args:
        name: Its name, or its id.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: there is no such policy.
    """
    from selection.policies.definition import load_facts

    with opened(db) as store:
        return load_facts(store, name)


@plainly
def explore_policy(name: str, *, challenger: str, share: float = 0.1, by: str = LOCAL, db: str | None = None) -> Trial:
    """Let a challenger answer a share of a policy's conversations, until a verdict; return the trial.

    A conversation keeps its candidate. The policy's candidate changes by `renew_policy` alone, whatever the verdict.

    Args:
        name: The policy's.
        challenger: Label or fingerprint of a measured candidate.
        share: Of the conversations, above 0 and below 1.
        by: Who starts it, for the policy's history.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: there is no such policy, or nothing was measured of such a candidate.
        ConfigurationError: the share is out of range, or the policy tries a challenger already.
    """
    from selection.policies.trials import start_trial

    with opened(db) as store:
        return start_trial(store, name, challenger=challenger, mode=TrialMode.EXPLORE, share=share, by=by)


@plainly
def shadow_policy(name: str, *, challenger: str, share: float = 1.0, by: str = LOCAL, db: str | None = None) -> Trial:
    """Ask a challenger too, in idle slots, until a verdict; return the trial. Its answers are only stored.

    Args:
        name: The policy's.
        challenger: Label or fingerprint of a measured candidate.
        share: Of the conversations, above 0 and at most 1.
        by: Who starts it, for the policy's history.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: there is no such policy, or nothing was measured of such a candidate.
        ConfigurationError: the share is out of range, or the policy tries a challenger already.
    """
    from selection.policies.trials import start_trial

    with opened(db) as store:
        return start_trial(store, name, challenger=challenger, mode=TrialMode.SHADOW, share=share, by=by)


@plainly
def stop_trial(name: str, *, by: str = LOCAL, db: str | None = None) -> "TrialState":
    """Stop the trial of a policy without a verdict; return what it showed.

    Args:
        name: The policy's.
        by: Who stops it, for the policy's history.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: there is no such policy.
        ConfigurationError: it tries no challenger.
    """
    from selection.policies.trials import stop_trial as stop

    with opened(db) as store:
        return stop(store, name, by=by)


@plainly
def load_trial(name: str, *, db: str | None = None) -> "TrialState":
    """Return the running trial of a policy with its verdict so far, else its last one.

    Args:
        name: The policy's.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: there is no such policy.
        ConfigurationError: it never tried a challenger.
    """
    from selection.policies.trials import trial_of

    with opened(db) as store:
        return trial_of(store, name)
