"""Statistics of cases before review: scores where available, else the wordings."""

from collections.abc import Sequence

from evaluation.comparisons.case_values import scores_of
from evaluation.comparisons.sides import Side
from evaluation.fingerprint import fingerprint
from evaluation.generation import Generation
from evaluation.records.candidates import MetricUse
from evaluation.reviews.case_selection import CaseStatistics
from evaluation.store.outcome_numbers import iterate_figures
from evaluation.store.outcomes import iterate_outcomes
from evaluation.store.session import Store


def seen_cases(store: Store, sides: Sequence[Side], use: MetricUse | None) -> list[CaseStatistics]:
    """Return all cases that any of the sides answered, by their ids.

    Args:
        store: The store.
        sides: Whose answers, each one candidate of one run.
        use: The metric by which candidates differ; None, or a metric that never scored them: by the wording of answers.
    """
    answered = [{case_id for case_id, _ in iterate_figures(store, side.members[0].row_id)} for side in sides]
    values = [scores_of(store, side, use) if use is not None else {} for side in sides]
    wordings = [_wordings(store, side) for side in sides] if not any(values) else []
    return [
        CaseStatistics(
            case_id=case_id,
            sides=(places := tuple(place for place, case_ids in enumerate(answered) if case_id in case_ids)),
            values={place: values[place][case_id] for place in places if case_id in values[place]},
            n_wordings=len({wordings[place].get(case_id) for place in places}) if wordings else None,
        )
        for case_id in sorted(set().union(*answered), key=lambda word: (len(word), word))
    ]


def _wordings(store: Store, side: Side) -> dict[str, str]:
    """Return the hash of the first answer to each case, ignoring capitals and blanks."""
    hashes: dict[str, str] = {}
    for page in iterate_outcomes(store, side.members[0].row_id):
        for stored in page:
            outcome = stored.row.outcome
            if isinstance(outcome, Generation):
                hashes.setdefault(stored.row.case_id, fingerprint(" ".join(outcome.answer.casefold().split())))
    return hashes
