"""The base of the evidence: runs, imports and candidates it consists of, and whether any has changed."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.fingerprint import fingerprint
from evaluation.records.evidence import Choosable, OwnFailures
from evaluation.requests.prices import PRICE, PRICES
from evaluation.store.monitored_metrics import IMPORT, Yardstick, yardsticks
from evaluation.store.selectable_candidates import choosables, imported
from evaluation.store.tables import generation, run_candidate, score, scoreboard_import, scoreboard_row

_PRIMES = (2_147_483_647, 2_147_483_629, 2_147_483_587)
"""Moduli: each product of two numbers below them fits in 63 bits."""
_FACTORS = (1_836_311_903, 1_276_901_417, 1_640_531_527, 1_103_515_245)
_ADDED = 1_442_695_041


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCandidate:
    """A candidate of a run."""

    row_id: int
    key: str
    yardstick: Yardstick
    price: Mapping[str, float] | None
    prices: Mapping[str, Mapping[str, float]] | None
    """Prices of all models that its pipeline asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedScoreboard:
    """An imported scoreboard."""

    import_id: str
    name: str
    candidates: Sequence[str]
    memory_bytes: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceBase:
    """Evidence without its rows: small, and read whenever a fingerprint is needed."""

    asked: tuple[AskedCandidate, ...]
    imports: tuple[ImportedScoreboard, ...]
    candidates: Mapping[str, Choosable]
    fingerprint: str

    @property
    def benchmarks(self) -> dict[str, str]:
        """Display name of each yardstick; all are distinct."""
        called = {source.yardstick.name: source.yardstick.shown for source in self.asked}
        called |= {f"{IMPORT}{source.import_id}": source.name for source in self.imports}
        uses = Counter(called.values())
        return {name: shown if uses[shown] == 1 else f"{shown} {_hash_of(name)}" for name, shown in called.items()}

    @classmethod
    def read(cls, connection: Connection) -> "EvidenceBase":
        """Read what the database holds now; everything read later in this transaction sees the same state."""
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        asked_candidates, imports = _asked_candidates(connection), _imports(connection)
        candidates = choosables(connection)
        for name in dict.fromkeys(name for entry in imports for name in entry.candidates):
            sizes = [entry.memory_bytes[name] for entry in imports if name in entry.memory_bytes]
            elsewhere = imported(name, max(sizes, default=None))
            candidates[elsewhere.key] = elsewhere
        candidates = _with_own_failures(candidates, own_failures(connection, asked_candidates))
        content = [
            [
                [entry.row_id, entry.key, entry.yardstick.name, entry.yardstick.task, entry.price, entry.prices]
                for entry in asked_candidates
            ],
            [[entry.import_id, list(entry.candidates)] for entry in imports],
            [_details_of(entry) for entry in sorted(candidates.values(), key=lambda entry: entry.key)],
            _sums(connection, {entry.yardstick.metric_key for entry in asked_candidates}, bool(imports)),
        ]
        return cls(asked=asked_candidates, imports=imports, candidates=candidates, fingerprint=fingerprint(content))


def _with_own_failures(
    candidates: Mapping[str, Choosable], failures: Mapping[str, Mapping[str, OwnFailures]]
) -> dict[str, Choosable]:
    return {
        key: replace(candidate, own_failures=failures[key]) if key in failures else candidate
        for key, candidate in candidates.items()
    }


def own_failures(
    connection: Connection, asked_candidates: Sequence[AskedCandidate]
) -> dict[str, dict[str, OwnFailures]]:
    """Return how often each candidate failed by itself, by its key and the task; without those that never did."""
    kind, n = generation.c.own_failure, sa.func.count()
    query = (
        sa.select(generation.c.run_candidate_id, kind, n)
        .where(generation.c.failure_kind.is_(None))
        .group_by(generation.c.run_candidate_id, kind)
    )
    places = {candidate.row_id: (candidate.key, candidate.yardstick.task) for candidate in asked_candidates}
    counts: defaultdict[tuple[str, str], Counter[str | None]] = defaultdict(Counter)
    for row_id, failure, n_outcomes in connection.execute(query):
        if row_id in places:
            counts[places[row_id]][failure] += n_outcomes
    failures: defaultdict[str, dict[str, OwnFailures]] = defaultdict(dict)
    for (key, task), by_kind in counts.items():
        of_n = by_kind.total()
        by_kind.pop(None, None)
        if by_kind:
            ((most, _),) = by_kind.most_common(1)
            failures[key][task] = OwnFailures(n=by_kind.total(), of_n=of_n, kind=str(most))
    return dict(failures)


def _hash_of(yardstick: str) -> str:
    """Return the first digits of the hash of the benchmark version or of the import."""
    return yardstick.removeprefix(IMPORT)[:7]


def _asked_candidates(connection: Connection) -> tuple[AskedCandidate, ...]:
    by_run = {yardstick.run_id: yardstick for yardstick in yardsticks(connection)}
    prices = [run_candidate.c.details[name].label(name) for name in (PRICE, PRICES)]
    columns = (run_candidate.c.id, run_candidate.c.run_id, run_candidate.c.candidate_fingerprint)
    rows = connection.execute(sa.select(*columns, *prices).order_by(run_candidate.c.id)).all()
    return tuple(
        AskedCandidate(
            row_id=row.id,
            key=row.candidate_fingerprint,
            yardstick=by_run[row.run_id],
            price=row.price or None,
            prices=row.prices or None,
        )
        for row in rows
        if row.run_id in by_run
    )


def _imports(connection: Connection) -> tuple[ImportedScoreboard, ...]:
    stored = connection.execute(sa.select(scoreboard_import).order_by(scoreboard_import.c.id)).all()
    if not stored:
        return ()
    of_candidate = (scoreboard_row.c.import_id, scoreboard_row.c.candidate_position)
    most = sa.func.max(scoreboard_row.c.memory_gb)
    size_rows = connection.execute(
        sa.select(*of_candidate, most).where(scoreboard_row.c.memory_gb.is_not(None)).group_by(*of_candidate)
    )
    sizes: defaultdict[str, dict[int, float]] = defaultdict(dict)
    for import_id, position, gigabytes in size_rows:
        sizes[import_id][position] = gigabytes * 1e9
    return tuple(
        ImportedScoreboard(
            import_id=row.id,
            name=row.name,
            candidates=tuple(row.candidates),
            memory_bytes={row.candidates[position]: size for position, size in sizes[row.id].items()},
        )
        for row in stored
    )


def _details_of(candidate: Choosable) -> list[Any]:
    places = [[place.name, place.url, place.provider] for place in candidate.places]
    return [
        candidate.key,
        candidate.label,
        places,
        sorted(candidate.capabilities),
        candidate.n_parameters,
        candidate.memory_bytes,
        candidate.memory_is_measured,
        candidate.memory_context,
        candidate.not_ready,
        [[task, failed.n, failed.of_n, failed.kind] for task, failed in sorted(candidate.own_failures.items())],
    ]


def _sums(connection: Connection, keys: Collection[str], has_imports: bool) -> list[list[int]]:
    """Return checksums over all rows, which change with any value, its place and its candidate."""
    of = generation.c
    queries = [
        _sum_of(generation, _figures(), of.id, of.run_candidate_id),
        _sum_of(score, score.c.value * 1e9, score.c.generation_id, where=score.c.metric_key.in_(sorted(keys))),
    ]
    if has_imports:
        row = scoreboard_row.c
        queries.append(_sum_of(scoreboard_row, _imported_figures(), row.id, row.candidate_position, row.case_position))
    return [[int(number or 0) for number in connection.execute(query).one()] for query in queries]


def _sum_of(
    table: sa.Table,
    value: sa.ColumnElement[Any],
    *places: sa.ColumnElement[int],
    where: sa.ColumnElement[bool] | None = None,
) -> sa.Select[Any]:
    """Return the number of rows and a checksum: the sum of each value times a number computed from its places.

    That number is squared twice, modulo one prime after another, so that nothing linear in the places is left:
    otherwise values that are exchanged equally often in both directions could leave the sum unchanged.
    """
    first, second, third = _PRIMES
    number = (sa.cast(value + 1, sa.BigInteger) % third).label("number")
    place = sum(
        (number_of_place % first * factor % first for number_of_place, factor in zip(places, _FACTORS, strict=False)),
        sa.literal(_ADDED),
    )
    counted = sa.select(number, place.label("place")).select_from(table)
    rows = (counted if where is None else counted.where(where)).subquery().c
    first_residue = rows.place % first
    rows = sa.select(rows.number, (first_residue * first_residue % first).label("place")).subquery().c
    second_residue = (rows.place + _ADDED) % second
    return sa.select(sa.func.count(), sa.func.sum(rows.number * (second_residue * second_residue % second) % third))


def _weighed(*parts: tuple[sa.ColumnElement[Any], float]) -> sa.ColumnElement[Any]:
    """Return one weighted number for several, any of which may be missing."""
    first, *others = (sa.func.coalesce(part, -1.0) * weight for part, weight in parts)
    return sum(others, first)


def _figures() -> sa.ColumnElement[Any]:
    """Return the figures of an outcome that may become known later; everything else in it is written once."""
    of = generation.c
    state = sa.case((of.prompt_state.is_(None), -1.0), (of.prompt_state == "fresh", -1.0), else_=1.0)
    return _weighed((of.total_s, 1_000_003.0), (of.energy_j, 10_007.0), (of.output_tokens, 1_013.0), (state, 101.0))


def _imported_figures() -> sa.ColumnElement[Any]:
    of = scoreboard_row.c
    return _weighed((of.quality, 1e9), (of.latency_s, 1_000_003.0), (of.cost_usd, 3_000_017.0), (of.energy_j, 10_007.0))
