"""Expected quality and cost of each candidate for each prompt: the matrices that budgets are computed from."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evaluation.errors import ConfigurationError, SelectionError, StoreError
from evaluation.records.evidence import Choosable
from selection.answers import Ranked
from selection.budgets.allocation import Floats
from selection.choosing.by_prompt import deviations_of
from selection.choosing.calibrated_quality import calibrated
from selection.choosing.choice_types import Choice
from selection.preferences import Constraints, Question
from selection.recommender.answer import chosen
from selection.recommender.registry import recommender_of
from selection.recommender.view import View

if TYPE_CHECKING:
    from evaluation.store.session import Store

N_TYPICAL = 128
"""Number of measured prompts from which a stream learns at its start what prompts are like."""


class Qualities(NamedTuple):
    """Qualities of each candidate: the expected one, which decides, and the calibrated one, which is reported."""

    expected: Floats
    told: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Candidates that a budget is allocated to: those that satisfy the constraints and have a known cost."""

    view: View
    task: str | None
    ranked: tuple[Ranked, ...]
    positions: tuple[int, ...]
    """Positions of the candidates in the view's scoreboard."""
    mean: Floats
    """Expected quality on the task, shape (n_candidates,)."""
    cost: Floats
    """US dollars for an answer, shape (n_candidates,)."""
    left_out: tuple[str, ...]
    """Labels of the candidates that satisfy the constraints and have no known cost."""

    @property
    def candidates(self) -> tuple[Choosable, ...]:
        """Candidates in the order of the arrays."""
        return tuple(ranked.candidate for ranked in self.ranked)

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels in the order of the arrays."""
        return tuple(ranked.candidate.label for ranked in self.ranked)

    def quality(self, prompt: str | None) -> Qualities:
        """Return the qualities of each candidate for this prompt, shape (n_candidates,)."""
        board = self.view.scoreboard
        deviations = deviations_of(board, self.view.champion, self.task, prompt)
        if deviations is None:
            return Qualities(self.mean, self.mean)
        standing = board.overall if self.task is None else board.standings[self.task]
        expected = (self.mean + deviations.value[list(self.positions)]).clip(standing.lowest, standing.highest)
        return Qualities(expected, np.asarray(calibrated(expected, deviations.told), dtype=np.float64))

    def qualities(self, prompts: Sequence[str | None]) -> Qualities:
        """Return the qualities for several prompts, shape (n_prompts, n_candidates); equal ones are computed once."""
        by_prompt = {prompt: self.quality(prompt) for prompt in dict.fromkeys(prompts)}
        return Qualities(*(np.stack(column) for column in zip(*(by_prompt[prompt] for prompt in prompts), strict=True)))

    def of_prompts(self, prompts: Sequence[str]) -> list[tuple[Floats, Floats]]:
        """Return the expected qualities and costs of each prompt; none where prompts make no difference."""
        if self.view.champion is None:
            return []
        qualities = [self.quality(prompt).expected for prompt in dict.fromkeys(prompts)]
        return (
            [(quality, self.cost) for quality in qualities]
            if any((quality != qualities[0]).any() for quality in qualities)
            else []
        )

    def costs(self, n_prompts: int) -> Floats:
        """Return the costs, shape (n_prompts, n_candidates)."""
        return np.tile(self.cost, (n_prompts, 1))


def typical_prompts(task: str | None, store: "str | Path | Store | None") -> tuple[str, ...]:
    """Return prompts that candidates were measured on; none where the store is away."""
    with suppress(StoreError):
        return recommender_of(store).book.prompts(task=task, limit=N_TYPICAL)
    return ()


def field_of(task: str | None, constraints: Constraints, store: "str | Path | Store | None") -> Field:
    """Return the candidates that may answer, ordered so that a dearer or slower one follows its equals.

    Raises:
        SelectionError: no candidate satisfies the constraints, too little was measured, or no cost is known.
        ConfigurationError: an invalid argument.
        StoreError: the store is away, and nothing was read from it yet.
    """
    view = recommender_of(store).view()
    question = Question(task=task, constraints=constraints)
    choice = chosen(replace(view, champion=None), question).choice
    if choice.abstained:
        raise SelectionError(
            f"cannot allocate the budget: {choice.notes[0]}", "Evaluate the candidates on this task first."
        )
    may_answer = tuple(ranked for ranked in choice.ranked if _may_answer(ranked, choice))
    priced = tuple(ranked for ranked in may_answer if ranked.cost_per_1k is not None)
    if not priced:
        raise SelectionError(
            f"no known cost for {', '.join(ranked.candidate.label for ranked in may_answer[:5])}",
            "Evaluate with --prices FILE, or import a scoreboard with cost_usd.",
        )
    place = {candidate.key: i for i, candidate in enumerate(view.scoreboard.candidates)}
    return Field(
        view=view,
        task=task,
        ranked=priced,
        positions=tuple(place[ranked.candidate.key] for ranked in priced),
        mean=np.array([ranked.quality.value for ranked in priced]),
        cost=np.array([ranked.cost_per_1k.value / 1000 for ranked in priced if ranked.cost_per_1k is not None]),
        left_out=tuple(ranked.candidate.label for ranked in may_answer if ranked.cost_per_1k is None),
    )


def _may_answer(ranked: Ranked, choice: Choice) -> bool:
    """Return whether the candidate may answer: a program only where one would be named.

    A request for models gets no program that a model may equal.
    """
    return not ranked.candidate.is_program or (choice.chosen is not None and choice.chosen.is_program)


def checked_prompts(prompts: object) -> tuple[str | None, ...]:
    """Return the prompts; a whole number stands for that many unknown prompts.

    Raises:
        ConfigurationError: neither texts nor a number, or empty.
    """
    if isinstance(prompts, int) and not isinstance(prompts, bool) and prompts > 0:
        return (None,) * prompts
    if isinstance(prompts, str) or not isinstance(prompts, Sequence) or not prompts:
        raise ConfigurationError(f"prompts is {prompts!r}", "Give a list of texts, or how many there will be.")
    for prompt in prompts:
        if not isinstance(prompt, str) or not prompt.strip():
            raise ConfigurationError(f"one of the prompts is {prompt!r}", "Give texts.")
    return tuple(prompts)
