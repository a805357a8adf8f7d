"""What a run's page has beside its results: pictures, its comparisons, and the search that it is a part of."""

from collections.abc import Mapping
from dataclasses import dataclass

from deployments.api.pages.drawn_charts import DrawnChart
from deployments.api.pages.rendering import address
from deployments.api.pages.report_links import report_links
from deployments.api.pages.run_sections import run_sections
from deployments.api.pages.sections import Link, Section, drawn
from deployments.cli.arguments import open_stored
from deployments.python.stored import load_run
from evaluation.charts.chart import BoxChart
from evaluation.formatting import size
from evaluation.records.loaded_memory import measured_memory, memory_basis
from evaluation.reports.runs.charts import latencies, quality_against_cost
from evaluation.results.runs import RunResult
from evaluation.shared_readings import SharedReadings
from evaluation.store.comparisons import comparison_summaries
from evaluation.store.models import list_models
from evaluation.store.search_runs import search_kind
from evaluation.store.session import Store

MOST_COMPARISONS = 5
_readings = SharedReadings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Memory of a candidate's model."""

    shown: str
    basis: str
    """Whether it was measured, at which context length, or estimated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunExtras:
    """What a run's page has beside its results."""

    comparisons: tuple[Link, ...]
    """The newest, each with what it found."""
    all_comparisons: str
    """Address of the list."""
    pictures: tuple[DrawnChart, ...]
    memory: Mapping[str, Memory]
    """Memory of each candidate's model, by label, as far as it is known."""
    reports: tuple[Link, ...]
    """A file in each format."""
    sections: tuple[Section, ...]
    """What else there is to see below the pictures."""
    search: Link | None
    """What the race or the sweep found whose run it is; None: it is neither."""


def run_extras(run: RunResult) -> RunExtras:
    """Return what belongs to a run beside its results; of several people who look at it at once, one reads."""
    with open_stored(None) as store:
        compared = comparison_summaries(store, limit=MOST_COMPARISONS, run_id=run.run_id)
        kind = search_kind(store, run.run_id)
        memory = _memory(store, run)
        pictures = drawn(quality_against_cost(run), _latencies(store, run))
        sections = _readings.get(("sections", store.url, run.run_id), lambda: run_sections(store, run))
    return RunExtras(
        comparisons=tuple(
            Link(text=each.sentence or each.comparison_id, address=f"/comparisons/{each.comparison_id}")
            for each in compared
        ),
        all_comparisons=address("/comparisons", run=run.run_id),
        pictures=pictures,
        sections=sections,
        memory=memory,
        reports=report_links("runs", run.run_id),
        search=None if kind is None else Link(text=f"What the {kind} found", address=f"/runs/{run.run_id}/{kind}"),
    )


def _memory(store: Store, run: RunResult) -> dict[str, Memory]:
    """Return the memory of each candidate's model that was seen loaded in the run, else the size of its file."""
    sizes = {(each.name, each.digest): each.size_bytes for each in list_models(store, include_retired=True)}
    memories = dict[str, Memory]()
    for candidate in run.candidates:
        seen = measured_memory(candidate.details)
        n_bytes = sizes.get((candidate.model, candidate.digest)) if seen is None else seen.size_bytes
        if n_bytes:
            num_ctx = candidate.options.get("num_ctx")
            context = None if seen is None else seen.context_length or (num_ctx if isinstance(num_ctx, int) else None)
            basis = memory_basis(is_measured=seen is not None, context_length=context)
            memories[candidate.label] = Memory(shown=size(n_bytes), basis=basis)
    return memories


def shared_run(run: str) -> RunResult:
    """Return the result of a run, read once for all who look at it at the same time."""
    return _readings.get(("run", run), lambda: load_run(run))


def _latencies(store: Store, run: RunResult) -> BoxChart | None:
    return _readings.get((store.url, run.run_id), lambda: latencies(store, run))
