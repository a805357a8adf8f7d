"""Which questions are asked, which runs answer them, and what did people note?"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from evaluation.errors import ConfigurationError, StoreError, UnknownNameError
from evaluation.store.holders import held_runs
from evaluation.store.records import AnnotationRecord, ExperimentRecord, Status
from evaluation.store.runs import delete_run, find_run
from evaluation.store.session import Store
from evaluation.store.statements import now
from evaluation.store.tables import annotation, comparison, experiment, experiment_run, run

_CHANGEABLE = frozenset({"name", "question", "description", "template", "tags", "favourite"})


def create_experiment(
    store: Store,
    *,
    name: str,
    question: str = "",
    description: str = "",
    template: Mapping[str, Any] | None = None,
    tags: Sequence[str] = (),
) -> ExperimentRecord:
    """A new experiment without runs.

    Raises:
        ConfigurationError: the name is empty, or there is one of that name.
    """
    row = {
        "id": uuid.uuid4().hex[:12],
        "name": _checked_name(name),
        "question": question,
        "description": description,
        "template": dict(template) if template is not None else None,
        "tags": list(dict.fromkeys(tags)),
        "favourite": False,
        "archived_at": None,
        "created_at": now(),
    }
    with store.write() as connection:
        _refuse_taken(connection, str(row["name"]))
        connection.execute(sa.insert(experiment).values(row))
    return find_experiment(store, str(row["id"]))


def _checked_name(name: str) -> str:
    if not name.strip():
        raise ConfigurationError("an experiment needs a name", "For example: quantisations-2026-11")
    return name.strip()


def _refuse_taken(connection: Connection, name: str, *, but: str | None = None) -> None:
    taken = connection.execute(sa.select(experiment.c.id).where(experiment.c.name == name)).scalar()
    if taken not in (None, but):
        raise ConfigurationError(
            f"there is an experiment {name!r} already",
            "Give another name; `benchwright experiments list --all` shows all.",
        )


def list_experiments(store: Store, *, include_archived: bool = False) -> tuple[ExperimentRecord, ...]:
    """Experiments, newest first."""
    wanted = sa.true() if include_archived else experiment.c.archived_at.is_(None)
    with store.read() as connection:
        return _load(connection, wanted)


def find_experiment(store: Store, wanted: str) -> ExperimentRecord:
    """The experiment of that name, else of that id or a unique beginning of one.

    Raises:
        UnknownNameError: there is none.
        ConfigurationError: several ids begin like this.
    """
    with store.read() as connection:
        found = _load(connection, sa.or_(experiment.c.name == wanted, experiment.c.id == wanted))
        if not found and wanted:
            found = _load(connection, experiment.c.id.startswith(wanted, autoescape=True))
    if len(found) > 1 and (named := [record for record in found if record.name == wanted]):
        found = tuple(named)
    if len(found) > 1:
        ids = ", ".join(record.experiment_id for record in found[:5])
        raise ConfigurationError(f"several experiments begin with {wanted!r}: {ids}", "give more of the id")
    if not found:
        known = [record.name for record in list_experiments(store, include_archived=True)]
        raise UnknownNameError("experiment", wanted, known, "see `benchwright experiments list`")
    return found[0]


def experiments_of_run(store: Store, run_id: str) -> tuple[str, ...]:
    """Names of the experiments to which a run belongs."""
    wanted = (
        sa.select(experiment.c.name)
        .join(experiment_run, experiment_run.c.experiment_id == experiment.c.id)
        .where(experiment_run.c.run_id == run_id)
        .order_by(experiment.c.name)
    )
    with store.read() as connection:
        return tuple(connection.execute(wanted).scalars())


def change_experiment(store: Store, experiment_id: str, **values: Any) -> None:
    """Sets what is named: name, question, description, template, tags, favourite.

    Raises:
        UnknownNameError: no such experiment.
        ConfigurationError: the new name is empty or taken.
    """
    if unknown := set(values) - _CHANGEABLE:
        raise ValueError(f"an experiment has no {', '.join(sorted(unknown))} to change")
    if "name" in values:
        values["name"] = _checked_name(values["name"])
    _update(store, experiment_id, values)


def archive_experiment(store: Store, experiment_id: str, *, archived: bool = True) -> None:
    """Takes an experiment out of the list, or back into it; its runs stay as they are."""
    _update(store, experiment_id, {"archived_at": now() if archived else None})


def _update(store: Store, experiment_id: str, values: Mapping[str, Any]) -> None:
    with store.write() as connection:
        if "name" in values:
            _refuse_taken(connection, values["name"], but=experiment_id)
        changed = connection.execute(sa.update(experiment).where(experiment.c.id == experiment_id).values(**values))
    if not changed.rowcount:
        raise UnknownNameError("experiment", experiment_id, (), "see `benchwright experiments list`")


def add_runs(store: Store, experiment_id: str, run_ids: Sequence[str]) -> int:
    """How many of the runs the experiment did not have before."""
    have = sa.select(experiment_run.c.run_id).where(experiment_run.c.experiment_id == experiment_id)
    with store.write() as connection:
        known = set(connection.execute(have).scalars())
        new = [run_id for run_id in dict.fromkeys(run_ids) if run_id not in known]
        rows = [
            {"experiment_id": experiment_id, "run_id": run_id, "position": len(known) + place, "added_at": now()}
            for place, run_id in enumerate(new)
        ]
        if rows:
            connection.execute(sa.insert(experiment_run), rows)
    return len(new)


def remove_runs(store: Store, experiment_id: str, run_ids: Sequence[str]) -> int:
    """How many of the runs the experiment had; they stay in the store."""
    mine = sa.and_(experiment_run.c.experiment_id == experiment_id, experiment_run.c.run_id.in_(run_ids))
    with store.write() as connection:
        return connection.execute(sa.delete(experiment_run).where(mine)).rowcount


def clone_experiment(store: Store, experiment_id: str, *, name: str) -> ExperimentRecord:
    """A new experiment with the question, description, template and tags of another one, and no runs."""
    before = find_experiment(store, experiment_id)
    return create_experiment(
        store,
        name=name,
        question=before.question,
        description=before.description,
        template=before.template,
        tags=before.tags,
    )


def runs_of_its_own(store: Store, experiment_id: str) -> tuple[str, ...]:
    """The experiment's runs that belong to no other experiment."""
    other = experiment_run.alias()
    elsewhere = sa.exists().where(
        other.c.run_id == experiment_run.c.run_id, other.c.experiment_id != experiment_run.c.experiment_id
    )
    wanted = (
        sa.select(experiment_run.c.run_id)
        .where(experiment_run.c.experiment_id == experiment_id, ~elsewhere)
        .order_by(experiment_run.c.position)
    )
    with store.read() as connection:
        return tuple(connection.execute(wanted).scalars())


def delete_experiment(store: Store, experiment_id: str, *, with_runs: bool) -> tuple[str, ...]:
    """Deletes an experiment with its notes and comparisons; the ids of the runs that went with it.

    Args:
        store: The store.
        experiment_id: The experiment's.
        with_runs: Its runs too, except those that belong to another experiment.

    Raises:
        StoreError: one of these runs is running; nothing is deleted then.
    """
    doomed = runs_of_its_own(store, experiment_id) if with_runs else ()
    with store.read() as connection:
        running = sa.select(run.c.id).where(run.c.id.in_(doomed), run.c.status == Status.RUNNING)
        held = held_runs(connection, list(connection.execute(running).scalars()))
    if held:
        raise StoreError(
            f"run {min(held)!r} of the experiment is running, and nothing is deleted", "cancel it first, or wait"
        )
    for run_id in doomed:
        delete_run(store, run_id)
    with store.write() as connection:
        connection.execute(sa.delete(experiment).where(experiment.c.id == experiment_id))
    return doomed


def annotate(
    store: Store,
    *,
    text: str,
    author: str,
    experiment_id: str | None = None,
    run_id: str | None = None,
    case_id: str | None = None,
    comparison_id: str | None = None,
) -> int:
    """Notes something on an experiment, a run, a case of a run, or a comparison; the note's id.

    Raises:
        ConfigurationError: an empty note, or not on exactly one thing.
        UnknownNameError: no such run.
    """
    if not text.strip():
        raise ConfigurationError("a note must say something", "Give a text.")
    if sum(target is not None for target in (experiment_id, run_id, comparison_id)) != 1:
        raise ConfigurationError("a note belongs to one thing", "Name an experiment, a run or a comparison.")
    if case_id is not None and run_id is None:
        raise ConfigurationError(f"case {case_id!r} is a case of no run", "Name its run.")
    if run_id is not None:
        run_id = find_run(store, run_id).plan.run_id
    row = {
        "experiment_id": experiment_id,
        "run_id": run_id,
        "case_id": case_id,
        "comparison_id": comparison_id,
        "author": author,
        "text": text.strip(),
        "created_at": now(),
    }
    with store.write() as connection:
        added = connection.execute(sa.insert(annotation).values(row).returning(annotation.c.id)).scalar_one()
    return int(added)


def annotations(
    store: Store,
    *,
    experiment_id: str | None = None,
    run_ids: Sequence[str] = (),
    comparison_ids: Sequence[str] = (),
) -> tuple[AnnotationRecord, ...]:
    """Notes on any of these, oldest first."""
    wanted: list[sa.ColumnElement[bool]] = [
        annotation.c.run_id.in_(run_ids),
        annotation.c.comparison_id.in_(comparison_ids),
    ]
    if experiment_id is not None:
        wanted.append(annotation.c.experiment_id == experiment_id)
    with store.read() as connection:
        rows = connection.execute(
            sa.select(annotation).where(sa.or_(*wanted)).order_by(annotation.c.created_at, annotation.c.id)
        ).mappings()
        return tuple(_annotation(row) for row in rows)


def comparisons_of_experiment(store: Store, experiment_id: str) -> tuple[dict[str, Any], ...]:
    """The experiment's comparisons, oldest first: which runs, and the sentence that they ended in."""
    wanted = sa.select(comparison).where(comparison.c.experiment_id == experiment_id)
    with store.read() as connection:
        rows = connection.execute(wanted.order_by(comparison.c.created_at, comparison.c.id)).mappings().all()
    return tuple(
        {
            "comparison_id": row["id"],
            "benchmark": row["benchmark_name"],
            "run_ids": list(row["run_ids"]),
            "sentence": row["result"].get("sentence"),
            "created_at": row["created_at"].isoformat(),
        }
        for row in rows
    )


def remove_annotation(store: Store, annotation_id: int) -> None:
    """Deletes a note.

    Raises:
        UnknownNameError: no such note.
    """
    with store.write() as connection:
        removed = connection.execute(sa.delete(annotation).where(annotation.c.id == annotation_id))
    if not removed.rowcount:
        raise UnknownNameError("note", str(annotation_id), (), "`benchwright experiments show NAME` lists notes")


def _annotation(row: RowMapping) -> AnnotationRecord:
    values = {name: value for name, value in row.items() if name != "id"}
    return AnnotationRecord(annotation_id=row["id"], **values)


def _load(connection: Connection, wanted: sa.ColumnElement[bool]) -> tuple[ExperimentRecord, ...]:
    newest_first = sa.select(experiment).where(wanted).order_by(experiment.c.created_at.desc(), experiment.c.id)
    rows = connection.execute(newest_first).mappings().all()
    members = sa.select(experiment_run.c.experiment_id, experiment_run.c.run_id).where(
        experiment_run.c.experiment_id.in_([row["id"] for row in rows])
    )
    run_ids: dict[str, list[str]] = {row["id"]: [] for row in rows}
    for member in connection.execute(members.order_by(experiment_run.c.position)):
        run_ids[member.experiment_id].append(member.run_id)
    return tuple(
        ExperimentRecord(
            experiment_id=row["id"],
            name=row["name"],
            question=row["question"],
            description=row["description"],
            template=row["template"],
            tags=tuple(row["tags"]),
            favourite=row["favourite"],
            archived_at=row["archived_at"],
            created_at=row["created_at"],
            run_ids=tuple(run_ids[row["id"]]),
        )
        for row in rows
    )
