"""The page of a monitoring pass: problems, changes and the newest figures. All names in it are escaped."""

from collections.abc import Callable, Mapping, Sequence

from evaluation.escaping import as_markdown_code, for_markdown
from evaluation.formatting import percent, quantity
from evaluation.reports.monitoring.narrow_tables import as_narrow_tables
from evaluation.results.monitoring import MonitorResult, OpenAlertResult, SeriesResult

_ARROWS = {"rising": " ↗", "falling": " ↘", "steady": ""}
_NOTHING = "–"


def monitor_as_markdown(result: MonitorResult) -> str:
    """Return the result of a monitoring pass as one page."""
    parts = ["# Monitor", f"> {for_markdown(result.sentence)}"]
    parts += ["## Alerts", _lines([alert_line(alert) for alert in result.alerts])] if result.alerts else []
    if result.resolved:
        over = [f"~~{for_markdown(resolved.alert.sentence)}~~" for resolved in result.resolved]
        parts += ["## Resolved", _lines(over)]
    if result.taken_up:
        parts += ["## Restarted", _lines([for_markdown(sentence) for sentence in result.taken_up])]
    if result.insights:
        parts += ["## Worth knowing", _lines([for_markdown(insight.text) for insight in result.insights])]
    if result.statistics:
        parts += ["## Newest figures", *_tables(statistics_rows(result))]
    return "\n\n".join(parts) + "\n"


def alert_line(result: OpenAlertResult) -> str:
    """Return an alert as one line of Markdown."""
    alert = result.alert
    marks = [f"**{for_markdown(alert.severity)}: {for_markdown(alert.rule)}**"]
    if result.is_new:
        marks.append("*new*")
    if result.is_silenced:
        marks.append("*silenced*")
    if result.state == "acknowledged":
        marks.append("*acknowledged*")
    run = f" · run {as_markdown_code(alert.run_id)}" if alert.run_id else ""
    since = f"since {alert.raised_at:%Y-%m-%d %H:%M} UTC · alert {as_markdown_code(alert.alert_id)}"
    sentence = for_markdown(alert.sentence.removesuffix("."))
    return f"{' '.join(marks)} {sentence} · {since}{run}"


def statistics_rows(result: MonitorResult) -> list[dict[str, str]]:
    """Return the newest figures, one row per candidate and task; an arrow marks a clear rise or fall."""
    return [_row(series) for series in result.statistics]


def _row(series: SeriesResult) -> dict[str, str]:
    arrows = {trend.quantity: _ARROWS[trend.direction] for trend in series.trends if trend.is_clear}
    newest = series.newest

    def shown(name: str, words: Callable[[float], str] = quantity) -> str:
        value = getattr(newest, name)
        return _NOTHING if value is None else f"{words(value)}{arrows.get(name, '')}"

    return {
        "task": series.benchmark or f"{series.task} (live)",
        "candidate": series.candidate,
        "calls": f"{newest.n:,}",
        "success": shown("success", percent),
        "quality": shown("quality"),
        "seconds": shown("duration_s"),
        "tokens": shown("tokens"),
        "tokens/s": shown("tokens_per_s"),
        "call tokens/s": shown("call_tokens_per_s"),
        "cached": f"{newest.n_cached:,}" if newest.n_cached else _NOTHING,
        "J": shown("energy_j"),
    }


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _tables(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Return each task's name and figures; columns without any value are left out."""
    parts = []
    for task in dict.fromkeys(row["task"] for row in rows):
        of_task = [row for row in rows if row["task"] == task]
        columns = [name for name in rows[0] if name != "task" and any(row[name] != _NOTHING for row in of_task)]
        figures = [{name: row[name] for name in columns} for row in of_task]
        parts += [f"### {for_markdown(task)}", *as_narrow_tables(figures, name="candidate")]
    return parts
