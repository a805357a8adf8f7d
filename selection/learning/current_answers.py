"""The scored answers of now, as far as they are to cases that a model learned from."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.records.evidence import Evidence
from selection.learning.learned_answers import Codes, Integers, LearnedAnswers, case_codes

_SAMPLE = 50


class AnswersOfNow:
    """Counted by candidate, case and score, so that repeats beyond those that were learned from change nothing.

    Args:
        learned: What was learned from.
        evidence: All that is known now.
        is_from_elsewhere: Cases that are not known here do not count.
    """

    def __init__(self, learned: LearnedAnswers, evidence: Evidence, *, is_from_elsewhere: bool) -> None:
        self.learned, self.evidence = learned, evidence
        self._n = len(learned.cases)
        case = self._places()[evidence.case]
        rows = np.flatnonzero((case >= 0) & np.isfinite(evidence.quality))
        self._counts_case = np.full(self._n, not is_from_elsewhere)
        self._counts_case[case[rows]] = True
        self._case, self._candidate = case[rows], evidence.candidate[rows]
        codes = self._codes(self._candidate, self._case, evidence.quality[rows].astype(np.float32))
        self._known, self._n_known = np.unique(codes, return_counts=True)
        self._ends = np.cumsum(learned.counts)

    def _places(self) -> Integers:
        """Return where each case of now stands among those that were learned from; -1 for none."""
        codes = case_codes(self.evidence)
        if not self._n:
            return np.full(len(codes), -1, dtype=np.int64)
        order = np.argsort(self.learned.cases)
        at = order[np.minimum(np.searchsorted(self.learned.cases, codes, sorter=order), self._n - 1)]
        return np.asarray(np.where(self.learned.cases[at] == codes, at, -1), dtype=np.int64)

    def _codes(self, candidate: Integers | int, case: Integers, quality: NDArray[np.float32]) -> Codes:
        # Adding zero makes one of the two zeros.
        bits = (quality + np.float32(0)).astype(np.float32).view(np.uint32).astype(np.uint64)
        cell = np.asarray(candidate, dtype=np.uint64) * np.uint64(max(self._n, 1)) + case.astype(np.uint64)
        return (cell << np.uint64(32)) | bits

    def answers(self, column: int) -> Integers:
        """Return the positions of a candidate's answers among those that were learned from, as far as they count."""
        end = int(self._ends[column])
        rows = np.arange(end - int(self.learned.counts[column]), end)
        counted: Integers = rows[self._counts_case[self.learned.case[rows]]]
        return counted

    def n_elsewhere(self, task: int) -> int:
        """Return the cases of a task that do not count."""
        return int((~self._counts_case & (self.learned.tasks == task)).sum())

    def lost(self, answers: Integers, place: int) -> Integers:
        """Return the cases to which a candidate of now has not all of these answers."""
        case = self.learned.case[answers]
        codes, counts = np.unique(self._codes(place, case, self.learned.quality[answers]), return_counts=True)
        if not len(self._known):
            return np.unique(case)
        at = np.minimum(np.searchsorted(self._known, codes), len(self._known) - 1)
        n_known = np.where(self._known[at] == codes, self._n_known[at], 0)
        cells = np.unique(codes[n_known < counts] >> np.uint64(32)).astype(np.int64)
        return cells - place * self._n

    def owner(self, answers: Integers, places: Sequence[int]) -> int | None:
        """Return the first of these candidates of now who has all of the answers; most have not the first few."""
        if not len(self._known) or not places:
            return None
        first = answers[:_SAMPLE]
        codes = self._codes(np.array(places)[:, None], self.learned.case[first], self.learned.quality[first])
        at = np.minimum(np.searchsorted(self._known, codes), len(self._known) - 1)
        likely = np.flatnonzero((self._known[at] == codes).all(axis=1)).tolist()
        return next((places[i] for i in likely if not self.lost(answers, places[i]).size), None)
