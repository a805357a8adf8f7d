"""Deletion of an experiment: what is deleted with it, and what stays."""

from dataclasses import dataclass

import sqlalchemy as sa

from evaluation.errors import StoreError
from evaluation.records.status import Status
from evaluation.store.experiments import find_experiment
from evaluation.store.holders import held_runs
from evaluation.store.runs import delete_run
from evaluation.store.session import Store
from evaluation.store.tables import annotation, comparison, experiment, experiment_run, generation, run, run_candidate


def runs_of_its_own(store: Store, experiment_id: str) -> tuple[str, ...]:
    """Return the experiment's runs that belong to no other experiment."""
    other = experiment_run.alias()
    elsewhere = sa.exists().where(
        other.c.run_id == experiment_run.c.run_id, other.c.experiment_id != experiment_run.c.experiment_id
    )
    query = (
        sa.select(experiment_run.c.run_id)
        .where(experiment_run.c.experiment_id == experiment_id, ~elsewhere)
        .order_by(experiment_run.c.position)
    )
    with store.read() as connection:
        return tuple(connection.execute(query).scalars())


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentContents:
    """What is deleted with an experiment."""

    run_ids: tuple[str, ...]
    n_answers: int
    """Outcomes of those runs."""
    n_comparisons: int
    n_notes: int
    """Notes on the experiment, on its comparisons and on those runs."""
    n_runs_kept: int
    """Runs that stay: all, or those that also belong to another experiment."""


def contents_to_delete(store: Store, experiment_id: str, *, with_runs: bool) -> ExperimentContents:
    """Return what `delete_experiment` would delete, without deleting anything."""
    n_runs = len(find_experiment(store, experiment_id).run_ids)
    run_ids = runs_of_its_own(store, experiment_id) if with_runs else ()
    filed = sa.select(comparison.c.id).where(comparison.c.experiment_id == experiment_id)
    answers = (
        sa.select(sa.func.count())
        .select_from(generation)
        .join(run_candidate, run_candidate.c.id == generation.c.run_candidate_id)
        .where(run_candidate.c.run_id.in_(run_ids))
    )
    with store.read() as connection:
        comparison_ids = connection.execute(filed).scalars().all()
        on_these = sa.or_(
            annotation.c.experiment_id == experiment_id,
            annotation.c.comparison_id.in_(comparison_ids),
            annotation.c.run_id.in_(run_ids),
        )
        return ExperimentContents(
            run_ids=run_ids,
            n_answers=connection.execute(answers).scalar_one(),
            n_comparisons=len(comparison_ids),
            n_notes=connection.execute(sa.select(sa.func.count()).where(on_these)).scalar_one(),
            n_runs_kept=n_runs - len(run_ids),
        )


def delete_experiment(store: Store, experiment_id: str, *, with_runs: bool) -> tuple[str, ...]:
    """Delete an experiment with its notes and comparisons, and return the ids of the runs that were deleted with it.

    Args:
        store: The store.
        experiment_id: Id of the experiment.
        with_runs: Delete its runs too, except those that belong to another experiment.

    Raises:
        StoreError: one of these runs is running; nothing is deleted then.
    """
    doomed = runs_of_its_own(store, experiment_id) if with_runs else ()
    with store.read() as connection:
        running = sa.select(run.c.id).where(run.c.id.in_(doomed), run.c.status == Status.RUNNING)
        held = held_runs(connection, list(connection.execute(running).scalars()))
    if held:
        raise StoreError(
            f"run {min(held)!r} of the experiment is still running; nothing was deleted", "Cancel it first, or wait"
        )
    for run_id in doomed:
        delete_run(store, run_id)
    with store.write() as connection:
        connection.execute(sa.delete(experiment).where(experiment.c.id == experiment_id))
    return doomed
