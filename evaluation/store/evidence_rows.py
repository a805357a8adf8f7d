"""The rows of evidence as columns, read from runs and imported scoreboards."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from evaluation.generation import PromptState
from evaluation.metrics.cost import cost_of_models
from evaluation.records.evidence import Choosable, Evidence, EvidenceCase
from evaluation.store.evidence_base import AskedCandidate, ImportedScoreboard
from evaluation.store.monitored_metrics import IMPORT
from evaluation.store.safe_text import unescape_text
from evaluation.store.selectable_candidates import imported, labelled_apart
from evaluation.store.stage_costs import read_stage_costs
from evaluation.store.stage_rows import CaseKey
from evaluation.store.tables import generation, score, scoreboard_case, scoreboard_row, trace

_CHUNK = 500
_PAGE = 500
_JOULES_PER_KWH = 3.6e6

Group = tuple[str, str]
"""Task and yardstick of a set of cases."""
_Reals = NDArray[np.float64]
_Positions = NDArray[np.int32]
_Truths = NDArray[np.bool_]


class Columns:
    """Columns of rows in reading order, each of one candidate on one case."""

    def __init__(self) -> None:
        self._candidates: dict[str, int] = {}
        self._cases: dict[Group, dict[str, int]] = {}
        self._n_cases = 0
        self._rows: list[tuple[_Positions, _Positions, _Reals, _Reals, _Reals, _Reals, _Truths]] = []

    @property
    def groups(self) -> tuple[Group, ...]:
        """Groups that have cases."""
        return tuple(self._cases)

    def candidate(self, key: str) -> int:
        """Return the candidate's number; a new key gets a new one."""
        return self._candidates.setdefault(key, len(self._candidates))

    def cases(self, group: Group, case_ids: Sequence[str]) -> _Positions:
        """Return the cases' numbers, shape (n_rows,); new ids get new ones."""
        case_numbers = self._cases.setdefault(group, {})
        for case_id in dict.fromkeys(case_ids):
            if case_id not in case_numbers:
                case_numbers[case_id] = self._n_cases
                self._n_cases += 1
        return np.fromiter((case_numbers[case_id] for case_id in case_ids), dtype=np.int32, count=len(case_ids))

    def add(
        self,
        *,
        candidate: _Positions,
        case: _Positions,
        quality: _Reals,
        latency_s: _Reals,
        cost_usd: _Reals,
        energy_j: _Reals,
        is_cached: _Truths | None = None,
    ) -> None:
        """Add rows; all columns have the same length."""
        kept = np.zeros(len(case), dtype=np.bool_) if is_cached is None else is_cached
        self._rows.append((candidate, case, quality, latency_s, cost_usd, energy_j, kept))

    def evidence(
        self,
        candidates: Mapping[str, Choosable],
        families: Mapping[Group, Mapping[str, str]],
        fingerprint: str,
        benchmarks: Mapping[str, str],
    ) -> Evidence:
        """Return all rows, with candidates sorted by label and cases by their first row."""
        named = labelled_apart([candidates[key] for key in self._candidates])
        order = sorted(range(len(named)), key=lambda position: (named[position].label, named[position].key))
        moved = np.empty(len(order), dtype=np.int32)
        moved[order] = np.arange(len(order), dtype=np.int32)
        candidate, case = (_joined([row[at] for row in self._rows], np.int32) for at in (0, 1))
        quality, latency_s, cost_usd, energy_j = (
            _joined([row[at] for row in self._rows], np.float64) for at in (2, 3, 4, 5)
        )
        return Evidence(
            candidates=tuple(named[position] for position in order),
            cases=tuple(
                EvidenceCase(
                    task=group[0],
                    yardstick=group[1],
                    case_id=unescape_text(case_id),
                    family=unescape_text(families[group].get(case_id, case_id)),
                )
                for group, case_numbers in self._cases.items()
                for case_id in case_numbers
            ),
            candidate=moved[candidate],
            case=self._regrouped()[case],
            quality=quality,
            latency_s=latency_s,
            cost_usd=cost_usd,
            energy_j=energy_j,
            fingerprint=fingerprint,
            is_cached=_joined([row[6] for row in self._rows], np.bool_),
            benchmarks=benchmarks,
        )

    def _regrouped(self) -> _Positions:
        """Return the new number of each case, by its old one, so that the cases of a group are contiguous."""
        numbers = [number for case_numbers in self._cases.values() for number in case_numbers.values()]
        places = np.empty(self._n_cases, dtype=np.int32)
        places[numbers] = np.arange(self._n_cases, dtype=np.int32)
        return places


def _joined(parts: Sequence[NDArray[Any]], kind: type) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=kind)


def add_runs(
    connection: Connection, columns: Columns, candidates: Sequence[AskedCandidate], tasks: Collection[str] | None
) -> None:
    """Add the scored outcomes of the candidates of runs, for some tasks or all."""
    by_metric: defaultdict[str, list[AskedCandidate]] = defaultdict(list)
    for candidate in candidates:
        if tasks is None or candidate.yardstick.task in tasks:
            by_metric[candidate.yardstick.metric_key].append(candidate)
    for key, group in by_metric.items():
        for start in range(0, len(group), _CHUNK):
            _add_candidates(connection, columns, key, group[start : start + _CHUNK])


def _add_candidates(connection: Connection, columns: Columns, metric_key: str, group: Sequence[AskedCandidate]) -> None:
    """Add the rows of the candidates that one metric measures."""
    by_id = {candidate.row_id: candidate for candidate in group}
    stage_costs = {
        row_id: read_stage_costs(connection, row_id, cost)
        for row_id, candidate in by_id.items()
        if (cost := cost_of_models(candidate.prices)) is not None
    }
    for page in _plain_pages(connection, _scored(metric_key, list(by_id))):
        ids, case_ids, repeats, *numbers = zip(*page, strict=True)
        values, latency_s, n_in, n_out, energy_j, is_cached = (np.array(column, dtype=np.float64) for column in numbers)
        begins = np.flatnonzero(np.diff(np.array(ids, dtype=np.int64), prepend=-1)).tolist()
        for start, end in zip(begins, [*begins[1:], len(ids)], strict=True):
            candidate, here = by_id[ids[start]], slice(start, end)
            yardstick = candidate.yardstick
            columns.add(
                candidate=np.full(end - start, columns.candidate(candidate.key), dtype=np.int32),
                case=columns.cases((yardstick.task, yardstick.name), case_ids[here]),
                quality=(values[here] - yardstick.worst) / (yardstick.best - yardstick.worst),
                latency_s=np.maximum(latency_s[here], 0.0),
                cost_usd=_cost(candidate.price or {}, n_in[here], n_out[here], energy_j[here])
                if (of_stages := stage_costs.get(candidate.row_id)) is None
                else _looked_up(of_stages, case_ids[here], repeats[here]),
                energy_j=energy_j[here],
                is_cached=is_cached[here] > 0,
            )


def _plain_pages(connection: Connection, query: sa.Select[Any]) -> Iterator[list[tuple[Any, ...]]]:
    """Yield pages of rows as the driver returns them, which takes half the time.

    Pages are short-lived, so that memory is reused.
    """
    with connection.execute(query) as result:
        cursor: Any = result.cursor
        while page := cursor.fetchmany(_PAGE):
            yield page


def _scored(metric_key: str, row_ids: Sequence[int]) -> sa.Select[Any]:
    """Return the query for candidate, case and figures of all scored outcomes, by candidate.

    Texts stay as stored, which is faster.
    """
    of = generation.c
    is_cached = sa.func.coalesce(of.prompt_state, PromptState.FRESH.value) != PromptState.FRESH.value
    latency_s = sa.case(
        (sa.or_(of.reused, is_cached), None),
        (trace.c.wait_s.is_not(None), trace.c.wait_s),
        (of.load_s.is_not(None), of.total_s - of.load_s),
        (of.cold, None),
        else_=of.total_s,
    )
    return (
        sa.select(
            of.run_candidate_id,
            sa.type_coerce(of.case_id, sa.Text()),
            of.repeat,
            score.c.value,
            # As the metric `latency_s` has it: without the model's loading, and none where that is not known. Of fresh
            # prompts alone: who was asked a case second would look faster.
            latency_s,
            of.prompt_tokens,
            of.output_tokens,
            sa.case((sa.or_(of.reused, is_cached), None), else_=of.energy_j),
            sa.case((sa.and_(is_cached, sa.not_(of.reused)), 1.0), else_=0.0),
        )
        # `coalesce` keeps a planner from the unique index, which lacks the value.
        .join(score, sa.and_(score.c.generation_id == of.id, sa.func.coalesce(score.c.metric_key, "") == metric_key))
        .outerjoin(trace, trace.c.generation_id == of.id)
        .where(of.run_candidate_id.in_(row_ids))
        .order_by(of.run_candidate_id, of.id)
    )


def _cost(price: Mapping[str, float], n_in: _Reals, n_out: _Reals, energy_j: _Reals) -> _Reals:
    """Return the cost of each row as the metric `cost_usd` defines it.

    By tokens, for reused answers too, or by the measured energy.
    """
    if "input_per_million" in price:
        return (n_in * price["input_per_million"] + n_out * price["output_per_million"]) / 1e6
    if "per_kwh" in price:
        return energy_j / _JOULES_PER_KWH * price["per_kwh"]
    return np.full(len(energy_j), np.nan)


def _looked_up(costs: Mapping[CaseKey, float], case_ids: Sequence[str], repeats: Sequence[int]) -> _Reals:
    """Return the cost of each row from that of its stages."""
    keys = zip(map(unescape_text, case_ids), repeats, strict=True)
    return np.array([costs.get(key, np.nan) for key in keys], dtype=np.float64)


def add_import(
    connection: Connection, columns: Columns, scoreboard: ImportedScoreboard, tasks: Collection[str] | None
) -> None:
    """Add the rows of an imported scoreboard, for some tasks or all."""
    of_case = _imported_cases(connection, columns, scoreboard.import_id, tasks)
    names = ("case_position", "candidate_position", "quality", "latency_s", "cost_usd", "energy_j")
    query = sa.select(*(scoreboard_row.c[name] for name in names)).where(
        scoreboard_row.c.import_id == scoreboard.import_id
    )
    pages = [
        np.array(page, dtype=np.float64) for page in _plain_pages(connection, query.order_by(scoreboard_row.c.position))
    ]
    table = np.concatenate([np.empty((0, len(names))), *pages])
    case = of_case[table[:, 0].astype(np.int64)]
    table, case = table[case >= 0], case[case >= 0]
    positions = table[:, 1].astype(np.int64)
    of_candidate = np.full(len(scoreboard.candidates), -1, dtype=np.int32)
    for position in np.unique(positions).tolist():
        of_candidate[position] = columns.candidate(imported(scoreboard.candidates[position]).key)
    columns.add(
        candidate=of_candidate[positions],
        case=case,
        quality=table[:, 2],
        latency_s=table[:, 3],
        cost_usd=table[:, 4],
        energy_j=table[:, 5],
    )


def _imported_cases(
    connection: Connection, columns: Columns, import_id: str, tasks: Collection[str] | None
) -> _Positions:
    """Return the number of each of an import's cases, by its position; -1 for cases of other tasks."""
    of = scoreboard_case.c
    query = sa.select(of.position, of.task, sa.type_coerce(of.case_id, sa.Text()).label("case_id"))
    rows = connection.execute(query.where(of.import_id == import_id).order_by(of.position)).all()
    numbers = np.full(len(rows), -1, dtype=np.int32)
    for position, task, case_id in rows:
        if tasks is None or task in tasks:
            numbers[position] = columns.cases((task, f"{IMPORT}{import_id}"), (case_id,))[0]
    return numbers
