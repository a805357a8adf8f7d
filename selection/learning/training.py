"""Training of a selection model that names candidates by prompt, and an estimate of its gain on unseen families.

Families of prompts are split off for a last test, always the same ones; learners are compared on the others by grouped
cross-validation, and one that reads prompts is taken only where it really gains over the best per task. Expectations
keep resting on the scoreboard; what is learned is how far a prompt moves them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evaluation.records.evidence import Evidence
from evaluation.version import code_version
from selection.learning.families import families_and_codes, held_out
from selection.learning.features import Embed
from selection.learning.gains import gain_result
from selection.learning.held_out_test import examination, examined
from selection.learning.learned_answers import LearnedAnswers, learned_answers
from selection.learning.learner_selection import Trial, try_learners
from selection.learning.learners import LEARNERS, Learner
from selection.learning.policy import AS_BY_DEFAULT, TieRule
from selection.learning.quality_matrix import quality_matrix
from selection.learning.serving import ServedModel
from selection.learning.training_data import material
from selection.retraining import BEST_PER_TASK, HeldOutReport, TaskReport, TrainingReport

HELD_OUT = 0.2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Report:
    """Results of a training."""

    trial: Trial
    examined: HeldOutReport | None
    """Result on the held-out families; None where there are none."""
    n_cases: int
    """Number of cases learned from."""
    n_families: int
    tasks: tuple[str, ...]
    n_cases_of: tuple[int, ...]
    """Number of cases learned from for each task."""
    n_families_of: tuple[int, ...]
    held_out_tasks: tuple[str, ...] = ()
    """Tasks with all families held out, so that nothing is learned there."""

    @property
    def result(self) -> TrainingReport:
        """The report as it is stored and shown."""
        return TrainingReport(
            learner=self.trial.winner or BEST_PER_TASK,
            reason=self.trial.reason,
            n_cases=self.n_cases,
            n_families=self.n_families,
            learners={name: gain_result(gain) for name, gain in self.trial.gains.items()},
            tasks=self._tasks(),
            held_out=self.examined,
        )

    def _tasks(self) -> tuple[TaskReport, ...]:
        """Return what decides on each task, and what each learner gained there."""
        rows = []
        for place, task in enumerate(self.tasks):
            of_task = {name: findings[place] for name, findings in self.trial.findings.items()}
            winner = self.trial.winner
            tells = winner is not None and of_task[winner].shrink > 0
            closest = of_task.get(
                winner or max(self.trial.gains, key=lambda name: self.trial.gains[name].value, default="")
            )
            rows.append(
                TaskReport(
                    task=task,
                    learner=winner if winner is not None and tells else BEST_PER_TASK,
                    n_cases=self.n_cases_of[place],
                    n_families=self.n_families_of[place],
                    reason=self.trial.reason if closest is None else closest.in_words(),
                    shrink=of_task[winner].shrink if winner is not None and tells else 0.0,
                    gains={name: gain_result(finding.gain) for name, finding in of_task.items()},
                )
            )
        return (*rows, *map(_not_learned, self.held_out_tasks))


def _not_learned(task: str) -> TaskReport:
    reason = "all of its families of prompts are held out for the final test"
    return TaskReport(task=task, learner=BEST_PER_TASK, n_cases=0, n_families=0, reason=reason, shrink=0.0, gains={})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trained:
    """A trained selection model with its report; `selection.learning.model_files` packs it."""

    kind: str
    """`ridge`, `neighbours` or `trees`; `best_per_task` where none gained."""
    tasks: tuple[str, ...]
    keys: tuple[str, ...]
    """Keys of all candidates in the evidence."""
    data_hash: str
    code_version: str
    trained_on: NDArray[np.uint64]
    learned_from: LearnedAnswers | None
    """Training answers; None where nothing was learned of prompts."""
    report: Report

    def served(self, *, embed: Embed | None = None) -> ServedModel:
        """Return the model for serving, before it is written anywhere."""
        trained = self.report.trial.trained
        return ServedModel(
            kind=self.kind,
            tasks=self.tasks,
            keys=self.keys,
            learner=None if trained is None else trained.served,
            data_hash=self.data_hash,
            code_version=self.code_version,
            trained_on=self.trained_on,
            reading=self.report.trial.reading,
            learned_from=self.learned_from,
            embed=embed,
        )


def train(
    evidence: Evidence,
    prompts: Sequence[str],
    *,
    rng: "np.random.Generator",
    learners: Sequence[Learner] = LEARNERS,
    embed: Embed | None = None,
    held_out_share: float = HELD_OUT,
    rule: TieRule = AS_BY_DEFAULT,
) -> Trained:
    """Train a selection model on the evidence; the same seed gives the same model.

    Args:
        evidence: Evidence on any number of tasks.
        prompts: Prompt of every case of the evidence.
        rng: Randomness of folds and learners; the choice of held-out families does not depend on it.
        learners: Learners to try.
        embed: Embeds a text; serving then needs it too.
        held_out_share: Share of the families held out for the last test.
        rule: Preferences of recommendations, by whose choices the learning is judged.

    Raises:
        ConfigurationError: the prompts do not match the evidence.
    """
    families, codes = families_and_codes(evidence.cases, prompts)
    matrix = quality_matrix(evidence)
    test_cases = held_out(families, codes, held_out_share)
    shown = ~test_cases & np.isfinite(matrix.values).any(axis=1)
    data = material(evidence, matrix, prompts, families, shown, rng, rule)
    trial = try_learners(data, learners=learners, rng=rng, embed=embed)
    report = Report(
        trial=trial,
        examined=None,
        n_cases=len(data.values),
        n_families=data.n_families,
        tasks=data.tasks,
        n_cases_of=tuple(int((data.task == place).sum()) for place in range(len(data.tasks))),
        held_out_tasks=tuple(task for task in matrix.task_names() if task not in data.tasks),
        n_families_of=tuple(len(np.unique(data.families[data.task == place])) for place in range(len(data.tasks))),
    )
    trained = Trained(
        kind=trial.winner or BEST_PER_TASK,
        tasks=data.tasks,
        keys=data.keys,
        data_hash=evidence.fingerprint,
        code_version=code_version(),
        trained_on=np.unique(codes[shown]),
        learned_from=None if trial.winner is None else learned_answers(evidence, data.cases, data.task),
        report=report,
    )
    exam = examination(evidence, matrix, prompts, families, shown=shown, test_cases=test_cases, rule=rule)
    exam_result = None if exam is None else examined(exam, trained.served(embed=embed))
    return replace(trained, report=replace(report, examined=exam_result))
