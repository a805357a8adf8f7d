"""Labels of stored candidates, apart within each run, which those of early versions are not.

The stored rows stay as they are: a doubled label is told apart each time that it is read, always in the same way.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.candidate import Candidate
from evaluation.records.labels import Labelled, distinct_labels
from evaluation.store.registry import select_candidates
from evaluation.store.tables import run_candidate

_COLUMNS = tuple(
    run_candidate.c[name] for name in ("id", "run_id", "candidate_fingerprint", "label", "endpoint_name", "digest")
)


def labels_apart(connection: Connection, run_ids: sa.Select[Any] | Iterable[str]) -> dict[int, str]:
    """Return the label of each candidate of the runs whose stored labels are not distinct, by run-candidate id.

    Args:
        connection: An open connection.
        run_ids: Ids of runs, or the query for them. Runs with distinct labels have no entry in the result.
    """
    of = run_candidate.c
    among = run_ids if isinstance(run_ids, sa.Select) else sorted(run_ids)
    doubled = sa.select(of.run_id).where(of.run_id.in_(among)).group_by(of.run_id, of.label).having(sa.func.count() > 1)
    doubled_ids = sorted(set(connection.execute(doubled).scalars()))
    if not doubled_ids:
        return {}
    rows = connection.execute(sa.select(*_COLUMNS).where(of.run_id.in_(doubled_ids)).order_by(of.id)).all()
    by_run: dict[str, list[sa.Row[Any]]] = defaultdict(list)
    for row in rows:
        by_run[row.run_id].append(row)
    candidates = select_candidates(connection, {row.candidate_fingerprint for row in rows})
    apart = {run_id: _apart(group, candidates) for run_id, group in by_run.items()}
    return {row.id: apart[row.run_id][row.candidate_fingerprint] for row in rows}


def series_labels(connection: Connection) -> dict[tuple[str, str], str]:
    """Return the labels under which candidates with a doubled label are followed over runs.

    The keys are stored labels and candidates' fingerprints. Every other candidate is followed by its stored label.
    """
    of, other = run_candidate.c, run_candidate.alias().c
    namesake = sa.exists().where(other.run_id == of.run_id, other.label == of.label, other.id != of.id)
    by_label: dict[str, list[sa.Row[Any]]] = defaultdict(list)
    for row in connection.execute(sa.select(*_COLUMNS).where(namesake).order_by(of.id)):
        by_label[row.label].append(row)
    if not by_label:
        return {}
    candidates = select_candidates(
        connection, {row.candidate_fingerprint for group in by_label.values() for row in group}
    )
    return {
        (label, fingerprint): apart
        for label, group in by_label.items()
        for fingerprint, apart in _apart(group, candidates).items()
    }


def _apart(rows: Iterable[sa.Row[Any]], candidates: Mapping[str, Candidate]) -> dict[str, str]:
    """Return distinct labels of candidates, by fingerprint."""
    return distinct_labels(
        [
            Labelled(
                fingerprint=row.candidate_fingerprint,
                label=row.label,
                endpoint=row.endpoint_name,
                digest=row.digest,
                candidate=candidates.get(row.candidate_fingerprint),
            )
            for row in rows
        ]
    )
