"""Promotion of a challenger: only on a real paired gain, or on evidence that the champion no longer fits.

Both name candidates for the same cases, of held-out families that neither was trained on, with what the scoreboard of
all other cases expects under both. The decision itself is pure: `compare` measures, `decide` decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evaluation.formatting import listed
from evaluation.records.evidence import Evidence
from selection.choosing.number_words import MOST_NAMED
from selection.learning.families import families_and_codes, held_out
from selection.learning.gains import paired_gain
from selection.learning.held_out_test import examination, expectations
from selection.learning.quality_matrix import quality_matrix
from selection.learning.serving import ServedModel
from selection.learning.training import HELD_OUT
from selection.retraining import BEST_PER_TASK, GainResult

MIN_FAMILIES = 6
"""Minimum number of common families for a gain to count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rivalry:
    """Challenger and champion on the same held-out cases; without a champion, the scoreboard alone."""

    gain: GainResult
    """Gain of the challenger's choices over the champion's."""
    n_changed: int
    """Number of cases for which they name different candidates with answers of different quality."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staleness:
    """Changes between the champion's evidence and the current one."""

    gone: tuple[str, ...]
    """Known candidates that have no evidence any more."""
    new: tuple[str, ...]
    """Candidates unknown to the champion."""
    new_tasks: tuple[str, ...]
    gone_tasks: tuple[str, ...]
    changed: tuple[str, ...] = ()
    """Candidates whose answers differ from those learned from, with the task."""

    @property
    def is_stale(self) -> bool:
        """True if anything differs."""
        return bool(self.gone or self.new or self.new_tasks or self.gone_tasks or self.changed)

    def __str__(self) -> str:
        parts = (
            ("candidates without evidence now", self.gone),
            ("new candidates", self.new),
            ("tasks without evidence now", self.gone_tasks),
            ("new tasks", self.new_tasks),
            ("other scores than it learned from", self.changed),
        )
        return "; ".join(f"{name}: {listed(values, MOST_NAMED)}" for name, values in parts if values)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionDecision:
    """Decision on a promotion, with its reason."""

    verdict: Literal["promote", "keep"]
    reason: str
    """Reason as text, with numbers."""

    @property
    def promotes(self) -> bool:
        """True where the challenger becomes the champion."""
        return self.verdict == "promote"


def compare(
    challenger: ServedModel,
    champion: ServedModel | None,
    evidence: Evidence,
    prompts: Sequence[str],
) -> Rivalry | None:
    """Compare both on the held-out cases that neither was trained on; None where there are none.

    Raises:
        ConfigurationError: the prompts do not match the evidence.
    """
    families, codes = families_and_codes(evidence.cases, prompts)
    matrix = quality_matrix(evidence)
    kept = held_out(families, codes, HELD_OUT)
    seen = np.isin(codes, challenger.trained_on)
    if champion is not None:
        seen |= np.isin(codes, champion.trained_on)
    exam = examination(evidence, matrix, prompts, families, shown=~kept, test_cases=kept & ~seen)
    if exam is None:
        return None
    foretold = [expectations(exam, model) for model in (challenger, champion)]
    ours, theirs = (exam.reached(expectation.expected, expectation.errors) for expectation in foretold)
    return Rivalry(gain=paired_gain(ours, theirs, exam.families), n_changed=int((ours != theirs).sum()))


def staleness(champion: ServedModel, evidence: Evidence) -> Staleness:
    """Return which of the champion's candidates and tasks are gone, and which are new."""
    measured = np.unique(evidence.candidate[np.isfinite(evidence.quality)]).tolist()
    keys = {evidence.candidates[place].key for place in measured}
    cases = np.unique(evidence.case[np.isfinite(evidence.quality)]).tolist()
    tasks = {evidence.cases[place].task for place in cases}
    return Staleness(
        gone=tuple(sorted(set(champion.keys) - keys)),
        new=tuple(sorted(keys - set(champion.keys))),
        new_tasks=tuple(sorted(_learnable(evidence, cases) - set(champion.tasks))),
        gone_tasks=tuple(sorted(set(champion.tasks) - tasks)),
        changed=other_scores(champion, evidence),
    )


def _learnable(evidence: Evidence, cases: Sequence[int]) -> set[str]:
    """Return the tasks with two families: a single one may be held out, so that no model could know the task."""
    families: dict[str, set[str]] = {}
    for place in cases:
        case = evidence.cases[place]
        families.setdefault(case.task, set()).add(case.family)
    return {task for task, of_task in families.items() if len(of_task) > 1}


def other_scores(champion: ServedModel, evidence: Evidence) -> tuple[str, ...]:
    """Return the candidates whose answers differ from those that the model learned from, with the task."""
    champion = champion.as_of(evidence)
    if champion.learner is not None and champion.learned_from is None and not champion.is_of_now:
        return ("not known, since an earlier version trained it",)
    changes = []
    for task, holding in (champion.holding or {}).items():
        names = [
            *(changed.label for changed in holding.changed if changed.is_withheld),
            *(now for _, now in holding.moved),
        ]
        changes += [f"{name} on {task}" for name in names]
    return tuple(changes)


def decide(
    challenger: ServedModel, champion: ServedModel | None, rivalry: Rivalry | None, stale: Staleness | None = None
) -> PromotionDecision:
    """Decide whether the challenger becomes the champion.

    Args:
        challenger: The newly trained model.
        champion: The model that decides now; None: the scoreboard decides alone.
        rivalry: Result of `compare`; None where there was nothing to compare on.
        stale: Result of `staleness`; None is not stale.
    """
    if champion is None:
        return _first(challenger, rivalry)
    if stale is not None and stale.is_stale:
        if rivalry is not None and rivalry.gain.is_loss and rivalry.gain.n_families >= MIN_FAMILIES:
            reason = f"the champion's evidence is stale ({stale}), but the challenger does worse: {_gain_text(rivalry)}"
            return PromotionDecision(verdict="keep", reason=reason)
        return PromotionDecision(
            verdict="promote", reason=f"the champion's evidence is stale ({stale}); {_gain_text(rivalry)}"
        )
    if rivalry is None or rivalry.gain.n_families < MIN_FAMILIES:
        n_families = 0 if rivalry is None else rivalry.gain.n_families
        reason = f"{n_families} held-out families that neither was trained on; {MIN_FAMILIES} are needed"
        return PromotionDecision(verdict="keep", reason=reason)
    if rivalry.gain.is_real:
        return PromotionDecision(
            verdict="promote", reason=f"the challenger gains over the champion: {_gain_text(rivalry)}"
        )
    return PromotionDecision(verdict="keep", reason=f"no real gain over the champion: {_gain_text(rivalry)}")


def _first(challenger: ServedModel, rivalry: Rivalry | None) -> PromotionDecision:
    """Decide without a champion: a model that reads prompts must do at least as well as the scoreboard alone."""
    if challenger.kind == BEST_PER_TASK:
        reason = "there was none before, and no learner gained over the best per task: the scoreboard decides"
        return PromotionDecision(verdict="promote", reason=reason)
    if rivalry is not None and rivalry.gain.is_loss:
        reason = f"the challenger does worse than the scoreboard alone on held-out families: {_gain_text(rivalry)}"
        return PromotionDecision(verdict="keep", reason=reason)
    reason = f"there was none before, and {challenger.kind} gained in cross-validation; {_gain_text(rivalry)}"
    return PromotionDecision(verdict="promote", reason=reason)


def _gain_text(rivalry: Rivalry | None) -> str:
    if rivalry is None:
        return "no held-out case to compare on"
    gain = rivalry.gain
    return f"{gain.in_points()} on {gain.n_cases} held-out cases of {gain.n_families} families"
