"""A look for people: what is wrong, what changed, and the newest figures. All names in it are somebody else's."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.escaping import as_markdown_code, for_markdown
from evaluation.formatting import percent, quantity
from evaluation.reports.monitoring.narrow_tables import as_narrow_tables

Values = Mapping[str, Any]
_ARROWS = {"rising": " ↗", "falling": " ↘", "steady": ""}
_NOTHING = "–"


def monitor_as_markdown(result: Values) -> str:
    """Return the look as one page.

    Args:
        result: As `evaluation.monitoring.result` gives it.
    """
    parts = ["# Monitor", f"> {for_markdown(result['sentence'])}"]
    parts += ["## Alerts", _alerts(result["alerts"])] if result["alerts"] else []
    if result["resolved"]:
        parts += ["## Resolved", _lines([f"~~{for_markdown(alert['sentence'])}~~" for alert in result["resolved"]])]
    if result.get("taken_up"):
        parts += ["## Restarted", _lines([for_markdown(sentence) for sentence in result["taken_up"]])]
    if result["insights"]:
        parts += ["## Worth knowing", _lines([for_markdown(insight["text"]) for insight in result["insights"]])]
    if result["statistics"]:
        parts += ["## Newest figures", *_tables(statistics_rows(result))]
    return "\n\n".join(parts) + "\n"


def _alerts(alerts: Sequence[Values]) -> str:
    return _lines([alert_line(alert) for alert in alerts])


def alert_line(alert: Values) -> str:
    """Return an alert as one line of Markdown."""
    marks = [f"**{for_markdown(alert['severity'])}: {for_markdown(alert['rule'])}**"]
    if alert.get("is_new"):
        marks.append("*new*")
    if alert.get("is_silenced"):
        marks.append("*silenced*")
    if alert["state"] == "acknowledged":
        marks.append("*acknowledged*")
    run = f" · run {as_markdown_code(alert['run_id'])}" if alert["run_id"] else ""
    since = f"since {alert['raised_at'][:16].replace('T', ' ')} UTC · alert {as_markdown_code(alert['alert_id'])}"
    sentence = for_markdown(alert["sentence"].removesuffix("."))
    return f"{' '.join(marks)} {sentence} · {since}{run}"


def statistics_rows(result: Values) -> list[dict[str, str]]:
    """Return the newest figures, a row for each candidate on each task; an arrow where one clearly rises or falls."""
    return [_row(series) for series in result["statistics"]]


def _row(series: Values) -> dict[str, str]:
    arrows = {trend["quantity"]: _ARROWS[trend["direction"]] for trend in series["trends"] if trend["is_clear"]}
    newest = series["newest"]

    def shown(name: str, words: Any = quantity) -> str:
        value = newest[name]
        return _NOTHING if value is None else f"{words(value)}{arrows.get(name, '')}"

    return {
        "task": series["benchmark"] or f"{series['task']} (live)",
        "candidate": series["candidate"],
        "calls": f"{newest['n']:,}",
        "success": shown("success", percent),
        "quality": shown("quality"),
        "seconds": shown("duration_s"),
        "tokens": shown("tokens"),
        "tokens/s": shown("tokens_per_s"),
        "call tokens/s": shown("call_tokens_per_s"),
        "cached": f"{newest['n_cached']:,}" if newest["n_cached"] else _NOTHING,
        "J": shown("energy_j"),
    }


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _tables(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """For each task its name and its figures; what is known of no candidate has no column."""
    parts = []
    for task in dict.fromkeys(row["task"] for row in rows):
        of_task = [row for row in rows if row["task"] == task]
        columns = [name for name in rows[0] if name != "task" and any(row[name] != _NOTHING for row in of_task)]
        figures = [{name: row[name] for name in columns} for row in of_task]
        parts += [f"### {for_markdown(task)}", *as_narrow_tables(figures, name="candidate")]
    return parts
