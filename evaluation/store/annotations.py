"""Stored notes of people on experiments, runs, cases and comparisons."""

from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.experiments import AnnotationRecord
from evaluation.store.comparisons import find_comparison
from evaluation.store.record_rows import record_of
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.store.statements import now
from evaluation.store.tables import annotation

_MOST_NAMED = 40


def annotate(
    store: Store,
    *,
    text: str,
    author: str,
    experiment_id: str | None = None,
    run_id: str | None = None,
    case_id: str | None = None,
    fingerprint: str | None = None,
    comparison_id: str | None = None,
) -> int:
    """Add a note to an experiment, a run, a case of a run, an answer, or a comparison, and return the note's id.

    Raises:
        ConfigurationError: an empty note, or not on exactly one thing.
        UnknownNameError: no such run, or no such comparison.
    """
    if not text.strip():
        raise ConfigurationError("a note must say something", "Give a text.")
    if sum(target is not None for target in (experiment_id, run_id, comparison_id)) != 1:
        raise ConfigurationError("a note belongs to one thing", "Name an experiment, a run or a comparison.")
    if case_id is not None and run_id is None:
        raise ConfigurationError(f"case {case_id!r} is a case of no run", "Name its run.")
    if fingerprint is not None and case_id is None:
        raise ConfigurationError("a note on an answer needs its case", "Name the case.")
    row = {
        "experiment_id": experiment_id,
        "run_id": find_run(store, run_id).plan.run_id if run_id is not None else None,
        "case_id": case_id,
        "fingerprint": fingerprint,
        "comparison_id": find_comparison(store, comparison_id).comparison_id if comparison_id is not None else None,
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
    """Return the notes on any of these, oldest first; notes on a run's cases count as the run's."""
    conditions: list[sa.ColumnElement[bool]] = []
    if run_ids:
        conditions.append(annotation.c.run_id.in_(run_ids))
    if comparison_ids:
        conditions.append(annotation.c.comparison_id.in_(comparison_ids))
    if experiment_id is not None:
        conditions.append(annotation.c.experiment_id == experiment_id)
    return _find_annotations(store, sa.or_(*conditions)) if conditions else ()


def notes_on_case(store: Store, run_id: str, case_id: str) -> tuple[AnnotationRecord, ...]:
    """Return the notes on one case of a run, oldest first."""
    return _find_annotations(store, sa.and_(annotation.c.run_id == run_id, annotation.c.case_id == case_id))


def notes_on_cases(store: Store, run_id: str) -> tuple[AnnotationRecord, ...]:
    """Return the notes on all cases of a run and on answers to them, oldest first."""
    return _find_annotations(store, sa.and_(annotation.c.run_id == run_id, annotation.c.case_id.is_not(None)))


def count_notes(store: Store, run_id: str) -> Counter[tuple[str, str | None]]:
    """Return the number of notes on cases of a run, by case and fingerprint; None stands for the whole case."""
    on_cases = sa.and_(annotation.c.run_id == run_id, annotation.c.case_id.is_not(None))
    with store.read() as connection:
        rows = connection.execute(sa.select(annotation.c.case_id, annotation.c.fingerprint).where(on_cases)).all()
    return Counter((row.case_id, row.fingerprint) for row in rows)


def remove_annotation(store: Store, annotation_id: int) -> None:
    """Delete a note.

    Raises:
        UnknownNameError: no such note.
    """
    with store.write() as connection:
        removed = connection.execute(sa.delete(annotation).where(annotation.c.id == annotation_id))
        newest = connection.execute(sa.select(annotation.c.id).order_by(annotation.c.id.desc()).limit(_MOST_NAMED))
        note_ids = [str(note_id) for note_id in newest.scalars()]
    if not removed.rowcount:
        raise UnknownNameError(
            "note", str(annotation_id), note_ids, "`benchwright experiments show NAME --json` lists notes"
        )


def _find_annotations(store: Store, condition: sa.ColumnElement[bool]) -> tuple[AnnotationRecord, ...]:
    oldest_first = sa.select(annotation).where(condition).order_by(annotation.c.created_at, annotation.c.id)
    with store.read() as connection:
        rows = connection.execute(oldest_first).mappings()
        return tuple(record_of(AnnotationRecord, row, annotation_id=row["id"]) for row in rows)
