"""Trials of a challenger under a policy: starting, stopping, the verdict so far, and what follows from it.

A trial that reaches a verdict is ended, noted in the policy's history and told by an alert. The policy's candidate
stays: it changes only when somebody says so.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from evaluation.errors import ConfigurationError
from evaluation.formatting import points
from evaluation.records.alerts import Finding
from evaluation.records.policies import Policy, Trial, TrialMode
from evaluation.store.alerts import record_look
from evaluation.store.policies import load_policy, note_change
from evaluation.store.session import Store
from evaluation.store.trials import SHADOWS_DROPPED, end_trial, list_trials, trial_calls
from evaluation.store.trials import start_trial as store_trial
from selection.policies.candidates import find_known, must_be_servable
from selection.policies.countable import must_be_countable
from selection.policies.live_verdict import Interval, Verdict, decide, difference_of, mean_of, observations_left
from selection.policies.observations import QUIET_S, observed, outcome_of
from selection.policies.questions import question_of

if TYPE_CHECKING:
    from selection.policies.live_verdict import Decision
    from selection.policies.observations import Observed

RULE = "trial"
"""Rule of the alerts that tell a verdict."""
STOPPED = "stopped"
_SEVERITY = {Verdict.HARM: "critical", Verdict.WORSE: "warning", Verdict.BETTER: "warning"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmFigures:
    """What is known of one arm of a trial."""

    candidate: str
    n_calls: int
    n_failed: int
    """Calls on which its candidate failed, whether or not another one answered."""
    n_reported: int
    """Calls with a reported outcome."""
    n_conversations: int
    """Conversations that count: with an outcome, and quiet."""
    mean: Interval | None
    """Mean outcome of these, from 0 to 1; None without any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialState:
    """A trial with its verdict so far."""

    trial: Trial
    verdict: str
    """`better`, `worse`, `harm`, `undecided` or `stopped`."""
    sentence: str
    next_step: str
    champion: ArmFigures
    challenger: ArmFigures
    difference: Interval | None
    """Mean outcome of the challenger less the champion's, from -1 to 1; None without any."""
    n_differences: int
    """Comparisons of conversations on which it rests."""
    n_waiting: int
    """Conversations with an outcome that do not count yet."""
    n_shadows_dropped: int
    """Calls on which the challenger was not asked, though it was to be: no slot was idle, too many waited, or the
    budget was spent. Gateways store them within seconds."""
    conversations_left: int | None
    """About how many more decide if all come out like those so far; None: that cannot be said."""


def start_trial(store: Store, name: str, *, challenger: str, mode: TrialMode, share: float, by: str) -> Trial:
    """Try a challenger under a policy, and return the trial.

    Args:
        store: The evidence, and where it is kept.
        name: The policy's.
        challenger: Label or fingerprint of a measured candidate.
        mode: Whether it answers a share of the conversations, or is asked too and its answers go to nobody.
        share: Of the conversations, above 0; at most 1, and below 1 where it answers.
        by: Who starts it.

    Raises:
        UnknownNameError: there is no such policy, or nothing was measured of such a candidate.
        ConfigurationError: the share is out of range, the challenger is the policy's candidate or has a pipeline that
            cannot answer calls, or there is a trial.
    """
    policy = load_policy(store, name)
    if policy.ended_at is not None:
        raise ConfigurationError(
            f"the policy {policy.name!r} was ended", "`benchwright policies list` lists the others."
        )
    _must_be_share(share, mode)
    chosen = find_known(store, challenger)
    if chosen.key == policy.candidate_key:
        raise ConfigurationError(
            f"{chosen.label} is the candidate of the policy {policy.name!r} already",
            "Name another one; `benchwright selection show` lists them.",
        )
    must_be_servable(store, chosen, task=policy.task)
    must_be_countable(store, question_of(policy), chosen, budget=policy.budget, prices=policy.prices)
    trial = store_trial(store, policy, mode=mode, challenger_key=chosen.key, challenger_label=chosen.label, share=share)
    details = {"started": mode.value, "challenger": chosen.label, "share": share, "trial": trial.trial_id}
    note_change(store, policy.policy_id, "trial", by=by, details=details)
    return trial


def _must_be_share(share: float, mode: TrialMode) -> None:
    if mode is TrialMode.EXPLORE and not 0 < share < 1:
        raise ConfigurationError(f"the share is {share:g}", "Give a share above 0 and below 1, such as 10%.")
    if not 0 < share <= 1:
        raise ConfigurationError(f"the share is {share:g}", "Give a share above 0 and at most 1, such as 100%.")


def stop_trial(store: Store, name: str, *, by: str) -> TrialState:
    """Stop the trial of a policy, and return it with what it showed.

    Raises:
        UnknownNameError: there is no such policy.
        ConfigurationError: it tries nobody.
    """
    policy = load_policy(store, name)
    trial = running_trial(store, policy)
    if trial is None:
        raise no_trial(policy)
    stop(store, trial, by=by, reason="stopped by hand")
    return state_of(store, _stored(store, trial), policy)


def running_trial(store: Store, policy: Policy) -> Trial | None:
    """Return the trial of a policy that goes on; None: it tries nobody."""
    return next(iter(list_trials(store, policy_id=policy.policy_id, running=True)), None)


def no_trial(policy: Policy) -> ConfigurationError:
    """Return the error of a policy that tries nobody."""
    return ConfigurationError(
        f"the policy {policy.name!r} tries no challenger",
        f"Start with `benchwright policies explore {policy.name} --challenger LABEL --share 10%`.",
    )


def stop(store: Store, trial: Trial, *, by: str, reason: str) -> bool:
    """End a trial without a verdict; return False if it was over already."""
    ended = end_trial(store, trial.trial_id, verdict=STOPPED, details={"reason": reason})
    if ended:
        details = {"ended": STOPPED, "challenger": trial.challenger_label, "reason": reason, "trial": trial.trial_id}
        note_change(store, trial.policy_id, "trial", by=by, details=details)
    return ended


def trial_of(store: Store, name: str) -> TrialState:
    """Return the running trial of a policy with its verdict so far, else its last one.

    Raises:
        UnknownNameError: there is no such policy.
        ConfigurationError: it never tried anybody.
    """
    policy = load_policy(store, name)
    trials = list_trials(store, policy_id=policy.policy_id)
    if not trials:
        raise no_trial(policy)
    running = [trial for trial in trials if trial.ended_at is None]
    return state_of(store, (running or trials)[-1], policy)


def state_of(
    store: Store, trial: Trial, policy: Policy, *, moment: datetime | None = None, quiet_s: float = QUIET_S
) -> TrialState:
    """Return a trial with its verdict so far, or the one with which it ended.

    Args:
        store: The store.
        trial: The trial.
        policy: Its policy.
        moment: What counts by then; None: now, or the end of the trial.
        quiet_s: Seconds without a call or an outcome after which a conversation counts.
    """
    quiet_s = float(trial.details.get("quiet_s", quiet_s))
    calls = trial_calls(store, trial.trial_id)
    seen = observed(trial, calls, moment=moment or trial.ended_at or datetime.now(UTC), quiet_s=quiet_s)
    decision = decide(seen.evidence)
    outcomes = [outcome_of(trial, call) for call in calls]

    def arm(is_challenger: bool) -> ArmFigures:
        own = [each for each in outcomes if each.is_challenger is is_challenger]
        return ArmFigures(
            candidate=trial.challenger_label if is_challenger else trial.champion_label,
            n_calls=len(own),
            n_failed=sum(each.failed for each in own),
            n_reported=sum(each.is_reported for each in own),
            n_conversations=len(seen.values[is_challenger]),
            mean=mean_of(seen.values[is_challenger]),
        )

    champion, challenger = arm(False), arm(True)
    verdict = trial.verdict or decision.verdict.value
    left = observations_left(seen.evidence.quality) if verdict == Verdict.UNDECIDED else None
    return TrialState(
        trial=trial,
        verdict=verdict,
        sentence=_sentence(trial, verdict, seen, decision, champion, challenger, left),
        next_step=_next_step(policy, trial, verdict),
        champion=champion,
        challenger=challenger,
        difference=difference_of(seen.evidence.quality),
        n_differences=int(seen.evidence.quality.values.size),
        n_waiting=seen.n_waiting,
        n_shadows_dropped=int(trial.details.get(SHADOWS_DROPPED, 0)),
        conversations_left=left,
    )


def conclude(
    store: Store, trial: Trial, policy: Policy, *, by: str, moment: datetime | None = None, quiet_s: float = QUIET_S
) -> TrialState:
    """Look at a running trial; end it if it has a verdict, note that, and raise the alert. Return how it stands.

    However many processes look at once, the verdict is stored and told once.
    """
    if policy.ended_at is not None or policy.candidate_key != trial.champion_key:
        stop(
            store, trial, by=by, reason="the policy was ended" if policy.ended_at else "the policy's candidate changed"
        )
        return state_of(store, _stored(store, trial), policy, quiet_s=quiet_s)
    state = state_of(store, trial, policy, moment=moment, quiet_s=quiet_s)
    if state.verdict == Verdict.UNDECIDED:
        return state
    if end_trial(store, trial.trial_id, verdict=state.verdict, details=_figures(state) | {"quiet_s": quiet_s}):
        details = {"ended": state.verdict, "challenger": trial.challenger_label, "trial": trial.trial_id}
        note_change(store, trial.policy_id, "trial", by=by, details=details | {"why": state.sentence})
        record_look(store, [_finding(state, policy)], judged=())
    return state


def _stored(store: Store, trial: Trial) -> Trial:
    return next(each for each in list_trials(store, policy_id=trial.policy_id) if each.trial_id == trial.trial_id)


def _figures(state: TrialState) -> dict[str, Any]:
    figures: Mapping[str, Any] = {
        "sentence": state.sentence,
        "champion": asdict(state.champion),
        "challenger": asdict(state.challenger),
        "difference": None if state.difference is None else asdict(state.difference),
        "n_differences": state.n_differences,
    }
    return dict(figures)


def _finding(state: TrialState, policy: Policy) -> Finding:
    return Finding(
        rule=RULE,
        about=f"policy {policy.name}",
        occurrence=state.trial.trial_id,
        severity=_SEVERITY[Verdict(state.verdict)],
        source="gateway",
        task=policy.task,
        candidate=state.trial.challenger_label,
        sentence=f"Policy {policy.name}: {state.sentence} {state.next_step}",
        evidence={
            "verdict": state.verdict,
            "challenger": state.trial.challenger_label,
            "champion": state.trial.champion_label,
            "n_conversations": state.champion.n_conversations + state.challenger.n_conversations,
        },
    )


def _sentence(
    trial: Trial,
    verdict: str,
    seen: "Observed",
    decision: "Decision",
    champion: ArmFigures,
    challenger: ArmFigures,
    left: int | None,
) -> str:
    if verdict == STOPPED:
        return (
            f"The trial of {trial.challenger_label} was stopped: {trial.details.get('reason', 'no reason is stored')}."
        )
    if trial.verdict is not None and "sentence" in trial.details:
        return str(trial.details["sentence"])
    if verdict == Verdict.HARM and decision.by_failures:
        return (
            f"{challenger.candidate} fails much more often than {champion.candidate}: {challenger.n_failed} of "
            f"{challenger.n_calls} calls against {champion.n_failed} of {champion.n_calls}. It is not asked any more."
        )
    if verdict == Verdict.HARM:
        firsts = seen.evidence.first_quality.values
        return (
            f"{challenger.candidate} is much worse than {champion.candidate}, by about "
            f"{points(-firsts.mean())} points in the first outcomes of conversations. It is not asked any more."
        )
    difference = difference_of(seen.evidence.quality)
    if difference is None:
        return f"Nothing can be said yet: no two conversations with outcomes, one of each candidate ({_what(trial)})."
    low, high = points(difference.low, signed=True), points(difference.high, signed=True)
    told = f"{points(difference.value, signed=True)} points, {low} to {high}"
    if verdict == Verdict.UNDECIDED:
        more = "" if left is None else f"; about {left:,} more conversations decide if they come out like these"
        return f"{challenger.candidate} cannot be told from {champion.candidate} yet ({told}){more}."
    return f"{challenger.candidate} is {verdict} than {champion.candidate} ({told})."


def _what(trial: Trial) -> str:
    return "outcomes of both answers have to be reported" if trial.mode is TrialMode.SHADOW else "outcomes are reported"


def _next_step(policy: Policy, trial: Trial, verdict: str) -> str:
    if verdict == Verdict.BETTER:
        return f"Next: `benchwright policies renew {policy.name} --candidate '{trial.challenger_label}'` takes it."
    if verdict == Verdict.UNDECIDED:
        return f"Next: wait, or end it with `benchwright policies stop {policy.name}`."
    return f"Next: nothing has to be done, {trial.champion_label} answers all calls."
