"""What became of each side's cases: how many have a value, how many were dropped, and why?"""

from collections import Counter
from collections.abc import Mapping, Sequence

from evaluation.comparisons.members import Member
from evaluation.comparisons.sides import Side
from evaluation.records import MetricUse, OutcomeCounts
from evaluation.results.sides import SideCounts
from evaluation.store.outcomes import count_outcomes
from evaluation.store.scores import count_score_failures
from evaluation.store.session import Store


def count_cases(store: Store, sides: Sequence[Side], headline: MetricUse | None) -> dict[str, SideCounts]:
    """Return the counts of each side, by its label."""
    run_ids = dict.fromkeys(member.run_id for side in sides for member in side.members)
    counts = {
        outcome_counts.run_candidate_id: outcome_counts
        for run_id in run_ids
        for outcome_counts in count_outcomes(store, run_id)
    }
    return {side.label: _counts(store, side, counts, headline) for side in sides}


def _counts(store: Store, side: Side, counts: Mapping[int, OutcomeCounts], headline: MetricUse | None) -> SideCounts:
    of_members = [counts[member.row_id] for member in side.members]
    failures: Counter[str] = Counter()
    own: Counter[str] = Counter()
    unscored: Counter[str] = Counter()
    for member, outcome_counts in zip(side.members, of_members, strict=True):
        failures.update({str(kind): n for kind, n in outcome_counts.failures.items()})
        own.update({str(kind): n for kind, n in outcome_counts.own_failures.items()})
        unscored.update(_unscored(store, member, headline))
    return SideCounts(
        n_asked=sum(member.run.plan.n_cases * member.run.plan.n_repeats for member in side.members),
        n_answered=sum(outcome_counts.n_ok + outcome_counts.n_own_failed for outcome_counts in of_members),
        failures=dict(failures),
        own_failures=dict(own),
        score_failures=dict(unscored),
        n_reused=sum(outcome_counts.n_reused for outcome_counts in of_members),
        n_cached=sum(outcome_counts.n_cached for outcome_counts in of_members),
    )


def _unscored(store: Store, member: Member, headline: MetricUse | None) -> Mapping[str, int]:
    counts = dict(count_score_failures(store, member.row_id))
    return counts.get(headline, {}) if headline is not None else {}
