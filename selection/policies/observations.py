"""What the calls of a trial say of its two arms: one observation a conversation, in the order in which they count.

The outcome of a call is its reported quality, else whether it was reported as useful (1 or 0), else 0 where the arm's
candidate failed, else unknown. Calls of one conversation are not independent, since a conversation keeps its arm: they
count as one observation, their mean. It counts once the conversation has been quiet for a while, with what was known by
then; what comes later changes nothing, so that no look depends on how many looks there were.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from evaluation.records.policies import Trial, TrialMode
from evaluation.store.trials import TrialCall
from selection.policies.live_verdict import Differences, Evidence, Observation, differences_of

QUIET_S = 60.0
"""Seconds without a call or an outcome after which a conversation counts."""
_FAILURE = "TransientProviderError"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOutcome:
    """What came of one call of an arm."""

    conversation: str
    is_challenger: bool
    failed: bool
    """Whether the arm's candidate failed: its server answered with an error, broke off, or another answered instead."""
    ended_at: float
    """Seconds since the epoch; the same for `known_at`."""
    value: float | None
    """Outcome from 0 to 1; None: nothing is known."""
    is_reported: bool
    known_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What the calls of a trial say."""

    evidence: Evidence
    values: dict[bool, list[float]]
    """Values of the conversations that count, of the challenger (True) and the champion (False)."""
    n_waiting: int
    """Conversations with an outcome that are not quiet yet."""


def outcome_of(trial: Trial, call: TrialCall) -> CallOutcome:
    """Return what came of a call of a trial."""
    key = trial.challenger_key if call.is_challenger else trial.champion_key
    is_own = call.candidate_key == key
    failed = not is_own or (not call.ok and (call.error_type or "").endswith(_FAILURE))
    ended_at = (call.started_at + timedelta(seconds=call.duration_s)).timestamp()
    reported = _reported(call) if is_own and call.reported_at is not None else None
    value = reported if reported is not None else 0.0 if failed else None
    return CallOutcome(
        conversation=call.conversation or call.call_id,
        is_challenger=call.is_challenger,
        failed=failed,
        ended_at=ended_at,
        value=value,
        is_reported=reported is not None,
        known_at=ended_at if reported is None or call.reported_at is None else call.reported_at.timestamp(),
    )


def _reported(call: TrialCall) -> float | None:
    if call.quality is not None:
        return call.quality
    return None if call.useful is None else float(call.useful)


def observed(trial: Trial, calls: Sequence[TrialCall], *, moment: datetime, quiet_s: float = QUIET_S) -> Observed:
    """Return what the calls of a trial say at a moment.

    Args:
        trial: The trial.
        calls: All its calls.
        moment: Only what counts by then is in it.
        quiet_s: Seconds without a call or an outcome after which a conversation counts.
    """
    if trial.mode is TrialMode.SHADOW:
        return _observed_pairs(trial, calls, moment.timestamp(), quiet_s)
    return observed_arms([outcome_of(trial, call) for call in calls], moment.timestamp(), quiet_s)


def observed_arms(outcomes: Iterable[CallOutcome], now: float, quiet_s: float) -> Observed:
    """Return what the outcomes of two arms say at a moment, in seconds since the epoch."""
    conversations: dict[tuple[str, bool], list[CallOutcome]] = defaultdict(list)
    for outcome in outcomes:
        conversations[outcome.conversation, outcome.is_challenger].append(outcome)
    whole: list[Observation] = []
    firsts: list[Observation] = []
    failures: list[Observation] = []
    n_waiting = 0
    for (_, is_challenger), own in conversations.items():
        first_call = min(own, key=lambda each: each.ended_at)
        failures.append(
            Observation(is_challenger=is_challenger, value=float(first_call.failed), at=first_call.ended_at)
        )
        numbers = [(each.known_at, each.value) for each in own if each.value is not None]
        if not numbers:
            continue
        at, value = min(numbers)
        firsts.append(Observation(is_challenger=is_challenger, value=value, at=at))
        at, value = _quiet([each.ended_at for each in own], numbers, quiet_s)
        n_waiting += at > now
        whole += [Observation(is_challenger=is_challenger, value=value, at=at)] if at <= now else []
    values = {arm: [each.value for each in whole if each.is_challenger is arm] for arm in (True, False)}
    evidence = Evidence(
        quality=differences_of(whole), first_quality=differences_of(firsts), failures=differences_of(failures)
    )
    return Observed(evidence=evidence, values=values, n_waiting=n_waiting)


def _observed_pairs(trial: Trial, calls: Sequence[TrialCall], now: float, quiet_s: float) -> Observed:
    """As above for answers of both arms to the same prompts: each conversation gives one difference."""
    conversations: dict[str, list[tuple[CallOutcome, CallOutcome]]] = defaultdict(list)
    for champion, challenger in _pairs(trial, calls):
        conversations[champion.conversation].append((champion, challenger))
    whole: list[tuple[float, float]] = []
    firsts: list[tuple[float, float]] = []
    failures: list[tuple[float, float]] = []
    values: dict[bool, list[float]] = {True: [], False: []}
    n_waiting = 0
    for own in conversations.values():
        failures.append(min((max(a.ended_at, b.ended_at), float(b.failed) - float(a.failed)) for a, b in own))
        rated = [(max(a.known_at, b.known_at), a.value, b.value) for a, b in own if None not in (a.value, b.value)]
        numbers = [(at, (a or 0.0, b or 0.0)) for at, a, b in rated]
        if not numbers:
            continue
        at, (first, second) = min(numbers)
        firsts.append((at, second - first))
        at, _ = _quiet([each.ended_at for pair in own for each in pair], [(at, 0.0) for at, _ in numbers], quiet_s)
        n_waiting += at > now
        if at <= now:
            means = np.array([pair for known_at, pair in numbers if known_at <= at]).mean(axis=0)
            whole.append((at, float(means[1] - means[0])))
            values[False].append(float(means[0]))
            values[True].append(float(means[1]))
    evidence = Evidence(quality=_paired(whole), first_quality=_paired(firsts), failures=_paired(failures))
    return Observed(evidence=evidence, values=values, n_waiting=n_waiting)


def _pairs(trial: Trial, calls: Sequence[TrialCall]) -> Iterable[tuple[CallOutcome, CallOutcome]]:
    """Yield the champion's call and the shadow of the same prompt in the same conversation, in turn."""
    waiting: dict[tuple[str | None, str | None, bool], list[CallOutcome]] = defaultdict(list)
    for call in calls:
        outcome = outcome_of(trial, call)
        others = waiting[call.conversation, call.prompt_hash, not call.is_challenger]
        if others:
            other = others.pop(0)
            yield (other, outcome) if call.is_challenger else (outcome, other)
        else:
            waiting[call.conversation, call.prompt_hash, call.is_challenger].append(outcome)


def _paired(differences: Sequence[tuple[float, float]]) -> Differences:
    ordered = sorted(differences)
    return Differences(
        values=np.array([value for _, value in ordered], dtype=np.float64),
        at=np.array([at for at, _ in ordered], dtype=np.float64),
        n_observations=len(ordered),
    )


def _quiet(ended_at: Sequence[float], numbers: Sequence[tuple[float, float]], quiet_s: float) -> tuple[float, float]:
    """Return when a conversation was quiet for the first time with an outcome known, and the mean of those by then."""
    moments = sorted({*ended_at, *(at for at, _ in numbers)})
    first_known = min(at for at, _ in numbers)
    ends = [
        moment
        for moment, following in zip(moments, [*moments[1:], float("inf")], strict=True)
        if moment >= first_known and following - moment > quiet_s
    ]
    at = ends[0] + quiet_s
    values = [value for known_at, value in numbers if known_at <= at]
    return at, sum(values) / len(values)
