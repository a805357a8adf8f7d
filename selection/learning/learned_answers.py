"""The scored answers that a model learned from, small enough to be kept with it."""

import hashlib
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from evaluation.records.evidence import Evidence

Integers: TypeAlias = NDArray[np.integer]
Codes: TypeAlias = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LearnedAnswers:
    """Every scored answer that a model learned from, sorted by candidate."""

    cases: Codes
    """Code of each case that was learned from, see `case_codes`."""
    tasks: Integers
    """Task of each case, by its position in the model."""
    counts: Integers
    """Number of answers of each candidate, shape (n_candidates,)."""
    case: Integers
    """Case of each answer, by its position in `cases`."""
    quality: NDArray[np.float32]
    """Quality of each answer."""

    def misfit(self, n_tasks: int, n_candidates: int) -> str | None:
        """Return the problem of the arrays as text."""
        arrays = (self.cases, self.tasks, self.counts, self.case, self.quality)
        n_cases, n_rows = self.cases.size, self.case.size
        if [array.shape for array in arrays] != [(n_cases,), (n_cases,), (n_candidates,), (n_rows,), (n_rows,)]:
            return f"learned answers of shapes {[array.shape for array in arrays]}"
        for name, array, end in (("tasks", self.tasks, n_tasks), ("case", self.case, n_cases)):
            if array.size and not 0 <= array.min() <= array.max() < end:
                return f"learned.{name} points outside: {array.min()} to {array.max()} of {end}"
        if self.counts.size and not 0 <= self.counts.min() <= self.counts.max() <= n_rows:
            return f"counts of {self.counts.min()} to {self.counts.max()} for {n_rows} learned answers"
        return None if int(self.counts.sum()) == n_rows else f"counts that are not those of {n_rows} learned answers"


def case_codes(evidence: Evidence) -> Codes:
    """Return a hash of each case's task, yardstick and id: the same wherever the case is read."""
    texts = (f"{case.task}\0{case.yardstick}\0{case.case_id}" for case in evidence.cases)
    digests = b"".join(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts)
    return np.frombuffer(digests, dtype="<u8")


def learned_answers(evidence: Evidence, cases: Integers, task: Integers) -> LearnedAnswers:
    """Return the answers to these cases.

    Args:
        evidence: All evidence of the time.
        cases: Positions of the cases learned from.
        task: Task of each of them, by its position in the model.
    """
    place = np.full(len(evidence.cases), -1, dtype=np.int32)
    place[cases] = np.arange(len(cases), dtype=np.int32)
    case = place[evidence.case]
    rows = np.flatnonzero((case >= 0) & np.isfinite(evidence.quality))
    rows = rows[np.lexsort((case[rows], evidence.candidate[rows]))]
    counts = np.bincount(evidence.candidate[rows], minlength=len(evidence.candidates))
    return LearnedAnswers(
        cases=case_codes(evidence)[cases],
        tasks=task.astype(np.int32),
        counts=counts.astype(np.int32),
        case=case[rows],
        quality=evidence.quality[rows].astype(np.float32),
    )
