"""Training of a selection model that names candidates by prompt, and an estimate of its gain on unseen families.

Families of prompts are split off for a last test, always the same ones; learners are compared on the others by grouped
cross-validation, and one that reads prompts is taken only where it really gains over the best per task. Expectations
keep resting on the scoreboard; what is learned is how far a prompt moves them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.records.evidence import Evidence
from evaluation.version import code_version
from selection.learning.families import families_and_codes, held_out
from selection.learning.held_out_test import examination, examined
from selection.learning.learned_answers import learned_answers
from selection.learning.learner_selection import Trial, try_learners
from selection.learning.learners import LEARNERS, Learner
from selection.learning.quality_matrix import quality_matrix
from selection.learning.serving import ServedModel
from selection.learning.training_data import Material, material
from selection.retraining import BEST_PER_TASK, TaskReport, TrainingReport

HELD_OUT = 0.2
"""Share of the families that are held out for the last test."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trained:
    """A trained selection model with its report; `selection.learning.model_files` packs it."""

    model: ServedModel
    """The model as it serves, before it is written anywhere."""
    trial: Trial
    report: TrainingReport


def train(
    evidence: Evidence,
    prompts: Sequence[str],
    *,
    rng: "np.random.Generator",
    learners: Sequence[Learner] = LEARNERS,
) -> Trained:
    """Train a selection model on the evidence; the same seed gives the same model.

    Args:
        evidence: Evidence on any number of tasks.
        prompts: Prompt of every case of the evidence.
        rng: Randomness of folds and learners; the choice of held-out families does not depend on it.
        learners: Learners to try.

    Raises:
        ConfigurationError: the prompts do not match the evidence.
    """
    families, codes = families_and_codes(evidence.cases, prompts)
    matrix = quality_matrix(evidence)
    test_cases = held_out(families, codes, HELD_OUT)
    shown = ~test_cases & np.isfinite(matrix.values).any(axis=1)
    data = material(evidence, matrix, prompts, families, shown, rng)
    trial = try_learners(data, learners=learners, rng=rng)
    model = ServedModel(
        kind=trial.winner or BEST_PER_TASK,
        tasks=data.tasks,
        keys=data.keys,
        learner=None if trial.trained is None else trial.trained.served,
        data_hash=evidence.fingerprint,
        code_version=code_version(),
        trained_on=np.unique(codes[shown]),
        reading=trial.reading,
        learned_from=None if trial.winner is None else learned_answers(evidence, data.cases, data.task),
    )
    exam = examination(evidence, matrix, prompts, families, shown=shown, test_cases=test_cases)
    report = TrainingReport(
        learner=model.kind,
        reason=trial.reason,
        n_cases=len(data.values),
        n_families=data.n_families,
        learners=trial.gains,
        tasks=(
            *(_learned(trial, data, place) for place in range(len(data.tasks))),
            *(_not_learned(task) for task in matrix.task_names() if task not in data.tasks),
        ),
        held_out=None if exam is None else examined(exam, model),
    )
    return Trained(model=model, trial=trial, report=report)


def _learned(trial: Trial, data: Material, place: int) -> TaskReport:
    """Return what decides on a task, and what each learner gained there."""
    cases, winner = data.task == place, trial.winner
    of_task = {name: findings[place] for name, findings in trial.findings.items()}
    shrink = 0.0 if winner is None else of_task[winner].shrink
    closest = of_task.get(winner or max(trial.gains, key=lambda name: trial.gains[name].value, default=""))
    return TaskReport(
        task=data.tasks[place],
        learner=winner if winner is not None and shrink > 0 else BEST_PER_TASK,
        n_cases=int(cases.sum()),
        n_families=len(np.unique(data.families[cases])),
        reason=trial.reason if closest is None else closest.in_words(),
        shrink=shrink,
        gains={name: finding.gain for name, finding in of_task.items()},
    )


def _not_learned(task: str) -> TaskReport:
    reason = "all of its families of prompts are held out for the final test"
    return TaskReport(task=task, learner=BEST_PER_TASK, n_cases=0, n_families=0, reason=reason, shrink=0.0, gains={})
