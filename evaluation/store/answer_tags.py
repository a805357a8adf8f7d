"""People's tags on cases of a run and on candidates' answers to them."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.experiments import AnswerTagRecord
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.statements import now, upsert
from evaluation.store.tables import answer_tag

LONGEST_TAG = 80
_KEY = ("run_id", "case_id", "fingerprint", "tag")
_CHUNK = 500


def checked_tag(text: str) -> str:
    """Return a tag with single blanks.

    Raises:
        ConfigurationError: it is empty, or too long.
    """
    tag = " ".join(text.split())
    if not tag:
        raise ConfigurationError("the tag is empty", "Give it a word.")
    if len(tag) > LONGEST_TAG:
        raise ConfigurationError(f"the tag has {len(tag):,} letters", f"At most {LONGEST_TAG}.")
    return tag


def add_tags(
    store: Store, run_id: str, case_ids: Sequence[str], tag: str, *, author: str, fingerprint: str | None = None
) -> None:
    """Tag cases of a run, or a candidate's answers to them; what has the tag keeps its author and time.

    Args:
        store: The store.
        run_id: Id of the run.
        case_ids: Cases that the run asked.
        tag: The tag.
        author: Who tags.
        fingerprint: Fingerprint of the candidate; None: the cases themselves are tagged.

    Raises:
        ConfigurationError: the tag is empty, or too long.
    """
    row = {"run_id": run_id, "fingerprint": fingerprint or "", "tag": checked_tag(tag), "author": author}
    rows = [{**row, "case_id": case_id, "created_at": now()} for case_id in dict.fromkeys(case_ids)]
    with store.write() as connection:
        upsert(connection, answer_tag, rows, key=_KEY)


def remove_tag(store: Store, run_id: str, tag_id: int) -> AnswerTagRecord:
    """Remove a tag of a run, and return what it was.

    Raises:
        UnknownNameError: the run has no such tag.
    """
    this = sa.and_(answer_tag.c.id == tag_id, answer_tag.c.run_id == run_id)
    with store.write() as connection:
        row = connection.execute(sa.select(answer_tag).where(this)).mappings().first()
        if row is None:
            of_run = sa.select(answer_tag.c.id).where(answer_tag.c.run_id == run_id).order_by(answer_tag.c.id)
            tag_ids = [str(each) for each in connection.execute(of_run).scalars()]
            raise UnknownNameError(f"tag of run {run_id}", str(tag_id), tag_ids, "It was removed already")
        connection.execute(sa.delete(answer_tag).where(this))
    return _record(row)


def tags_of_cases(store: Store, run_id: str, case_ids: Sequence[str]) -> tuple[AnswerTagRecord, ...]:
    """Return the tags on cases of a run and on answers to them, oldest first."""
    query = sa.select(answer_tag).where(answer_tag.c.run_id == run_id).order_by(answer_tag.c.id)
    records: list[AnswerTagRecord] = []
    with store.read() as connection:
        for start in range(0, len(case_ids), _CHUNK):
            some = query.where(answer_tag.c.case_id.in_(case_ids[start : start + _CHUNK]))
            records += map(_record, connection.execute(some).mappings())
    return tuple(sorted(records, key=lambda record: record.tag_id))


def cases_with_tag(store: Store, run_id: str, tag: str) -> set[str]:
    """Return the ids of the cases of a run that people gave this tag, or an answer to which they gave it."""
    query = sa.select(answer_tag.c.case_id).where(answer_tag.c.run_id == run_id, answer_tag.c.tag == tag)
    with store.read() as connection:
        return set(connection.execute(query).scalars())


def tags_of_run(store: Store, run_id: str) -> dict[str, int]:
    """Return the tags that people gave in a run with the number of their cases, the most frequent first."""
    n_cases = sa.func.count(answer_tag.c.case_id.distinct())
    query = sa.select(answer_tag.c.tag, n_cases).where(answer_tag.c.run_id == run_id).group_by(answer_tag.c.tag)
    with store.read() as connection:
        counts = [(tag, n) for tag, n in connection.execute(query)]
    return dict(sorted(counts, key=lambda pair: (-pair[1], pair[0])))


def _record(row: RowMapping) -> AnswerTagRecord:
    return record_of(AnswerTagRecord, row, tag_id=row["id"], fingerprint=row["fingerprint"] or None)
