"""Who is preferred, where a judge saw two answers at a time? Its verdicts on the sides, on one scale of strength."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from evaluation.comparisons.members import Member
from evaluation.comparisons.sides import Side
from evaluation.metrics.judges.pairwise import JudgePairwise
from evaluation.metrics.parsing import metric_of
from evaluation.records import MetricUse
from evaluation.resolution.metric_models import is_opponent
from evaluation.results.comparisons import PreferenceResult
from evaluation.stats.preferences import rank_preferences
from evaluation.stats.votes import Vote
from evaluation.store.outcome_numbers import iterate_values
from evaluation.store.session import Store


def find_preferences(
    store: Store, sides: Sequence[Side], uses: Sequence[MetricUse], *, seed: int
) -> Iterator[PreferenceResult]:
    """Yield the ranking by each judge who compared answers of these sides.

    Args:
        store: Where verdicts are.
        sides: Who is ranked.
        uses: Of pairwise judges, as their verdicts are stored: each names the opponent of its run.
        seed: Of the draws of prompts.
    """
    votes: dict[JudgePairwise, list[Vote]] = {}
    for use in uses:
        metric = metric_of(use.name, use.signature)
        if isinstance(metric, JudgePairwise):
            judge = replace(metric, against="")
            votes.setdefault(judge, []).extend(_votes(store, sides, use, metric.against))
    for judge, judge_votes in votes.items():
        if judge_votes:
            ranking = rank_preferences(judge_votes, rng=np.random.default_rng(seed))
            yield PreferenceResult(word=f"{judge.name} by {judge.model}", signature=judge.signature, ranking=ranking)


def _votes(store: Store, sides: Sequence[Side], use: MetricUse, against: str) -> Iterator[Vote]:
    """Yield the verdicts between two different sides, of answers of one run."""
    for side in sides:
        for member in side.members:
            opponent = _opponent(sides, member, against)
            if opponent is None or opponent == side.label:
                continue
            for case_id, value in iterate_values(store, member.row_id, use.signature):
                yield Vote(a=side.label, b=opponent, score=value, prompt=case_id)


def _opponent(sides: Sequence[Side], member: Member, against: str) -> str | None:
    """Return the side in which that run's opponent stands."""
    for side in sides:
        if any(other.run_id == member.run_id and is_opponent(against, other.fingerprint) for other in side.members):
            return side.label
    return None
