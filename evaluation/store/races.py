"""Stored races and their decisions, look by look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from evaluation.errors import StoreError
from evaluation.races.state import Decision, Fate
from evaluation.results.as_json import from_json
from evaluation.results.races import RaceOutcomeResult, UnfinishedRace
from evaluation.store.session import Store
from evaluation.store.statements import now, upsert
from evaluation.store.tables import generation, race, race_decision, run_candidate, stage

_REQUESTS = ("chat", "embed")
"""Kinds of stages that ask a model for an answer or an embedding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceRecord:
    """A race as stored."""

    invocation_id: str
    request: Mapping[str, Any]
    """Its rules as typed by the user; what is evaluated is stored with the invocation."""
    result: Mapping[str, Any] | None
    """Result; None while the race is not over."""
    code_version: str
    created_at: datetime
    finished_at: datetime | None

    @property
    def outcome(self) -> RaceOutcomeResult | UnfinishedRace:
        """What it found."""
        return UnfinishedRace() if self.result is None else from_json(RaceOutcomeResult, self.result)


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateCosts:
    """Answers, calls and tokens of a candidate of a run."""

    n_answers: int
    """Requested outcomes, including failures and without reused ones."""
    n_calls: int
    """Requests to models: as many as outcomes, or as the stages of a pipeline that asked one."""
    n_tokens: int
    """Tokens of prompts, answers and embedded texts, as far as servers told them."""


def begin_race(store: Store, invocation_id: str, *, request: Mapping[str, Any], code_version: str) -> None:
    """Record that an invocation is a race; of a stored race, only the request is replaced.

    Raises:
        StoreError: the invocation is not stored.
    """
    row = {
        "invocation_id": invocation_id,
        "request": dict(request),
        "code_version": code_version,
        "created_at": now(),
    }
    with store.write() as connection:
        upsert(connection, race, [row], key=["invocation_id"], update=["request"])


def find_race(store: Store, invocation_id: str) -> RaceRecord | None:
    """Return the race of an invocation; None where it is none."""
    with store.read() as connection:
        row = connection.execute(sa.select(race).where(race.c.invocation_id == invocation_id)).first()
    return None if row is None else RaceRecord(**row._mapping)


def finish_race(store: Store, invocation_id: str, result: Mapping[str, Any]) -> None:
    """Store the outcome of a race.

    Raises:
        StoreError: no such race.
    """
    changed = sa.update(race).where(race.c.invocation_id == invocation_id)
    with store.write() as connection:
        done = connection.execute(changed.values(result=dict(result), finished_at=now()))
    if not done.rowcount:
        raise StoreError(f"{store.shown_url} holds no race {invocation_id!r}", "Was its run deleted?")


def save_decisions(store: Store, invocation_id: str, decisions: Sequence[Decision]) -> None:
    """Append decisions to those stored before; a look that is already stored is left as it is."""
    of_race = race_decision.c.invocation_id == invocation_id
    with store.write() as connection:
        stored_rows = connection.execute(
            sa.select(race_decision.c.look, race_decision.c.candidate_fingerprint).where(of_race)
        ).all()
        there = {(row.look, row.candidate_fingerprint) for row in stored_rows}
        fresh = [decision for decision in decisions if (decision.look, decision.key) not in there]
        rows = [
            {
                "invocation_id": invocation_id,
                "position": len(stored_rows) + offset,
                "look": decision.look,
                "candidate_fingerprint": decision.key,
                "label": decision.label,
                "decision": str(decision.fate),
                "n_cases": decision.n_cases,
                "reason": decision.reason,
                "evidence": dict(decision.evidence),
                "decided_at": now(),
            }
            for offset, decision in enumerate(fresh)
        ]
        upsert(connection, race_decision, rows, key=["invocation_id", "position"])


def load_decisions(store: Store, invocation_id: str) -> tuple[Decision, ...]:
    """Return all decisions of a race, in the order in which they were made."""
    query = sa.select(race_decision).where(race_decision.c.invocation_id == invocation_id)
    with store.read() as connection:
        return tuple(
            Decision(
                look=row.look,
                key=row.candidate_fingerprint,
                label=row.label,
                fate=Fate(row.decision),
                n_cases=row.n_cases,
                reason=row.reason,
                evidence=row.evidence,
            )
            for row in connection.execute(query.order_by(race_decision.c.position))
        )


def costs_of_run(store: Store, run_id: str) -> dict[int, CandidateCosts]:
    """Return what each candidate of a run has cost so far, by its row, read from indexes of its answers and stages.

    Of a pipeline every stored request counts, also those of a case that has no outcome or no tokens as a whole; an
    embedding that another case had requested counts once, there.
    """
    with store.read() as connection:
        answers = connection.execute(_answers(run_id)).tuples().all()
        requests = {row_id: (n, tokens) for row_id, n, tokens in connection.execute(_requests(run_id)).tuples()}
    of_answers = {row_id: (n_answers, n_tokens) for row_id, n_answers, n_tokens in answers}
    costs = {}
    for row_id in {**of_answers, **requests}:
        n_answers, n_tokens = of_answers.get(row_id, (0, 0))
        n_calls, n_tokens = requests.get(row_id, (n_answers, n_tokens))
        costs[row_id] = CandidateCosts(n_answers=int(n_answers), n_calls=int(n_calls), n_tokens=int(n_tokens))
    return costs


def _answers(run_id: str) -> "sa.Select[tuple[int, int, int]]":
    return (
        sa.select(generation.c.run_candidate_id, sa.func.count(), _tokens(generation))
        .join(run_candidate, run_candidate.c.id == generation.c.run_candidate_id)
        .where(run_candidate.c.run_id == run_id, sa.not_(generation.c.reused))
        .group_by(generation.c.run_candidate_id)
    )


def _requests(run_id: str) -> "sa.Select[tuple[int, int, int]]":
    same = [stage.c[name] == generation.c[name] for name in ("run_candidate_id", "case_id", "repeat")]
    is_reused = sa.exists().where(*same, generation.c.reused)
    is_shared = sa.and_(stage.c.kind == "embed", stage.c.n_attempts == 0)
    return (
        sa.select(stage.c.run_candidate_id, sa.func.count(), _tokens(stage))
        .join(run_candidate, run_candidate.c.id == stage.c.run_candidate_id)
        .where(run_candidate.c.run_id == run_id, stage.c.kind.in_(_REQUESTS), ~is_reused, ~is_shared)
        .group_by(stage.c.run_candidate_id)
    )


def _tokens(table: sa.Table) -> "sa.ColumnElement[int]":
    """Return the sum of the tokens that are known."""
    tokens = sa.func.coalesce(table.c.prompt_tokens, 0) + sa.func.coalesce(table.c.output_tokens, 0)
    return sa.func.coalesce(sa.func.sum(tokens), 0)
