"""What is said of an upgrade, and what a decision on it changes. Nothing changes before somebody has decided."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.errors import ConfigurationError, as_sentence
from evaluation.formatting import counted, listed
from evaluation.records.alerts import Change, Finding
from evaluation.records.policies import Policy, Upgrade
from evaluation.store.alerts import acknowledge_alert
from evaluation.store.policies import list_changes, list_policies, note_change, set_candidate
from evaluation.store.registry import find_candidate
from evaluation.store.selectable_candidates import unique_label
from evaluation.store.session import Store
from evaluation.store.upgrades import decide_upgrade, load_upgrade
from selection.policies.upgrade_verdicts import BETTER, EQUIVALENT, WORSE, in_words
from selection.policies.upgrade_watch import WEIGHTS

RULE = "upgrade"
"""Rule of the alerts."""
KEPT = "kept"
"""Kind of the change that says under which name a server keeps the weights of a policy."""
TESTED = "tested"
_SHORT = 12
_SEVERITIES = {WORSE: "critical", BETTER: "notice", EQUIVALENT: "notice"}


def accept_upgrade(store: Store, upgrade_id: str, *, by: str) -> Upgrade:
    """Have the policies of a tested upgrade stand for the changed candidate, and return the upgrade.

    A policy that stands for another candidate by now stays as it is.

    Raises:
        UnknownNameError: there is no such upgrade.
        ConfigurationError: it was decided already, or not tested.
    """
    upgrade = load_upgrade(store, upgrade_id)
    if upgrade.state not in (TESTED, "accepted", "declined"):
        reason = upgrade.details.get("reason")
        raise ConfigurationError(
            f"the upgrade {upgrade.upgrade_id} was not tested" + (f": {reason}" if reason else ""),
            "`benchwright upgrades look` tests it.",
        )
    decided = decide_upgrade(store, upgrade.upgrade_id, accepted=True, by=by)
    renewed = {str(test["candidate"]): str(test["tested"]) for test in decided.details["tests"]}
    for policy in list_policies(store):
        if policy.policy_id in decided.policy_ids and policy.candidate_key in renewed:
            _renew(store, policy, renewed[policy.candidate_key], decided, by=by)
    _end_alert(store, decided, by=by)
    return decided


def _renew(store: Store, policy: Policy, key: str, upgrade: Upgrade, *, by: str) -> None:
    candidate = find_candidate(store, key)
    if candidate is None or key == policy.candidate_key:  # another server version under the same weights
        details = {"upgrade": upgrade.upgrade_id, "before": upgrade.before, "after": upgrade.after}
        note_change(store, policy.policy_id, RULE, by=by, details=details)
        return
    set_candidate(
        store,
        policy.policy_id,
        key=key,
        label=unique_label(store, key) or candidate.label,
        recommendation_id=None,
        by=by,
        reason=f"upgrade {upgrade.upgrade_id}: {_change(upgrade)}, {upgrade.verdict}",
        kind=RULE,
    )


def decline_upgrade(store: Store, upgrade_id: str, *, by: str) -> Upgrade:
    """Have the policies of an upgrade stay as they are, and return it.

    Raises:
        UnknownNameError: there is no such upgrade.
        ConfigurationError: it was decided already.
    """
    decided = decide_upgrade(store, load_upgrade(store, upgrade_id).upgrade_id, accepted=False, by=by)
    _end_alert(store, decided, by=by)
    return decided


def _end_alert(store: Store, upgrade: Upgrade, *, by: str) -> None:
    if upgrade.alert_id is not None:
        acknowledge_alert(store, upgrade.alert_id, by=by, note=f"{upgrade.state} the upgrade", ends=True)


def names_to_release(store: Store, upgrade: Upgrade) -> tuple[tuple[str, str], ...]:
    """Return names, with their servers, that were made for the old weights of an accepted upgrade and are not needed.

    They are needed as long as a policy stands for a candidate with these weights.
    """
    if upgrade.kind != WEIGHTS or upgrade.before in _digests_in_use(store):
        return ()
    made = (
        (str(change.details["name"]), str(change.details["endpoint"]))
        for policy in list_policies(store, all=True)
        for change in list_changes(store, policy.policy_id)
        if change.kind == KEPT and change.details.get("digest") == upgrade.before and "name" in change.details
    )
    return tuple(dict.fromkeys(made))


def _digests_in_use(store: Store) -> set[str]:
    candidates = [find_candidate(store, policy.candidate_key) for policy in list_policies(store)]
    digests: set[str | None] = set()
    for candidate in candidates:
        if candidate is not None:
            digests |= {candidate.digest, *({} if candidate.pipeline is None else candidate.pipeline.models.values())}
    return {digest for digest in digests if digest}


def finding_of(upgrade: Upgrade, policies: Mapping[str, str]) -> Finding:
    """Return an upgrade as the finding of which its alert is made.

    Args:
        upgrade: The upgrade, tested or failed.
        policies: Names of policies by their ids.
    """
    names = [policies.get(policy_id, policy_id) for policy_id in upgrade.policy_ids]
    tests: Sequence[Mapping[str, Any]] = upgrade.details.get("tests", ())
    return Finding(
        rule=RULE,
        about=f"{upgrade.endpoint} · {upgrade.model}",
        occurrence=upgrade.upgrade_id,
        severity=_SEVERITIES.get(upgrade.verdict or "", "warning"),
        source="benchmark",
        candidate=upgrade.model,
        run_id=str(tests[0]["retest"]) if tests and upgrade.verdict is not None else None,
        sentence=sentence_on(upgrade, names),
        evidence={"upgrade": upgrade.upgrade_id, "verdict": upgrade.verdict, "policies": names, "tests": list(tests)},
        changes=(Change(what=_WHAT[upgrade.kind], was=_short(upgrade.before), now=_short(upgrade.after)),),
    )


_WHAT = {WEIGHTS: "model", "server": "server"}


def sentence_on(upgrade: Upgrade, policies: Sequence[str]) -> str:
    """Return what changed, what came of testing it, and what can be done, in a few sentences."""
    who = f"{counted(len(policies), 'policy', 'policies')}: {listed(list(policies), 5)}"
    head = f"{upgrade.model} on {upgrade.endpoint}: {_change(upgrade)} ({who})"
    next_step = (
        f"Accept it with `benchwright upgrades accept {upgrade.upgrade_id}`, or stay with "
        f"`benchwright upgrades decline {upgrade.upgrade_id}`; the deployment decide-upgrade and the HTTP API "
        "do the same."
    )
    if upgrade.verdict is None:
        reason = upgrade.details.get("reason") or "it is not tested yet"
        return f"{head}; nothing is concluded: {as_sentence(reason)} The next look tries again."
    figures = "; ".join(dict.fromkeys(in_words(test) for test in upgrade.details.get("tests", ())))
    return f"{head} is {upgrade.verdict}. {figures}. {next_step}"


def _change(upgrade: Upgrade) -> str:
    if upgrade.kind == WEIGHTS:
        return f"other weights, {_short(upgrade.before)} → {_short(upgrade.after)}"
    return f"another server version, {_short(upgrade.before)} → {_short(upgrade.after)}"


def _short(text: str) -> str:
    return text.removeprefix("sha256:")[:_SHORT]
