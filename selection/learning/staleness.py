"""Validity of a model's parts under evidence other than it was trained on.

What was learned of a candidate is a mean over its answers, so that it can be wrong by no more than the share of them
that have changed. Where more than `MOST_CHANGED` of its cases have another score now, or none, it is withheld: a
training with a tenth of its labels wrong was measured to cost under a point (docs/recommending.md), and half of that is
allowed. What one candidate's answers contribute to the others is the same for all of these, so what was learned of the
others stays. Where another candidate has all of those answers now, what was learned of them is transferred to it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.formatting import listed, percent
from evaluation.records.evidence import Evidence
from selection.choosing.number_words import MOST_NAMED
from selection.learning.learned_answers import Codes, Integers, LearnedAnswers, case_codes

_SAMPLE = 50


class AnswersOfNow:
    """Current answers, counted by candidate, case and score, so that repeats beyond those learned from change nothing.

    Args:
        learned: Answers that the model learned from.
        evidence: All current evidence.
        is_from_elsewhere: Cases that are unknown here do not count.
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
        """Return the position of each current case among those learned from; -1 for none."""
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
        """Return the positions of a candidate's answers among those learned from, as far as they count."""
        end = int(self._ends[column])
        rows = np.arange(end - int(self.learned.counts[column]), end)
        counted: Integers = rows[self._counts_case[self.learned.case[rows]]]
        return counted

    def n_elsewhere(self, task: int) -> int:
        """Return the number of cases of a task that do not count."""
        return int((~self._counts_case & (self.learned.tasks == task)).sum())

    def lost(self, answers: Integers, place: int) -> Integers:
        """Return the cases for which a current candidate lacks some of these answers."""
        case = self.learned.case[answers]
        codes, counts = np.unique(self._codes(place, case, self.learned.quality[answers]), return_counts=True)
        if not len(self._known):
            return np.unique(case)
        at = np.minimum(np.searchsorted(self._known, codes), len(self._known) - 1)
        n_known = np.where(self._known[at] == codes, self._n_known[at], 0)
        cells = np.unique(codes[n_known < counts] >> np.uint64(32)).astype(np.int64)
        return cells - place * self._n

    def owner(self, answers: Integers, places: Sequence[int]) -> int | None:
        """Return the first of these current candidates with all of the answers; most lack some of the first few."""
        if not len(self._known) or not places:
            return None
        first = answers[:_SAMPLE]
        codes = self._codes(np.array(places)[:, None], self.learned.case[first], self.learned.quality[first])
        at = np.minimum(np.searchsorted(self._known, codes), len(self._known) - 1)
        likely = np.flatnonzero((self._known[at] == codes).all(axis=1)).tolist()
        return next((places[i] for i in likely if not self.lost(answers, places[i]).size), None)


MOST_CHANGED = 0.05
"""Maximum changed share of a candidate's cases on a task."""
MOST_WITHHELD = 0.5
"""Maximum withheld share of a task's candidates. Beyond it all are withheld, since the difficulty of a prompt was
learned from their answers.
"""
MIN_MOVED = 30
"""Number of cases below which equal scores may be chance, and do not show that answers have moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Number of a candidate's cases whose score changed or was removed."""

    label: str
    n_changed: int
    n_cases: int
    is_withheld: bool

    def __str__(self) -> str:
        return f"{self.label} ({self.n_changed:,} of {self.n_cases:,})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What still holds of the learning on a task."""

    columns: Mapping[str, int]
    """Column of the model that stands for a current candidate, by key; empty: nothing holds."""
    changed: tuple[Changed, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()
    """Pairs of the former and the current candidate with the same answers."""
    n_elsewhere: int = 0
    """Number of training cases that are unknown here, for a model that was trained elsewhere."""

    def notes(self, model: str, task: str) -> Iterator[str]:
        """Yield notes for the reader of an answer; none where nothing has changed.

        Args:
            model: Name of the model.
            task: The task.
        """
        withheld = [str(change) for change in self.changed if change.is_withheld]
        if withheld:
            whose = "" if self.columns else "all candidates, since that of "
            yield (
                f"what {model} learned from prompts on {task} is ignored for {whose}{listed(withheld, MOST_NAMED)}: "
                "too many of the cases that it learned from have a different score now, or none; `benchwright retrain` "
                "checks again"
            )
        elif self.changed:
            yield (
                f"of the cases on {task} that {model} learned from, some have a different score now, or none: "
                f"{listed([str(change) for change in self.changed], MOST_NAMED)}; beyond {percent(MOST_CHANGED)} it no "
                "longer uses prompts"
            )
        for was, now in self.moved:
            yield (
                f"what {model} learned from prompts and the answers of {was} on {task} now applies to {now}, who "
                "gives the same answers; `benchwright retrain` checks again"
            )
        if self.n_elsewhere:
            yield f"{self.n_elsewhere:,} of the cases on {task} that {model} learned from are not known here"


def holdings(
    learned: LearnedAnswers, keys: Sequence[str], tasks: Sequence[str], evidence: Evidence, *, is_from_elsewhere: bool
) -> dict[str, Holding]:
    """Return what still holds on each of the model's tasks by current evidence.

    Args:
        learned: Answers that it learned from.
        keys: Keys of the candidates that it learned of.
        tasks: Tasks that it knows.
        evidence: All current evidence.
        is_from_elsewhere: It was trained on another store: cases unknown here do not count against it.
    """
    comparison = _Comparison(learned, keys, tasks, evidence, is_from_elsewhere=is_from_elsewhere)
    return {task: comparison.of_task(place, task) for place, task in enumerate(tasks)}


class _Comparison:
    """Comparison of a model's candidates, column by column, with current evidence."""

    def __init__(
        self,
        learned: LearnedAnswers,
        keys: Sequence[str],
        tasks: Sequence[str],
        evidence: Evidence,
        *,
        is_from_elsewhere: bool,
    ) -> None:
        self._learned, self._keys, self._candidates = learned, keys, evidence.candidates
        self._now = AnswersOfNow(learned, evidence, is_from_elsewhere=is_from_elsewhere)
        self._measured = _measured(evidence)
        self._places = {candidate.key: place for place, candidate in enumerate(evidence.candidates)}
        self._answers = [self._now.answers(column) for column in range(len(keys))]
        shape = (len(keys), len(tasks))
        self._n_cases, self._n_lost = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        for column, (key, answers) in enumerate(zip(keys, self._answers, strict=True)):
            cases = np.unique(learned.case[answers])
            lost = self._now.lost(answers, self._places[key]) if key in self._places else cases
            self._n_cases[column] = np.bincount(learned.tasks[cases], minlength=len(tasks))
            self._n_lost[column] = np.bincount(learned.tasks[lost], minlength=len(tasks))

    def of_task(self, place: int, task: str) -> Holding:
        """Return what still holds on one of the tasks."""
        n_cases, n_lost = self._n_cases[:, place], self._n_lost[:, place]
        holds = n_lost <= MOST_CHANGED * n_cases
        here = self._measured.get(task, frozenset())
        columns = {key: at for at, key in enumerate(self._keys) if key in self._places and holds[at]}
        free = {at for at in here if self._candidates[at].key not in columns}
        moved = self._moved(np.flatnonzero(~holds & (n_cases >= MIN_MOVED)), place, free)
        columns |= {self._candidates[at].key: column for column, at in moved.items()}
        measured_keys = {at: key for at, key in enumerate(self._keys) if self._places.get(key) in here}
        changed = tuple(
            Changed(
                label=self._label(at),
                n_changed=int(n_lost[at]),
                n_cases=int(n_cases[at]),
                is_withheld=key not in columns,
            )
            for at, key in measured_keys.items()
            if n_lost[at] and (holds[at] or key not in columns)
        )
        if sum(change.is_withheld for change in changed) > MOST_WITHHELD * len(measured_keys):
            columns, moved = {}, {}
        return Holding(
            columns=columns,
            changed=changed,
            moved=tuple((self._label(column), self._candidates[at].label) for column, at in moved.items()),
            n_elsewhere=self._now.n_elsewhere(place),
        )

    def _moved(self, columns: Integers, task: int, free: Collection[int]) -> dict[int, int]:
        """Return which free candidates have all the training answers of another one, by that one's column."""
        left, owners = set(free), {}
        for column in columns.tolist():
            own = self._answers[column]
            own = own[self._learned.tasks[self._learned.case[own]] == task]
            owner = self._now.owner(own, sorted(left))
            if owner is not None:
                left.remove(owner)
                owners[column] = owner
        return owners

    def _label(self, column: int) -> str:
        place = self._places.get(self._keys[column])
        return self._keys[column] if place is None else self._candidates[place].label


def _measured(evidence: Evidence) -> dict[str, frozenset[int]]:
    """Return the positions of the candidates with a score on each task."""
    names = {task: place for place, task in enumerate(dict.fromkeys(case.task for case in evidence.cases))}
    of_case = np.array([names[case.task] for case in evidence.cases], dtype=np.int64)
    rows = np.isfinite(evidence.quality)
    cells = np.unique(of_case[evidence.case[rows]] * len(evidence.candidates) + evidence.candidate[rows])
    task, candidate = np.divmod(cells, max(len(evidence.candidates), 1))
    return {name: frozenset(candidate[task == place].tolist()) for name, place in names.items()}
