"""The page of a monitoring pass: problems, changes and the newest figures. All names in it are escaped."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from evaluation.escaping import as_markdown_code, for_markdown
from evaluation.formatting import percent, quantity
from evaluation.reports.markdown_tables import as_markdown_table
from evaluation.reports.monitoring.figures import FIGURES
from evaluation.results.monitoring import MonitorResult, OpenAlertResult, SeriesResult

WIDTH_PX = 700
"""Width of a table in pixels in a window of 1,280."""
_LETTER_PX, _EDGES_PX = 8, 24
_LONGEST_NAME = 40


def as_narrow_tables(rows: Sequence[Mapping[str, str]], *, name: str) -> list[str]:
    """Return the rows as Markdown, with their columns spread over as many tables as they need.

    Args:
        rows: Texts, not escaped; all with the same columns.
        name: The column that identifies the row: it is repeated in every table, shortened in its middle where it is
            long.
    """
    shown = short_names([row[name] for row in rows])
    named = [{**row, name: shown[row[name]]} for row in rows]
    return [_table(named, [name, *columns]) for columns in _spread(named, name)]


def _spread(rows: Sequence[Mapping[str, str]], name: str) -> list[list[str]]:
    """Return the columns of each table, without the one that identifies the row."""
    free_px = WIDTH_PX - _width_px(rows, name)
    tables: list[list[str]] = [[]]
    used_px = 0
    for column in rows[0]:
        if column == name:
            continue
        width_px = _width_px(rows, column)
        if tables[-1] and used_px + width_px > free_px:
            tables.append([])
            used_px = 0
        tables[-1].append(column)
        used_px += width_px
    return tables


def _width_px(rows: Sequence[Mapping[str, str]], column: str) -> int:
    return _LETTER_PX * max(len(column), *(len(row[column]) for row in rows)) + _EDGES_PX


def _table(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> str:
    return as_markdown_table(
        [for_markdown(column) for column in columns],
        [{for_markdown(column): for_markdown(row[column]) for column in columns} for row in rows],
    )


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Return the shown form of each name, by name.

    Long names are cut in the middle, unless two would then look the same.
    """
    cut = {name: _cut(name) for name in names}
    n_alike = Counter(cut.values())
    return {name: short if n_alike[short] == 1 else name for name, short in cut.items()}


def _cut(name: str) -> str:
    if len(name) <= _LONGEST_NAME:
        return name
    n_last = (_LONGEST_NAME - 1) // 2
    return f"{name[: _LONGEST_NAME - 1 - n_last]}…{name[-n_last:]}"


_ARROWS = {"rising": " ↗", "falling": " ↘", "steady": ""}
_NOTHING = "–"
_COLUMNS = ("success", "quality", "duration_s", "tokens", "tokens_per_s", "call_tokens_per_s")


def monitor_as_markdown(result: MonitorResult, *, alerts_page: str = "") -> str:
    """Return the result of a monitoring pass as one page.

    Args:
        result: The result.
        alerts_page: Markdown link to Benchwright's own page of alerts; empty: there is none.
    """
    parts = ["# Monitor", f"> {for_markdown(result.sentence)}"]
    parts += ["## Alerts", _lines([alert_line(alert) for alert in result.alerts])] if result.alerts else []
    parts += [alerts_page] if alerts_page and result.alerts else []
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
    began = "" if alert.began_at is None else f"since {alert.began_at:%Y-%m-%d %H:%M} UTC · "
    noticed = f"noticed {alert.raised_at:%Y-%m-%d %H:%M} UTC · alert {as_markdown_code(alert.alert_id)}"
    sentence = for_markdown(alert.sentence.removesuffix("."))
    return f"{' '.join(marks)} {sentence} · {began}{noticed}{run}"


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
        **{FIGURES[name].column: shown(name, percent if name == "success" else quantity) for name in _COLUMNS},
        "cached": f"{newest.n_cached:,}" if newest.n_cached else _NOTHING,
        FIGURES["energy_j"].column: shown("energy_j"),
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
