"""Results as HTML tables for notebooks, with the same content as in the terminal."""

from evaluation.formatting import counted
from evaluation.reports.comparisons.tables import (
    FOR_ALL_PAIRS,
    dropped_lines,
    gate_line,
    is_pair,
    metric_rows,
    more_sides,
    note_lines,
    pair_rows,
    reading_lines,
    side_rows,
    zero_lines,
)
from evaluation.reports.comparisons.unpaired import group_rows, legend, unpaired_rows
from evaluation.reports.notebook_parts import heading, html_of, page, paragraph, table
from evaluation.reports.races.page import NOT_OVER, cost_line, departure_lines, ranking_rows, rule_line
from evaluation.reports.runs.alarm_lines import alarm_lines, baselines_line
from evaluation.reports.runs.stages import READING, TITLE, stage_tables
from evaluation.reports.runs.tables import caption, headline_title, partly_on_the_cpu, remarks, result_rows
from evaluation.reports.sweeps.findings import sweep_sentences
from evaluation.reports.sweeps.tables import caption as sweep_caption
from evaluation.reports.sweeps.tables import combination_rows, effect_rows, further_combinations
from evaluation.results.comparisons import ComparisonResult
from evaluation.results.listings import ComparisonList
from evaluation.results.races import RaceOutcomeResult, RaceResult
from evaluation.results.runs import InvocationResult, RunResult
from evaluation.results.sweeps import SweepResult, SweptMetric
from evaluation.results.unpaired import UnpairedComparisonResult


@html_of.register
def _invocation(result: InvocationResult) -> str:
    notes = [note for note in (partly_on_the_cpu(result.runs), baselines_line(result.runs)) if note is not None]
    return page(*(_run_parts(run) for run in result.runs), paragraph(notes))


@html_of.register
def _run(result: RunResult) -> str:
    return html_of(InvocationResult(status=result.status, invocation_id=result.invocation_id, runs=(result,)))


def _run_parts(run: RunResult) -> str:
    repeats = f" × {run.n_repeats} repeats" if run.n_repeats > 1 else ""
    lines = [*remarks(run), *(f"Alarm: {line}" for line in alarm_lines(run))]
    lines += [f"{each.label} was given up: {each.given_up_reason}" for each in run.candidates if each.given_up_reason]
    lines += [f"{run.status}: {run.reason}"] if run.reason else []
    title = f"{run.benchmark} · {counted(run.n_cases, 'case')}{repeats} · run {run.run_id} · {run.status}"
    headline = headline_title(run)
    rows = [{f"{name} *" if name == headline else name: text for name, text in row.items()} for row in result_rows(run)]
    results = heading(title) + table(rows) + paragraph([caption(run)] if rows else []) + paragraph(lines)
    return results + _stage_parts(run)


def _stage_parts(run: RunResult) -> str:
    tables = stage_tables(run)
    parts = [heading(f"{TITLE}: {each.label}") + table(each.rows) + paragraph(each.remarks) for each in tables]
    return "".join([*parts, paragraph([READING] if tables else [])])


@html_of.register
def _comparisons(result: ComparisonList) -> str:
    return page(*(_comparison_parts(each) for each in result))


@html_of.register
def _comparison(result: ComparisonResult) -> str:
    return page(_comparison_parts(result))


def _comparison_parts(result: ComparisonResult) -> str:
    lead, *others = result.sentences
    by = f" by {result.by}" if result.by else ""
    about = f"{result.benchmark} · {counted(len(result.sides), 'side')}{by} · comparison {result.comparison_id}"
    remarks_below = [*reading_lines(result), *dropped_lines(result), *zero_lines(result), *note_lines(result)]
    return heading(lead) + paragraph([*others, about]) + _comparison_tables(result) + paragraph(remarks_below)


def _comparison_tables(result: ComparisonResult) -> str:
    if not result.metrics:
        return ""
    if is_pair(result):
        about = "* headline. Differences are the first side minus the second, paired [95 %]."
        return table(metric_rows(result)) + paragraph([about])
    headline = result.metrics[0]
    gate = gate_line(headline)
    title = f"{headline.metric}, pair by pair"
    return (
        table(side_rows(result))
        + paragraph([*more_sides(result), *([] if gate is None else [gate])])
        + heading(title)
        + table(pair_rows(result, headline.metric))
        + paragraph([FOR_ALL_PAIRS] if len(result.pairs_by(headline.metric)) > 1 else [])
    )


@html_of.register
def _unpaired(result: UnpairedComparisonResult) -> str:
    lead, *others = result.sentences
    return page(
        heading(lead),
        paragraph(others),
        table(unpaired_rows(result)),
        paragraph([legend(result), *result.notes]),
        table(group_rows(result)),
    )


@html_of.register
def _race(result: RaceResult) -> str:
    race = result.race
    lines = [*departure_lines(race), f"{rule_line(race)}."]
    if isinstance(race.outcome, RaceOutcomeResult):
        lines.insert(0, f"{cost_line(race.outcome)}.")
    about = f"race on {race.benchmark} · run {race.run_id} · {result.invocation.status}"
    sentence = race.outcome.sentence or NOT_OVER
    return page(heading(sentence), paragraph([about]), table(ranking_rows(race)), paragraph(lines))


@html_of.register
def _sweep(result: SweepResult) -> str:
    lead, *others = sweep_sentences(result)
    about = f"sweep on {result.benchmark} · run {result.run_id} · {sweep_caption(result)}"
    return page(heading(lead), paragraph([*others, about]), *map(_sweep_tables, result.metrics[:1]))


def _sweep_tables(metric: SweptMetric) -> str:
    more = further_combinations(metric)
    return table(effect_rows(metric)) + table(combination_rows(metric)) + paragraph([more] if more else [])
