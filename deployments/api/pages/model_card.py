"""The page of a model: its versions, its speed and memory, what it is best at, and what changed."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.pages.rendering import PageRoute
from deployments.api.pages.section_page import section_page
from deployments.api.pages.sections import Cell, Link, Section, Table, drawn, filled, table_of
from deployments.cli.arguments import open_stored
from evaluation.formatting import counted, size
from evaluation.metrics.metric_facts import metric_interval, metric_number
from evaluation.records.candidates import ModelRecord
from evaluation.records.loaded_memory import LoadedMemory, memory_basis
from evaluation.reports.metric_map import surest_values
from evaluation.reports.model_cards import change_lines, speed_chart, speed_rows, speeds_by_prompt
from evaluation.results.analytics import BreakdownRow
from evaluation.run_results.breakdown import breakdown
from evaluation.shared_readings import SharedReadings
from evaluation.store.model_use import ModelUse, iterate_speeds, uses_of_model
from evaluation.store.models import list_models, model_versions
from evaluation.store.session import Store

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
MOST_USES, TIMED_USES, SHOWN_USES = 200, 20, 30
_ADDED_TAG = ":latest"
_readings = SharedReadings()


@router.get("/catalogue/model")
def model(request: Request, name: Annotated[str, Query(max_length=5000)]) -> Response:
    """Show a model as its servers described it, and as it was measured."""
    with open_stored(None) as store:
        names = _same_model(name)
        uses = uses_of_model(store, names, limit=MOST_USES)
        versions = _versions(store, names, is_used=bool(uses))
        timed = [use.run_candidate_id for use in uses[:TIMED_USES]]
        speeds = _readings.get((store.url, name), lambda: speeds_by_prompt(iterate_speeds(store, timed)))
        run_ids = list(dict.fromkeys(use.run_id for use in uses))
        rows = sorted(breakdown(store, run_ids), key=lambda row: run_ids.index(row.run_id)) if run_ids else []
    return section_page(
        request,
        name,
        filled(
            Section(title="Versions", table=_version_table(versions)),
            Section(title="What changed", lines=tuple(change_lines(uses))),
            Section(
                title="Speed by length of the prompt",
                table=table_of("Speed by length of the prompt", speed_rows(speeds)),
                pictures=drawn(speed_chart(name, speeds)),
                after=(f"Own answers of its last {counted(len(timed), 'use')}; none that waited for the load.",)
                if speeds
                else (),
            ),
            Section(title="Memory when loaded", lines=tuple(_memory(uses))),
            Section(
                title="What it reached",
                table=_reached(uses, rows),
                after=("Means over the most cases, among all candidates of its runs; a rank is no verdict.",)
                if rows
                else (),
            ),
            Section(title="Runs", table=_runs(uses)),
        ),
        up=Link(text="Models", address="/catalogue"),
        about=_about(versions),
        empty="It was not asked yet.",
        next_step="`benchwright evaluate --model NAME` measures it.",
    )


def _same_model(name: str) -> tuple[str, ...]:
    """Return the names that mean one model: runs keep the tag that servers add where none was given."""
    bare = name.removesuffix(_ADDED_TAG)
    return (name,) if ":" in bare else (bare, f"{bare}{_ADDED_TAG}")


def _versions(store: Store, names: Sequence[str], *, is_used: bool) -> tuple[ModelRecord, ...]:
    """Return the stored versions; a model that was asked and is no longer listed has none.

    Raises:
        UnknownNameError: nobody has listed or asked such a model.
    """
    listed = {each.name for each in list_models(store, include_retired=True)}
    stored_name = next((name for name in names if name in listed), names[0])
    return () if is_used and stored_name not in listed else model_versions(store, stored_name)


def _about(versions: tuple[ModelRecord, ...]) -> str:
    if not versions:
        return "No server that is stored has it now."
    newest = versions[0]
    parts = (newest.family, newest.parameter_size, newest.quantization, ", ".join(newest.capabilities))
    return " · ".join(part for part in parts if part)


def _version_table(versions: tuple[ModelRecord, ...]) -> Table:
    columns = ("Weights", "Server", "Parameters", "Quantisation", "Size", "Context", "Now", "First seen", "Seen")
    return Table(label="Versions", columns=columns, rows=tuple(map(_version, versions)))


def _version(each: ModelRecord) -> tuple[Cell, ...]:
    return (
        (each.digest or "unverified").removeprefix("sha256:")[:12],
        each.endpoint_name or "none yet",
        each.parameter_size,
        each.quantization,
        size(each.size_bytes),
        each.context_length,
        "yes" if each.is_current else "no",
        each.first_seen,
        each.last_seen,
    )


def _memory(uses: tuple[ModelUse, ...]) -> list[str]:
    most = dict[str, LoadedMemory]()
    for use in uses:
        seen = use.loaded
        if seen is not None and (use.endpoint not in most or seen.size_bytes > most[use.endpoint].size_bytes):
            most[use.endpoint] = seen
    return [
        f"{size(seen.size_bytes)} on {name}, {memory_basis(is_measured=True, context_length=seen.context_length)}; the "
        "most that was seen"
        for name, seen in sorted(most.items())
    ]


def _reached(uses: tuple[ModelUse, ...], rows: Sequence[BreakdownRow]) -> Table:
    """Return the mean on each metric, with its rank among all candidates of the model's runs, which is no verdict."""
    labels = {(use.run_id, use.label) for use in uses}
    cells: list[tuple[Cell, ...]] = []
    for (task, benchmark, metric, _), by_candidate in surest_values(rows).items():
        sign = 1 if next(iter(by_candidate.values())).higher_is_better else -1
        others = [sign * row.estimate.value for row in by_candidate.values()]
        for label, row in by_candidate.items():
            if (row.run_id, label) not in labels:
                continue
            number = row.estimate
            interval = (
                None if number.low is None or number.high is None else metric_interval(metric, number.low, number.high)
            )
            place = f"{1 + sum(value > sign * number.value for value in others)} of {len(others)}"
            run = Link(text=row.run_id[:8], address=f"/runs/{row.run_id}")
            cells.append(
                (metric, task or None, benchmark, label, metric_number(metric, number.value), interval, place, run)
            )
    columns = ("Metric", "Task", "Benchmark", "Candidate", "Mean", "95 % interval", "Rank of the mean", "Run")
    return Table(label="What it reached", columns=columns, rows=tuple(cells))


def _runs(uses: tuple[ModelUse, ...]) -> Table:
    rows = tuple(
        (
            Link(text=use.run_id[:8], address=f"/runs/{use.run_id}"),
            use.benchmark,
            use.label,
            (use.digest or "unverified").removeprefix("sha256:")[:12],
            use.endpoint,
            use.created_at,
        )
        for use in uses[:SHOWN_USES]
    )
    columns = ("Run", "Benchmark", "Candidate", "Weights", "Server", "When")
    return Table(label="Runs", columns=columns, rows=rows)
