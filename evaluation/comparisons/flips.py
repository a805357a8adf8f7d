"""On which cases is one side right where the other is wrong, and what did they say there?"""

import itertools
from collections.abc import Mapping, Sequence

from evaluation.comparisons.members import Member
from evaluation.comparisons.sides import Side
from evaluation.generation import Failure
from evaluation.results.comparisons import Flip, Flips
from evaluation.store.outcomes import load_outcomes
from evaluation.store.session import Store

LONGEST_ANSWER = 240
"""Letters of an answer that are kept with the comparison; all of it stands in the run."""


def flipped_pairs(order: Sequence[str], against: str | None) -> list[tuple[str, str]]:
    """Return the pairs whose flips are looked at: each with the baseline, else neighbours in the ranking."""
    if against is not None:
        return [(label, against) for label in order if label != against]
    return list(itertools.pairwise(order))


def find_flips(
    store: Store,
    sides: tuple[Side, Side],
    values: tuple[Mapping[str, float], Mapping[str, float]],
    *,
    n_shown: int,
    higher_is_better: bool,
) -> Flips:
    """Return the cases on which the first or the second side is better, the clearest first, then by their ids.

    Args:
        store: Where the answers are.
        sides: A and B.
        values: A's and B's, by case.
        n_shown: How many of each way are shown.
        higher_is_better: False where less is better.
    """
    a, b = values
    sign = 1 if higher_is_better else -1
    gains = {case_id: sign * (value - b[case_id]) for case_id, value in a.items() if case_id in b}
    better_a = _clearest({case_id: gain for case_id, gain in gains.items() if gain > 0})
    better_b = _clearest({case_id: -gain for case_id, gain in gains.items() if gain < 0})
    shown = [*better_a[:n_shown], *better_b[:n_shown]]
    answers = [_answers(store, side.members[0], shown) for side in sides]
    flips = {
        case_id: Flip(
            case_id=case_id,
            value_a=a[case_id],
            value_b=b[case_id],
            answer_a=answers[0].get(case_id),
            answer_b=answers[1].get(case_id),
        )
        for case_id in shown
    }
    return Flips(
        a=sides[0].label,
        b=sides[1].label,
        run_a=sides[0].members[0].run_id,
        run_b=sides[1].members[0].run_id,
        n_better_a=len(better_a),
        n_better_b=len(better_b),
        n_equal=len(gains) - len(better_a) - len(better_b),
        better_a=tuple(flips[case_id] for case_id in better_a[:n_shown]),
        better_b=tuple(flips[case_id] for case_id in better_b[:n_shown]),
    )


def _clearest(gains: Mapping[str, float]) -> list[str]:
    return sorted(gains, key=lambda case_id: (-round(gains[case_id], 12), len(case_id), case_id))


def _answers(store: Store, member: Member, case_ids: Sequence[str]) -> dict[str, str]:
    """Return the first answer to each case, cut short."""
    answers: dict[str, str] = {}
    for stored in load_outcomes(store, member.row_id, case_ids) if case_ids else ():
        outcome = stored.row.outcome
        if not isinstance(outcome, Failure):
            answers.setdefault(stored.row.case_id, _cut(outcome.answer))
    return answers


def _cut(text: str) -> str:
    """Return how the answer begins, and how it ends: what is measured mostly stands there."""
    half = LONGEST_ANSWER // 2
    return text if len(text) <= LONGEST_ANSWER else f"{text[: half - 1]} … {text[-half:]}"
