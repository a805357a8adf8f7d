"""Preference rankings from people's choices between two answers."""

from collections.abc import Sequence
from statistics import fmean

import numpy as np

from evaluation.records.reviews import RatingRecord, ReviewItem
from evaluation.results.reviews import PairPreference
from evaluation.reviews.grades import Ratings
from evaluation.stats.bradley_terry import Vote
from evaluation.stats.paired_tests import exact_p_value
from evaluation.stats.preference_ranking import PreferenceRanking
from evaluation.stats.preferences import rank_preferences

TIE = 0.5


def score_of_first(rating: RatingRecord) -> float:
    """Return 1 where the answer shown as A was preferred, 0 where B was, 0.5 for a tie."""
    preferred = rating.said.preferred
    return TIE if preferred is None else float(preferred == 0)


def votes_of(items: Sequence[ReviewItem], ratings: Ratings) -> list[Vote]:
    """Return every preference as a vote.

    Votes on one case, or on cases that belong together, count as one piece of evidence.
    """
    return [
        Vote(
            a=item.outputs[0].candidate,
            b=item.outputs[1].candidate,
            score=score_of_first(rating),
            prompt=item.case_id if item.cluster is None else f"cluster {item.cluster}",
        )
        for item in items
        for rating in ratings.get(item.item_id, ())
    ]


def ranking(votes: Sequence[Vote], *, seed: int) -> PreferenceRanking | None:
    """Return the Bradley-Terry strengths; None without a vote."""
    return rank_preferences(votes, rng=np.random.default_rng(seed)) if votes else None


def pair_preferences(items: Sequence[ReviewItem], ratings: Ratings) -> tuple[PairPreference, ...]:
    """Return on how many cases each of a pair was preferred by most raters, with the sign test's p, for each pair.

    The first of a pair was preferred more often.
    """
    scores: dict[tuple[str, str], list[float]] = {}
    for item in items:
        rater_scores = [score_of_first(rating) for rating in ratings.get(item.item_id, ())]
        if not rater_scores:
            continue
        first, second = (output.candidate for output in item.outputs)
        of_first = fmean(rater_scores)
        pair, score = ((first, second), of_first) if first < second else ((second, first), 1 - of_first)
        scores.setdefault(pair, []).append(score)
    return tuple(_pair(*pair, pair_scores) for pair, pair_scores in sorted(scores.items()))


def _pair(a: str, b: str, scores: Sequence[float]) -> PairPreference:
    n_a, n_b = sum(score > TIE for score in scores), sum(score < TIE for score in scores)
    if n_b > n_a:
        a, b, n_a, n_b = b, a, n_b, n_a
    return PairPreference(
        a=a, b=b, n_a=n_a, n_b=n_b, n_tied=len(scores) - n_a - n_b, n_cases=len(scores), p_value=exact_p_value(n_a, n_b)
    )
