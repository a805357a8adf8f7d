"""Prompt states of a run's answers: whether the server had cached the prompt, judged once all are stored."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from evaluation.fingerprint import fingerprint
from evaluation.generation import PromptState
from evaluation.options import load_options
from evaluation.providers import PROVIDERS
from evaluation.store.prompt_cache import READ, PromptReading, judge_readings
from evaluation.store.session import Store
from evaluation.store.tables import benchmark_case, candidate, generation, run, run_candidate

EARLIER = 3
"""Candidates of earlier runs that define a prompt's usual cost: the newest with answers to fresh prompts."""
_CHUNK = 500


def judge_prompts(store: Store, run_id: str, *, only: Collection[int] | None = None) -> int:
    """Judge the prompt states of a run's answers, and return how many of them have another state than before.

    Each model's answers are judged together, with those that earlier runs had from it for the same benchmark and for
    others that share cases with it.

    Args:
        store: The store.
        run_id: Id of the run.
        only: Row ids of candidates; models that none of them uses are not judged. None: all.
    """
    with store.read() as connection:
        changed: defaultdict[PromptState, list[int]] = defaultdict(list)
        for own, others in _by_weights(connection, run_id, only=only):
            rows = _answers(connection, [*own, *others])
            loads = _loads(connection, [*own, *others])
            states = judge_readings([_reading(row, loads[row.run_candidate_id]) for row in rows])
            for row, state in zip(rows, states, strict=True):
                if row.run_candidate_id in own and row.prompt_state != state:
                    changed[state].append(row.id)
    for state, ids in changed.items():
        _save(store, state, ids)
    return sum(map(len, changed.values()))


def has_unjudged(store: Store, run_id: str) -> bool:
    """Return True where the prompt state of an answer is not known, as in a run of an older version."""
    of = generation.c
    query = (
        sa.select(of.id)
        .join(run_candidate, run_candidate.c.id == of.run_candidate_id)
        .where(run_candidate.c.run_id == run_id, of.prompt_state.is_(None), of.total_s.is_not(None))
        .where(_asks_once())
        .where(sa.not_(of.reused), sa.func.coalesce(of.failure_kind, "") == "")
    )
    with store.read() as connection:
        return connection.execute(query.limit(1)).first() is not None


def _by_weights(
    connection: Connection, run_id: str, *, only: Collection[int] | None
) -> list[tuple[frozenset[int], tuple[int, ...]]]:
    """Return the run's candidates grouped by weights, each group with candidates of earlier runs on these cases.

    With `only`, only groups that contain one of these.
    """
    of = run_candidate.c
    query = sa.select(run.c.benchmark_version, run.c.created_at).where(run.c.id == run_id)
    version, created_at = connection.execute(query).one()
    groups: defaultdict[tuple[str, str | None], list[int]] = defaultdict(list)
    query = sa.select(of.id, of.model_name, of.digest).where(of.run_id == run_id, _asks_once())
    for row in connection.execute(query):
        groups[("", row.digest) if row.digest else (row.model_name, None)].append(row.id)
    return [
        (frozenset(own), _earlier(connection, run_id, version, created_at, model=model, digest=digest))
        for (model, digest), own in groups.items()
        if only is None or not set(only).isdisjoint(own)
    ]


def _asks_once() -> sa.ColumnElement[bool]:
    """Return the condition that a candidate has no pipeline: the answer of one comes from several prompts."""
    return sa.not_(
        sa.exists().where(
            candidate.c.fingerprint == run_candidate.c.candidate_fingerprint,
            candidate.c.pipeline.is_not(sa.null()),
        )
    )


def _earlier(
    connection: Connection, run_id: str, version: str, created_at: Any, *, model: str, digest: str | None
) -> tuple[int, ...]:
    """Return the newest candidates with the same weights in earlier runs of this benchmark version.

    And the newest in runs of other versions that share cases with it.
    """
    of = run_candidate.c
    same = of.digest == digest if digest else sa.and_(of.model_name == model, of.digest.is_(None))
    fresh = sa.exists().where(generation.c.run_candidate_id == of.id, generation.c.prompt_state == PromptState.FRESH)
    newest_first = (
        sa.select(of.id)
        .join(run, run.c.id == of.run_id)
        .where(run.c.id != run_id, run.c.created_at <= created_at, same, _asks_once())
        .order_by(run.c.created_at.desc(), of.id)
    )
    newest = newest_first.where(fresh).limit(EARLIER), newest_first.limit(1)  # what was sent last may be unknown itself
    own = benchmark_case.alias("own")
    alike = (
        sa.select(benchmark_case.c.version)
        .join(own, own.c.content_hash == benchmark_case.c.content_hash)
        .where(own.c.version == version, benchmark_case.c.version != version)
    )
    of_benchmark = run.c.benchmark_version == version, run.c.benchmark_version.in_(alike)
    queries = [query.where(these) for these in of_benchmark for query in newest]
    return tuple(dict.fromkeys(row_id for query in queries for row_id in connection.execute(query).scalars()))


def _answers(connection: Connection, row_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Return the answers that these candidates gave themselves, without reused ones."""
    of, of_candidate, case = generation.c, run_candidate.c, benchmark_case.c
    columns = (of.id, of.run_candidate_id, of.endpoint, *(of[name] for name in READ))
    return connection.execute(
        sa.select(*columns, of.total_s, of.finished_at, of.prompt_state, candidate.c.profile_hash)
        .add_columns(case.content_hash)
        .join(run_candidate, of_candidate.id == of.run_candidate_id)
        .join(candidate, candidate.c.fingerprint == of_candidate.candidate_fingerprint)
        .join(run, run.c.id == of_candidate.run_id)
        .join(benchmark_case, sa.and_(case.version == run.c.benchmark_version, case.case_id == of.case_id))
        .where(of.run_candidate_id.in_(sorted(row_ids)), sa.not_(of.reused), of.total_s.is_not(None))
        .where(sa.func.coalesce(of.failure_kind, "") == "")
        .order_by(of.id)
    ).all()


def _loads(connection: Connection, row_ids: Collection[int]) -> dict[int, str]:
    """By candidate, the options with which its server loads its model, where it loads again for others; else empty."""
    of = run_candidate.c
    query = sa.select(of.id, of.provider, of.options).where(of.id.in_(sorted(row_ids)))
    return {
        row.id: fingerprint(load_options(row.options)) if _loads_with_options(row.provider) else ""
        for row in connection.execute(query)
    }


def _loads_with_options(provider: str) -> bool:
    return provider in PROVIDERS and PROVIDERS[provider].loads_with_options


def _reading(row: Row[Any], load: str) -> PromptReading:
    return PromptReading(
        server=f"{row.endpoint} {load}",
        profile=row.profile_hash,
        case_id=row.content_hash,
        sent_at_s=row.finished_at.timestamp() - row.total_s,
        candidate=str(row.run_candidate_id),
        **{name: getattr(row, name) for name in READ},
    )


def _save(store: Store, state: PromptState, ids: Sequence[int]) -> None:
    for start in range(0, len(ids), _CHUNK):
        with store.write() as connection:
            some = generation.c.id.in_(ids[start : start + _CHUNK])
            connection.execute(sa.update(generation).where(some).values(prompt_state=state.value))
