"""Results as HTML tables for notebooks, with the same content as in the terminal."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import singledispatch
from itertools import islice
from typing import TypeVar

from evaluation.escaping import for_html
from evaluation.formatting import counted, quantity
from evaluation.reports.comparisons.tables import (
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
from evaluation.reports.races.page import NOT_OVER, cost_line, departure_lines, ranking_rows, rule_line
from evaluation.reports.runs.alarm_lines import alarm_lines, baselines_line
from evaluation.reports.runs.tables import caption, headline_title, partly_on_the_cpu, remarks, result_rows
from evaluation.reports.sweeps.findings import sweep_sentences
from evaluation.reports.sweeps.tables import caption as sweep_caption
from evaluation.reports.sweeps.tables import combination_rows, effect_rows, further_combinations
from evaluation.results.comparisons import ComparisonResult
from evaluation.results.listings import (
    AlertList,
    CaseList,
    CaseRow,
    ComparisonList,
    Listing,
    RunList,
    ScoreList,
    TrafficList,
)
from evaluation.results.races import RaceOutcomeResult, RaceResult
from evaluation.results.runs import InvocationResult, RunResult
from evaluation.results.sweeps import SweepResult, SweptMetric
from evaluation.results.unpaired import UnpairedComparisonResult

SHOWN_ROWS = 20
"""Rows shown of a listing: a run may have thousands of answers."""
LONGEST_TEXT = 160
_PART = "margin:.6em 0"
_CELL = "text-align:left;vertical-align:top;white-space:normal;max-width:36em"
Row = Mapping[str, str]
T = TypeVar("T")


@singledispatch
def html_of(result: object) -> str:
    """Return a result as HTML. Whatever somebody else wrote, models above all, is escaped.

    Raises:
        TypeError: it is not a result that has a page.
    """
    raise TypeError(f"a {type(result).__name__} has no page")


@html_of.register
def _invocation(result: InvocationResult) -> str:
    notes = [note for note in (partly_on_the_cpu(result.runs), baselines_line(result.runs)) if note is not None]
    return _page(*(_run_parts(run) for run in result.runs), _lines(notes))


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
    return _heading(title) + _table(rows) + _lines([caption(run)] if rows else []) + _lines(lines)


@html_of.register
def _comparisons(result: ComparisonList) -> str:
    return _page(*(_comparison_parts(each) for each in result))


@html_of.register
def _comparison(result: ComparisonResult) -> str:
    return _page(_comparison_parts(result))


def _comparison_parts(result: ComparisonResult) -> str:
    lead, *others = result.sentences
    by = f" by {result.by}" if result.by else ""
    about = f"{result.benchmark} · {counted(len(result.sides), 'side')}{by} · comparison {result.comparison_id}"
    remarks_below = [*reading_lines(result), *dropped_lines(result), *zero_lines(result), *note_lines(result)]
    return _heading(lead) + _lines([*others, about]) + _comparison_tables(result) + _lines(remarks_below)


def _comparison_tables(result: ComparisonResult) -> str:
    if not result.metrics:
        return ""
    if is_pair(result):
        about = "* headline. Differences are the first side minus the second, paired [95 %]."
        return _table(metric_rows(result)) + _lines([about])
    headline = result.metrics[0]
    gate = gate_line(headline)
    title = f"{headline.metric}, pair by pair [intervals adjusted for all pairs]"
    return (
        _table(side_rows(result))
        + _lines([*more_sides(result), *([] if gate is None else [gate])])
        + _heading(title)
        + _table(pair_rows(result, headline.metric))
    )


@html_of.register
def _unpaired(result: UnpairedComparisonResult) -> str:
    lead, *others = result.sentences
    return _page(
        _heading(lead),
        _lines(others),
        _table(unpaired_rows(result)),
        _lines([legend(result), *result.notes]),
        _table(group_rows(result)),
    )


@html_of.register
def _race(result: RaceResult) -> str:
    race = result.race
    lines = [*departure_lines(race), f"{rule_line(race)}."]
    if isinstance(race.outcome, RaceOutcomeResult):
        lines.insert(0, f"{cost_line(race.outcome)}.")
    about = f"race on {race.benchmark} · run {race.run_id} · {result.invocation.status}"
    sentence = race.outcome.sentence or NOT_OVER
    return _page(_heading(sentence), _lines([about]), _table(ranking_rows(race)), _lines(lines))


@html_of.register
def _sweep(result: SweepResult) -> str:
    lead, *others = sweep_sentences(result)
    about = f"sweep on {result.benchmark} · run {result.run_id} · {sweep_caption(result)}"
    return _page(_heading(lead), _lines([*others, about]), *map(_sweep_tables, result.metrics[:1]))


def _sweep_tables(metric: SweptMetric) -> str:
    more = further_combinations(metric)
    return _table(effect_rows(metric)) + _table(combination_rows(metric)) + _lines([more] if more else [])


@html_of.register
def _runs(result: RunList) -> str:
    return _listing(
        result,
        "run",
        lambda run: {
            "run": run.run_id,
            "status": str(run.status),
            "benchmark": run.benchmark_name,
            "started": _moment(run.started_at),
            "answered": f"{run.n_ok + run.n_own_failed:,}",
            "failed": f"{run.n_failed:,}",
            "candidates": ", ".join(run.candidates),
        },
    )


@html_of.register
def _cases(result: CaseList) -> str:
    return _listing(result, "row", _case_cells)


def _case_cells(row: CaseRow) -> Row:
    about = {"candidate": row.candidate, "case": row.case_id, "repeat": str(row.repeat)}
    failure = row.failure or row.own_failure or ""
    scores = {word: score.failure or _number(score.value) for word, score in row.scores.items()}
    return {**about, "answer": row.answer or "", "failure": failure, **scores}


@html_of.register
def _scores(result: ScoreList) -> str:
    return _listing(
        result,
        "score",
        lambda row: {
            "candidate": row.candidate,
            "case": row.case_id,
            "repeat": str(row.repeat),
            "metric": row.metric,
            "value": row.failure or _number(row.value),
            "label": row.label or "",
            "rationale": row.rationale or "",
        },
    )


@html_of.register
def _traffic(result: TrafficList) -> str:
    return _listing(
        result,
        "call",
        lambda call: {
            "started": _moment(call.started_at),
            "task": call.task,
            "candidate": call.candidate,
            "ended": "ok" if call.ok else call.error_type or "failed",
            "seconds": quantity(call.duration_s),
            "tokens in": _count(call.prompt_tokens),
            "tokens out": _count(call.output_tokens),
        },
    )


@html_of.register
def _alerts(result: AlertList) -> str:
    return _listing(
        result,
        "alert",
        lambda alert: {
            "alert": alert.alert_id,
            "state": alert.state,
            "severity": alert.severity,
            "rule": alert.rule,
            "since": _moment(alert.raised_at),
            "what": alert.sentence,
        },
    )


def _listing(results: Listing[T], unit: str, cells: Callable[[T], Row]) -> str:
    rows = [cells(each) for each in islice(results, SHOWN_ROWS)]
    left = len(results) - len(rows)
    more = f"… and {left:,} more; to_frame() has all." if left else ""
    return _page(_heading(counted(len(results), unit)), _table(rows), _lines([more] if more else []))


def _page(*parts: str) -> str:
    return f"<div>{''.join(parts)}</div>"


def _heading(text: str) -> str:
    return f'<div style="{_PART}"><b>{for_html(text)}</b></div>'


def _lines(lines: Sequence[str]) -> str:
    text = "<br>".join(map(for_html, lines))
    return f'<div style="{_PART}">{text}</div>' if lines else ""


def _table(rows: Sequence[Row]) -> str:
    """Return a table of texts, with the columns of all rows, the first row's first; empty columns are left out."""
    if not rows:
        return ""
    columns = list(dict.fromkeys(column for row in rows for column, text in row.items() if text))
    head = "".join(f'<th style="{_CELL}">{for_html(column)}</th>' for column in columns)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(_rows(rows, columns))}</tbody></table>"


def _rows(rows: Sequence[Row], columns: Sequence[str]) -> Iterator[str]:
    for row in rows:
        texts = (for_html(row.get(column, ""), max_length=LONGEST_TEXT) for column in columns)
        cells = "".join(f'<td style="{_CELL}">{text}</td>' for text in texts)
        yield f"<tr>{cells}</tr>"


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M")


def _number(value: float | None) -> str:
    return "" if value is None else quantity(value)


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
