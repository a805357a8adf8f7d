"""Measured candidates by what people call them, and which of them can answer calls."""

from typing import TYPE_CHECKING

from evaluation.errors import UnknownNameError
from evaluation.store.registry import find_candidate
from evaluation.store.session import Store
from selection.recommender.registry import recommender_of

if TYPE_CHECKING:
    from evaluation.records.evidence import Choosable


def find_known(store: Store, label_or_key: str) -> "Choosable":
    """Return a measured candidate by its label, its fingerprint, or a unique beginning of that.

    Raises:
        UnknownNameError: nothing was measured of such a candidate.
    """
    candidates = recommender_of(store).view().scoreboard.candidates
    exact = [each for each in candidates if label_or_key in (each.label, each.key)]
    begun = [each for each in candidates if len(label_or_key) >= 6 and each.key.startswith(label_or_key)]
    matches = exact or begun
    if len(matches) != 1:
        labels = [each.label for each in candidates]
        raise UnknownNameError("candidate", label_or_key, labels, next_step="`benchwright selection show` lists them.")
    return matches[0]


def must_be_servable(store: Store, chosen: "Choosable", *, task: str | None) -> None:
    """Check that a candidate can answer calls in production as it was measured.

    Args:
        store: The runs that measured it.
        chosen: The candidate.
        task: Task for which it answers; None: all tasks.

    Raises:
        NotServableError: its pipeline needs what a call has not, or is not what was measured any more.
    """
    if chosen.pipeline is None:
        return
    from evaluation.resolution.measured_pipelines import measured_pipeline

    candidate = find_candidate(store, chosen.key)
    if candidate is not None and candidate.pipeline is not None:
        measured_pipeline(store, candidate, task=task)
