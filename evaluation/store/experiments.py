"""Stored experiments, and the runs and comparisons that belong to them."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.files.names import checked_name, normal_name
from evaluation.formatting import excerpt
from evaluation.records.experiments import ComparisonSummary, ExperimentRecord
from evaluation.store.comparisons import summary_of
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.statements import now
from evaluation.store.tables import comparison, experiment, experiment_run

_NEWEST = "last"
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
    """Create an experiment without runs and return it.

    Raises:
        ConfigurationError: the name is empty or taken.
    """
    row = {
        "id": uuid.uuid4().hex[:12],
        "name": _checked_name(name),
        "question": question,
        "description": description,
        "template": dict(template) if template is not None else None,
        "tags": _checked_tags(tags),
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
    if name.strip() == _NEWEST:
        raise ConfigurationError(f"{_NEWEST!r} always means the newest run", "Give the experiment another name.")
    return checked_name(name, what="the experiment's name")


def _checked_tags(tags: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(checked_name(tag, what=f"the tag {excerpt(tag, 60)!r}") for tag in tags))


def _spellings(name: str) -> tuple[str, ...]:
    """Return the name as typed and as names are stored now; earlier versions stored names as typed."""
    return (name, normal_name(name))


def _refuse_taken(connection: Connection, name: str, *, but: str | None = None) -> None:
    taken = connection.execute(sa.select(experiment.c.id).where(experiment.c.name == name)).scalar()
    if taken not in (None, but):
        raise ConfigurationError(
            f"there is an experiment {name!r} already",
            "Give another name; `benchwright experiments list --all` shows all.",
        )


def list_experiments(store: Store, *, include_archived: bool = False) -> tuple[ExperimentRecord, ...]:
    """Return the experiments, newest first."""
    condition = sa.true() if include_archived else experiment.c.archived_at.is_(None)
    with store.read() as connection:
        return _load(connection, condition)


def find_experiment(store: Store, name_or_id: str) -> ExperimentRecord:
    """Return the experiment of that name, else the one with that id or a unique prefix of it.

    Raises:
        UnknownNameError: there is none.
        ConfigurationError: several ids have that prefix.
    """
    with store.read() as connection:
        records = _load(
            connection, sa.or_(experiment.c.name.in_(_spellings(name_or_id)), experiment.c.id == name_or_id)
        )
        if not records and name_or_id:
            records = _load(connection, experiment.c.id.startswith(name_or_id, autoescape=True))
    if len(records) > 1 and (named := [record for record in records if record.name in _spellings(name_or_id)]):
        records = tuple(named)
    if len(records) > 1:
        ids = ", ".join(record.experiment_id for record in records[:5])
        raise ConfigurationError(f"several experiments begin with {name_or_id!r}: {ids}", "Give more of the id")
    if not records:
        raise _unknown(store, name_or_id)
    return records[0]


def _unknown(store: Store, name_or_id: str) -> UnknownNameError:
    names = [record.name for record in list_experiments(store, include_archived=True)]
    return UnknownNameError("experiment", name_or_id, names, "See `benchwright experiments list`")


def experiment_named(store: Store, name: str) -> ExperimentRecord | None:
    """Return the experiment of exactly that name; None where there is none."""
    with store.read() as connection:
        return next(iter(_load(connection, experiment.c.name.in_(_spellings(name)))), None)


def experiments_of_run(store: Store, run_id: str) -> tuple[str, ...]:
    """Return the names of the experiments to which a run belongs."""
    query = (
        sa.select(experiment.c.name)
        .join(experiment_run, experiment_run.c.experiment_id == experiment.c.id)
        .where(experiment_run.c.run_id == run_id)
        .order_by(experiment.c.name)
    )
    with store.read() as connection:
        return tuple(connection.execute(query).scalars())


def change_experiment(store: Store, experiment_id: str, **values: Any) -> None:
    """Set the fields that are given: name, question, description, template, tags, favourite.

    Raises:
        UnknownNameError: no such experiment.
        ConfigurationError: the new name is empty or taken.
    """
    if unknown := set(values) - _CHANGEABLE:
        raise ValueError(f"an experiment has no {', '.join(sorted(unknown))} to change")
    if "name" in values:
        values["name"] = _checked_name(values["name"])
    if "tags" in values:
        values["tags"] = _checked_tags(values["tags"])
    _update(store, experiment_id, values)


def archive_experiment(store: Store, experiment_id: str, *, archived: bool = True) -> None:
    """Archive an experiment, or restore it to the list; its runs are not affected."""
    _update(store, experiment_id, {"archived_at": now() if archived else None})


def _update(store: Store, experiment_id: str, values: Mapping[str, Any]) -> None:
    with store.write() as connection:
        if "name" in values:
            _refuse_taken(connection, values["name"], but=experiment_id)
        changed = connection.execute(sa.update(experiment).where(experiment.c.id == experiment_id).values(**values))
    if not changed.rowcount:
        raise _unknown(store, experiment_id)


def add_runs(store: Store, experiment_id: str, run_ids: Sequence[str]) -> int:
    """Add runs to the experiment and return how many it did not have before."""
    have = sa.select(experiment_run.c.run_id).where(experiment_run.c.experiment_id == experiment_id)
    with store.write() as connection:
        stored_ids = set(connection.execute(have).scalars())
        new = [run_id for run_id in dict.fromkeys(run_ids) if run_id not in stored_ids]
        rows = [
            {"experiment_id": experiment_id, "run_id": run_id, "position": len(stored_ids) + place, "added_at": now()}
            for place, run_id in enumerate(new)
        ]
        if rows:
            connection.execute(sa.insert(experiment_run), rows)
    return len(new)


def remove_runs(store: Store, experiment_id: str, run_ids: Sequence[str]) -> int:
    """Remove runs from the experiment and return how many it had; they stay in the store."""
    mine = sa.and_(experiment_run.c.experiment_id == experiment_id, experiment_run.c.run_id.in_(run_ids))
    with store.write() as connection:
        return connection.execute(sa.delete(experiment_run).where(mine)).rowcount


def clone_experiment(store: Store, experiment_id: str, *, name: str) -> ExperimentRecord:
    """Return a new experiment with the question, description, template and tags of another one, without its runs."""
    before = find_experiment(store, experiment_id)
    return create_experiment(
        store,
        name=name,
        question=before.question,
        description=before.description,
        template=before.template,
        tags=before.tags,
    )


def experiment_of_runs(store: Store, run_ids: Sequence[str]) -> str | None:
    """Return the id of the one experiment that has all these runs; None where there is none, or several."""
    unique_ids = set(run_ids)
    has_all = (
        sa.select(experiment_run.c.experiment_id)
        .where(experiment_run.c.run_id.in_(unique_ids))
        .group_by(experiment_run.c.experiment_id)
        .having(sa.func.count() == len(unique_ids))
        .limit(2)
    )
    with store.read() as connection:
        experiment_ids = connection.execute(has_all).scalars().all()
    return experiment_ids[0] if len(experiment_ids) == 1 else None


def file_comparison(store: Store, comparison_id: str, experiment_id: str) -> None:
    """Add a comparison to an experiment."""
    mine = sa.update(comparison).where(comparison.c.id == comparison_id)
    with store.write() as connection:
        connection.execute(mine.values(experiment_id=experiment_id))


def comparisons_of_experiment(store: Store, experiment_id: str) -> tuple[ComparisonSummary, ...]:
    """Return the experiment's comparisons, oldest first: their runs and the sentence of their result."""
    query = sa.select(comparison).where(comparison.c.experiment_id == experiment_id)
    with store.read() as connection:
        rows = connection.execute(query.order_by(comparison.c.created_at, comparison.c.id)).mappings().all()
    return tuple(map(summary_of, rows))


def _load(connection: Connection, condition: sa.ColumnElement[bool]) -> tuple[ExperimentRecord, ...]:
    newest_first = sa.select(experiment).where(condition).order_by(experiment.c.created_at.desc(), experiment.c.id)
    rows = connection.execute(newest_first).mappings().all()
    members = sa.select(experiment_run.c.experiment_id, experiment_run.c.run_id).where(
        experiment_run.c.experiment_id.in_([row["id"] for row in rows])
    )
    run_ids: dict[str, list[str]] = {row["id"]: [] for row in rows}
    for member in connection.execute(members.order_by(experiment_run.c.position)):
        run_ids[member.experiment_id].append(member.run_id)
    return tuple(
        record_of(ExperimentRecord, row, experiment_id=row["id"], run_ids=tuple(run_ids[row["id"]])) for row in rows
    )
