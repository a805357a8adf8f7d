"""The evidence about candidates: every scored answer of runs and imported scoreboards, in plain arrays.

A row is an outcome with its score on its run's yardstick. It is read from indexes that hold all it needs, so that no
text is read. Server failures have no score and so no row.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from evaluation.benchmarks.rendering import render
from evaluation.records.evidence import Evidence, EvidenceCase
from evaluation.store.benchmarks import case_ids_of, load_benchmark_version
from evaluation.store.case_families import read_families
from evaluation.store.evidence_base import EvidenceBase
from evaluation.store.evidence_rows import Columns, add_import, add_runs
from evaluation.store.monitored_metrics import IMPORT, version_of, yardsticks
from evaluation.store.session import Store
from evaluation.store.tables import benchmark_case, scoreboard_case

_FEW = 500
"""Number of cases that are read by id; with more, the whole import is read."""


def read_evidence(store: Store, *, tasks: Collection[str] | None = None) -> Evidence:
    """Return all that is known of the candidates, on all tasks or some.

    Args:
        store: The store. Archived runs are left out.
        tasks: The tasks to read; None: all. The fingerprint is that of all tasks.
    """
    with store.read() as connection:
        base = EvidenceBase.read(connection)
        columns = Columns()
        add_runs(connection, columns, base.asked, tasks)
        for scoreboard in base.imports:
            add_import(connection, columns, scoreboard, tasks)
        families = read_families(connection, columns.groups)
    return columns.evidence(base.candidates, families, base.fingerprint, base.benchmarks)


def evidence_fingerprint(store: Store) -> str:
    """Return the fingerprint that `read_evidence` would give, without reading the rows."""
    with store.read() as connection:
        return EvidenceBase.read(connection).fingerprint


def read_prompts(store: Store, evidence: Evidence) -> tuple[str, ...]:
    """Return the prompt of each of the evidence's cases.

    The benchmark's prompt text with the case's own, or an import's prompt. Empty where a case was deleted since the
    evidence was read.
    """
    return _prompts_of(store, evidence.cases)


def sample_prompts(store: Store, *, task: str | None, limit: int) -> tuple[str, ...]:
    """Return at most `limit` prompts of cases that candidates were measured on, drawn evenly from all of them.

    Args:
        store: The store. Archived runs are left out.
        task: Task of the cases; None: any.
        limit: Maximum number of prompts.
    """
    cases = _measured_cases(store, task)
    places = range(len(cases)) if len(cases) <= limit else [len(cases) * place // limit for place in range(limit)]
    return tuple(prompt for prompt in _prompts_of(store, [cases[place] for place in places]) if prompt)


def _measured_cases(store: Store, task: str | None) -> list[EvidenceCase]:
    """Return the measured cases of benchmarks and imports, in the order in which they are stored."""
    imported = sa.select(scoreboard_case.c.import_id, scoreboard_case.c.task, scoreboard_case.c.case_id)
    if task is not None:
        imported = imported.where(scoreboard_case.c.task == task)
    case_ids = sa.select(benchmark_case.c.case_id).order_by(benchmark_case.c.position)
    with store.read() as connection:
        task_of = {
            yardstick.benchmark_version: yardstick.task
            for yardstick in yardsticks(connection)
            if task in (None, yardstick.task)
        }
        cases = [
            (version, own_task, case_id)
            for version, own_task in task_of.items()
            for case_id in connection.execute(case_ids.where(benchmark_case.c.version == version)).scalars()
        ]
        rows = connection.execute(imported.order_by(scoreboard_case.c.import_id, scoreboard_case.c.position)).all()
    cases += [(f"{IMPORT}{row.import_id}", row.task, row.case_id) for row in rows]
    return [EvidenceCase(task=own, yardstick=name, case_id=case_id, family="") for name, own, case_id in cases]


def _prompts_of(store: Store, cases: Sequence[EvidenceCase]) -> tuple[str, ...]:
    by_yardstick: defaultdict[str, list[int]] = defaultdict(list)
    for position, case in enumerate(cases):
        by_yardstick[case.yardstick].append(position)
    prompts = [""] * len(cases)
    for yardstick, positions in by_yardstick.items():
        own = [cases[position] for position in positions]
        if yardstick.startswith(IMPORT):
            imported = _imported_prompts(store, yardstick.removeprefix(IMPORT), [case.case_id for case in own])
            own_prompts = [imported.get((case.task, case.case_id), "") for case in own]
        else:
            prompts_by_case = _asked_prompts(store, version_of(yardstick), [case.case_id for case in own])
            own_prompts = [prompts_by_case.get(case.case_id, "") for case in own]
        for position, prompt in zip(positions, own_prompts, strict=True):
            prompts[position] = prompt
    return tuple(prompts)


def _asked_prompts(store: Store, version: str, case_ids: Sequence[str]) -> dict[str, str]:
    """Return the user's last message in each case of a benchmark version."""
    stored_ids = set(case_ids_of(store, version))
    there = [case_id for case_id in case_ids if case_id in stored_ids]
    if not there:
        return {}
    benchmark = load_benchmark_version(store, version, case_ids=there)
    return {
        case.case_id: next(turn.content for turn in reversed(render(benchmark, case)) if turn.role == "user")
        for case in benchmark.cases
    }


def _imported_prompts(store: Store, import_id: str, case_ids: Sequence[str]) -> dict[tuple[str, str], str]:
    """Return the prompts of an import's cases, at least of these."""
    columns = (scoreboard_case.c.task, scoreboard_case.c.case_id, scoreboard_case.c.prompt)
    query = sa.select(*columns).where(scoreboard_case.c.import_id == import_id)
    if len(case_ids) <= _FEW:
        query = query.where(scoreboard_case.c.case_id.in_(case_ids))
    with store.read() as connection:
        rows = connection.execute(query).all()
    return {(row.task, row.case_id): row.prompt for row in rows}
