"""The page of two runs' difference: what changed in options, weights, prompt and code, and in the figures."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.pages.rendering import PageRoute, address
from deployments.api.pages.section_page import section_page
from deployments.api.pages.sections import Cell, Link, Section, Table, drawn, filled
from deployments.cli.arguments import open_stored
from deployments.python.changes import diff_runs
from evaluation.charts.chart import IntervalChart, IntervalRow, plotted_number
from evaluation.comparisons.time_change_words import ONE_RUN_EACH, change_sentence, lead_sentence
from evaluation.comparisons.time_changes import changes_between
from evaluation.formatting import counted, measured
from evaluation.records.runs import RunRecord, RunSummary
from evaluation.results.estimates import shown_estimate
from evaluation.results.experiments import CandidateDiff, DiffedMetric, Pairs, RunDiff
from evaluation.results.time_changes import TimeChange
from evaluation.store.runs import find_run
from evaluation.store.summaries import list_runs

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
MOST_RUNS, MOST_CASES = 60, 50
OTHER_CASES = (
    "The means of each run are over its own cases, so that their difference says nothing; a comparison has the "
    "difference on the cases in common."
)
NO_CASE_IN_COMMON = "The means of each run are over its own cases, and no case is in both: nothing compares the two."
_Name = Annotated[str, Query(max_length=200)]


@router.get("/differences")
def differences(request: Request, first: _Name = "", second: _Name = "") -> Response:
    """Show how two runs differ; where one is named or none, offer the others."""
    if not (first and second):
        return _choice(request, first)
    diff = diff_runs(first, second)
    old, new = diff.run_ids
    labels = [(each.label, each.second_label or each.label) for each in diff.candidates]
    with open_stored(None) as store:
        changes = changes_between(store, (old, new), labels)
    compare = Link(text="Compare the two case by case", address=address("/start/compare", runs=[old, new]))
    return section_page(
        request,
        f"{old[:8]} and {new[:8]}",
        filled(_speed(changes), *_sections(diff)),
        up=Link(text="Two runs", address=address("/differences", first=old)),
        about="The first run beside the second one. Only speed is tested here; the rest is not tested against chance: "
        f"a comparison (benchwright compare {old[:8]} {new[:8]}) does that.",
        lead=" ".join(line for line in (lead_sentence(changes), _lead(diff)) if line),
        choices=(
            Link(text=f"Run {old[:8]}", address=f"/runs/{old}"),
            Link(text=f"Run {new[:8]}", address=f"/runs/{new}"),
            *([compare] if diff.n_common_cases else []),
            Link(text="The other way round", address=address("/differences", first=new, second=old)),
        ),
        empty="Nothing differs.",
    )


def _address(run: RunSummary, chosen: RunRecord | None) -> str:
    """Return the address of the difference to the chosen run, the earlier one first, so that it says what changed."""
    if chosen is None:
        return address("/differences", first=run.run_id)
    pair = (run.run_id, chosen.plan.run_id)
    if run.created_at > chosen.created_at:
        pair = pair[::-1]
    return address("/differences", first=pair[0], second=pair[1])


def _choice(request: Request, first: str) -> Response:
    """Offer runs; those of the same benchmark come first."""
    with open_stored(None) as store:
        chosen = find_run(store, first) if first else None
        own = None if chosen is None else chosen.plan
        listed = [run for run in list_runs(store, limit=MOST_RUNS) if own is None or run.run_id != own.run_id]
    if own is not None:
        listed.sort(key=lambda run: run.benchmark_name != own.benchmark_name)
    rows = tuple(
        (
            Link(text=run.run_id[:8], address=_address(run, chosen)),
            run.benchmark_name,
            run.n_ok,
            run.created_at,
        )
        for run in listed
    )
    table = Table(label="Runs", columns=("Run", "Benchmark", "Answers", "Begun"), rows=rows)
    return section_page(
        request,
        f"What differs from run {own.run_id[:8]}" if own else "What differs between two runs",
        filled(Section(table=table)),
        up=Link(text="Run", address=f"/runs/{own.run_id}") if own else None,
        about="Choose the run to hold beside it." if chosen else "Choose the first run.",
        empty="There is no other run." if chosen else "There are no runs.",
        next_step="`benchwright evaluate` makes one.",
    )


def _lead(diff: RunDiff) -> str:
    n_changed = len(diff.parameters) + sum(len(each.parameters) for each in diff.candidates)
    both = counted(len(diff.candidates), "candidate")
    differ = "differs" if n_changed == 1 else "differ"
    return f"{counted(n_changed, 'setting')} {differ}; {both} in both runs, asked {diff.cases_words}."


def _speed(changes: Sequence[TimeChange]) -> Section:
    """Return a sentence for each figure of speed: whether it changed, with the interval."""
    return Section(
        title="Slower or faster?",
        lines=tuple(map(change_sentence, changes)),
        after=(ONE_RUN_EACH, "Trends show whether a change lasts, and since when.") if changes else (),
        links=(Link(text="Trends", address="/trends"),) if changes else (),
    )


def _sections(diff: RunDiff) -> Iterator[Section]:
    yield Section(title="What differs between the runs", table=_parameters("Settings of the runs", diff.parameters))
    for candidate in diff.candidates:
        yield from _candidate(diff, candidate)
    for words, labels in (("first", diff.only_in_first), ("second", diff.only_in_second)):
        if labels:
            yield Section(title=f"Only in the {words} run", lines=tuple(labels))


def _parameters(label: str, pairs: Pairs) -> Table:
    rows = tuple((name, _shown(old), _shown(new)) for name, (old, new) in pairs.items())
    return Table(label=label, columns=("Setting", "First run", "Second run"), rows=rows)


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={item}" for name, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value)) or "–"
    return "–" if value is None else str(value)


def _candidate(diff: RunDiff, candidate: CandidateDiff) -> Iterator[Section]:
    same = () if candidate.parameters else ("Nothing differs in its settings.",)
    yield Section(
        title=candidate.title,
        lines=same,
        table=_parameters(f"Settings of {candidate.title}", candidate.parameters),
    )
    yield Section(
        table=Table(
            label=f"Figures of {candidate.title}",
            columns=("Metric", "First run", "Second run", "Difference"),
            rows=tuple(_scores(candidate)),
        ),
        pictures=drawn(_chart(candidate)),
        links=tuple(_cases(diff, candidate)),
        after=_after(diff) if candidate.scores else (),
    )


def _scores(candidate: CandidateDiff) -> Iterator[tuple[Cell, ...]]:
    for each in candidate.scores:
        change = None if each.difference is None else measured(each.difference, signed=True)
        yield each.metric, _number(each.first), _number(each.second), change


def _number(metric: DiffedMetric) -> str:
    number = plotted_number({"value": metric.value, "low": metric.low, "high": metric.high})
    return "–" if number is None else shown_estimate(number)


def _after(diff: RunDiff) -> tuple[str, ...]:
    if diff.has_equal_cases:
        return ()
    return (OTHER_CASES if diff.n_common_cases else NO_CASE_IN_COMMON,)


def _chart(candidate: CandidateDiff) -> IntervalChart | None:
    """Return the headline of both runs with its intervals."""
    headline = candidate.cases.metric if candidate.cases is not None else None
    score = next((each for each in candidate.scores if each.metric == headline), None)
    if score is None:
        return None
    numbers = {
        name: plotted_number({"value": each.value, "low": each.low, "high": each.high})
        for name, each in (("first run", score.first), ("second run", score.second))
    }
    rows = [
        IntervalRow(label=name, number=number, shown=shown_estimate(number))
        for name, number in numbers.items()
        if number is not None
    ]
    if not rows:
        return None
    return IntervalChart(
        title=f"{score.metric} of {candidate.title}",
        description="The mean in both runs with its interval",
        rows=tuple(rows),
        x_title=f"{score.metric}, 95 % interval over cases",
    )


def _cases(diff: RunDiff, candidate: CandidateDiff) -> Iterator[Link]:
    cases = candidate.cases
    if cases is None:
        return
    for words, case_ids in (("better", cases.better), ("worse", cases.worse)):
        for case_id in case_ids[: MOST_CASES // 2]:
            yield Link(
                text=f"{words} in the second run: case {case_id}",
                address=address(f"/runs/{diff.run_ids[1]}/case", id=case_id, against=""),
            )
