"""Count the outputs that changed when the same model was asked the same again, with the same seeds."""

from dataclasses import dataclass

import sqlalchemy as sa

from evaluation.store.session import Store
from evaluation.store.tables import generation, run, run_candidate

MOST_TEXTS = 2000
"""Number of answers read, enough to estimate the share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedTexts:
    """Answers of a run compared with those of another run of the same candidate."""

    n_changed: int
    n: int
    """Answers to the same case with the same seed that both runs generated themselves."""
    run_id: str
    """The other run."""
    slots: int
    """Largest number of concurrent requests in either run."""

    @property
    def share(self) -> float:
        """The share as a fraction in [0, 1]."""
        return self.n_changed / self.n


def find_changed_texts(store: Store, row_id: int) -> ChangedTexts | None:
    """Compare a candidate's answers with those of the newest other run of the same candidate with the same seeds.

    None without such a run.

    Args:
        store: The store.
        row_id: Row id of the candidate in its run.
    """
    with store.read() as connection:
        mine = connection.execute(_run_of(run_candidate.c.id == row_id)).one_or_none()
        if mine is None:
            return None
        alike = sa.and_(
            run_candidate.c.candidate_fingerprint == mine.candidate_fingerprint,
            run_candidate.c.endpoint_url == mine.endpoint_url,
            run.c.benchmark_version == mine.benchmark_version,
            run.c.id != mine.run_id,
        )
        other = connection.execute(_run_of(alike).order_by(run_candidate.c.id.desc()).limit(1)).one_or_none()
        if other is None:
            return None
        n, n_changed = connection.execute(_counts(row_id, other.id)).one()
    if not n:
        return None
    return ChangedTexts(
        n_changed=int(n_changed or 0), n=int(n), run_id=other.run_id, slots=max(mine.slots, other.slots)
    )


def _run_of(which: sa.ColumnElement[bool]) -> sa.Select[tuple[int, str, str, int, str, str]]:
    of = run_candidate.c
    columns = (of.id, of.run_id, of.candidate_fingerprint, of.slots, of.endpoint_url, run.c.benchmark_version)
    return sa.select(*columns).join(run, run.c.id == of.run_id).where(which)


def _counts(row_id: int, other_id: int) -> sa.Select[tuple[int, int | None]]:
    """Return how many answers both candidates have, and how many of them differ."""
    mine, other = generation.alias("mine"), generation.alias("other")
    is_other = sa.and_(
        other.c.run_candidate_id == other_id,
        other.c.case_id == mine.c.case_id,
        other.c.repeat == mine.c.repeat,
        other.c.seed == mine.c.seed,
    )
    conditions = [
        sa.and_(of.c.failure_kind.is_(None), of.c.text.is_not(None), sa.not_(of.c.reused)) for of in (mine, other)
    ]
    both = (
        sa.select(sa.case((mine.c.text != other.c.text, 1), else_=0).label("is_changed"))
        .select_from(mine.join(other, is_other))
        .where(mine.c.run_candidate_id == row_id, *conditions)
        .limit(MOST_TEXTS)
        .subquery()
    )
    return sa.select(sa.func.count(), sa.func.sum(both.c.is_changed)).select_from(both)
