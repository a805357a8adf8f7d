"""Preference rankings as rows and sentences."""

from evaluation.formatting import counted, listed, p_value, percent, quantity
from evaluation.results.comparisons import PreferenceResult
from evaluation.stats.preference_ranking import PreferenceRanking
from evaluation.stats.ranking import letters

Row = dict[str, str]


def preference_rows(ranking: PreferenceRanking) -> list[Row]:
    """Return one row for each side, strongest first.

    Groups of sides that were never compared with one another are listed below each other.
    """
    if ranking.parts:
        return [row for part in ranking.parts for row in preference_rows(part)]
    groups = letters(ranking.groups)
    return [
        {
            "side": rating.name,
            "Elo [95 %]": f"{quantity(rating.elo)} [{_end(rating.low)}, {_end(rating.high)}]",
            "tied": groups.get(rating.name, ""),
            "rank": _ranks(rating.ranks),
            "votes": f"{rating.n_votes:,}",
        }
        for rating in ranking.ratings
    ]


def _end(limit: float | None) -> str:
    return "open" if limit is None else quantity(limit)


def _ranks(ranks: tuple[int, int]) -> str:
    low, high = ranks
    return f"{low}" if low == high else f"{low}–{high}"


def preference_sentence(preference: PreferenceResult) -> str:
    """Return which side is preferred, if any."""
    ranking = preference.ranking
    votes = f"{counted(ranking.n_votes, 'verdict')} on {counted(ranking.n_prompts, 'case')}"
    contrasts = ranking.contrasts
    if not ranking.ratings:
        return f"{preference.word}: no joint ranking ({votes})"
    first, second = (rating.name for rating in ranking.ratings[:2])
    between = next(each for each in contrasts if {each.a, each.b} == {first, second})
    chance = between.chance if between.a == first else 1 - between.chance
    numbers = f"chance {percent(chance)} against {second}, {p_value(between.p_adjusted)} (Bradley–Terry, Holm), {votes}"
    if ranking.winner is not None:
        return f"{preference.word}: {ranking.winner} is preferred ({numbers})"
    top = next((group for group in ranking.groups if first in group), (first,))
    if len(top) > 1:
        return f"{preference.word}: no winner, {listed(list(top))} cannot be told apart ({numbers})"
    return f"{preference.word}: no winner ({numbers})"


def preference_lines(preference: PreferenceResult) -> list[str]:
    """Return the lines below the table."""
    return [preference_sentence(preference), *preference.ranking.notes]
