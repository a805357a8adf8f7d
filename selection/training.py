"""From evidence to a model that names candidates by prompt, and to what it is worth on families it never saw.

Families of prompts are split off for a last test, always the same ones; learners are compared on the others by grouped
cross-validation, task by task, and one that reads prompts is taken only where it really gains over the best per task.
Expectations keep resting on the scoreboard; what is learned is how far a prompt moves them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import ConfigurationError
from evaluation.evidence import Evidence
from evaluation.version import code_version
from selection.features import Embed
from selection.learners import LEARNERS, Learner
from selection.learning.examination import Examined, examination, examined
from selection.learning.families import Integers, folds, held_out, prompt_codes, prompt_families
from selection.learning.quality_matrix import QualityMatrix, evidence_of, quality_matrix
from selection.learning.task_trial import MOST_CASES, TaskData, TaskTrial, TrainedTask, try_task
from selection.scoreboard import Scoreboard
from selection.serving import ServedModel
from selection.standing import build_scoreboard
from selection.two_way import Mask

N_FOLDS = 5
HELD_OUT = 0.2
BEST_PER_TASK = "best_per_task"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Report:
    """What the training found."""

    trials: tuple[TaskTrial, ...]
    examined: Examined | None
    """On the held-out families; None where there are none."""
    n_cases: int
    """Learned from."""
    n_families: int

    def as_json(self) -> dict[str, Any]:
        """The report as plain values, for the store and for artifacts."""
        tasks = [
            {
                "task": trial.task,
                "learner": BEST_PER_TASK if trial.trained is None else trial.trained.learner,
                "n_cases": trial.n_cases,
                "n_families": trial.n_families,
                "reason": trial.reason,
                "gains": {name: _finite(asdict(gain)) for name, gain in trial.gains.items()},
            }
            for trial in self.trials
        ]
        found = None if self.examined is None else _finite(asdict(self.examined))
        return {"n_cases": self.n_cases, "n_families": self.n_families, "tasks": tasks, "held_out": found}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trained:
    """A trained selection model with its report; `selection.model_files` packs it."""

    kind: str
    """The learners that are in it, such as `ridge` or `ridge+trees`; `best_per_task` where none gained."""
    tasks: Mapping[str, TrainedTask | None]
    keys: tuple[str, ...]
    """Of all candidates in the evidence."""
    data_hash: str
    code_version: str
    trained_on: NDArray[np.uint64]
    report: Report

    def served(self, *, embed: Embed | None = None) -> ServedModel:
        """What serves, before it was written anywhere."""
        return ServedModel(
            kind=self.kind,
            tasks={task: None if trained is None else trained.served for task, trained in self.tasks.items()},
            keys=self.keys,
            data_hash=self.data_hash,
            code_version=self.code_version,
            trained_on=self.trained_on,
            embed=embed,
        )


def train(
    evidence: Evidence,
    prompts: Sequence[str],
    *,
    rng: np.random.Generator,
    learners: Sequence[Learner] = LEARNERS,
    embed: Embed | None = None,
    held_out_share: float = HELD_OUT,
) -> Trained:
    """A selection model from the evidence; the same seed gives the same.

    Args:
        evidence: Of any number of tasks.
        prompts: Of every case of the evidence.
        rng: Draws the folds and what the learners draw; which families are held out does not depend on it.
        learners: Those that are tried.
        embed: Makes a vector of a text; what serves then needs it too.
        held_out_share: Of the families, kept for the last test.

    Raises:
        ConfigurationError: the prompts are not those of the evidence.
    """
    if len(prompts) != len(evidence.cases):
        raise ConfigurationError(
            f"{len(prompts)} prompts for {len(evidence.cases)} cases", "Give the prompt of every case, in their order."
        )
    matrix, families = quality_matrix(evidence), prompt_families(evidence.cases, prompts)
    codes = prompt_codes(evidence.cases, prompts)
    asked = held_out(families, codes, held_out_share)
    shown = ~asked & np.isfinite(matrix.values).any(axis=1)
    trials = _trials(evidence, prompts, matrix, families, shown, learners=learners, rng=rng, embed=embed)
    report = Report(trials=trials, examined=None, n_cases=int(shown.sum()), n_families=len(np.unique(families[shown])))
    trained = Trained(
        kind="+".join(_learners(trials)) or BEST_PER_TASK,
        tasks={trial.task: trial.trained for trial in trials},
        keys=tuple(candidate.key for candidate in evidence.candidates),
        data_hash=evidence.fingerprint,
        code_version=code_version(),
        trained_on=np.unique(codes[shown]),
        report=report,
    )
    exam = examination(evidence, matrix, prompts, families, shown=shown, asked=asked) if shown.any() else None
    found = None if exam is None else examined(exam, trained.served(embed=embed))
    return replace(trained, report=replace(report, examined=found))


def _learners(trials: Sequence[TaskTrial]) -> list[str]:
    return sorted({trial.trained.learner for trial in trials if trial.trained is not None})


def _trials(
    evidence: Evidence,
    prompts: Sequence[str],
    matrix: QualityMatrix,
    families: Integers,
    shown: Mask,
    *,
    learners: Sequence[Learner],
    rng: np.random.Generator,
    embed: Embed | None,
) -> tuple[TaskTrial, ...]:
    n_folds = max(min(N_FOLDS, len(np.unique(families[shown]))), 1)
    fold_of = folds(families, n_folds, rng)
    boards = [build_scoreboard(evidence_of(evidence, shown & (fold_of != fold))) for fold in range(n_folds)]
    seeds = rng.integers(2**63, size=len(matrix.task_names()))
    found = []
    for task, seed in zip(matrix.task_names(), seeds.tolist(), strict=True):
        own = np.random.default_rng(seed)
        cases = matrix.of_task(task, shown)
        if len(cases) > MOST_CASES:
            cases = np.sort(own.choice(cases, MOST_CASES, replace=False))
        if len(cases):
            data = _task_data(task, cases, evidence, prompts, matrix, families, fold_of, boards)
            found.append(try_task(data, learners=learners, rng=own, embed=embed))
    return tuple(found)


def _task_data(
    task: str,
    cases: Integers,
    evidence: Evidence,
    prompts: Sequence[str],
    matrix: QualityMatrix,
    families: Integers,
    fold_of: Integers,
    boards: Sequence[Scoreboard],
) -> TaskData:
    values = matrix.values[cases]
    measured: Mask = np.asarray(np.isfinite(values).any(axis=0), dtype=np.bool_)
    unknown = np.full(len(measured), np.nan)
    expected = [board.standings[task].quality if task in board.standings else unknown for board in boards]
    return TaskData(
        task=task,
        keys=tuple(one.key for one, kept in zip(evidence.candidates, measured, strict=True) if kept),
        prompts=[prompts[case] for case in cases],
        values=values[:, measured],
        families=families[cases],
        folds=fold_of[cases],
        expected=np.array(expected)[:, measured],
    )


def _finite(value: Any) -> Any:
    """The same without infinities, which JSON does not know."""
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    return None if isinstance(value, float) and not np.isfinite(value) else value
