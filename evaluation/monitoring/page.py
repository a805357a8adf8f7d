"""A look for people: what is wrong, what changed, and the newest figures. All names in it are somebody else's."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.monitoring.wording import quantity, share
from evaluation.reports.escaping import as_markdown_code, for_markdown
from evaluation.reports.tables import as_markdown_table

Values = Mapping[str, Any]
_ICONS = {"critical": "🔴", "warning": "🟠", "notice": "🔵"}
_NOTHING = "–"


def monitor_as_markdown(result: Values) -> str:
    """The look as one page.

    Args:
        result: As `evaluation.monitoring.result` gives it.
    """
    parts = ["# Monitor", f"> {for_markdown(result['sentence'])}"]
    parts += ["## Alerts", _alerts(result["alerts"])] if result["alerts"] else []
    if result["resolved"]:
        parts += ["## Resolved", _lines([f"~~{for_markdown(one['sentence'])}~~" for one in result["resolved"]])]
    if result["statistics"]:
        parts += ["## Newest figures", _table(statistics_rows(result))]
    return "\n\n".join(parts) + "\n"


def _alerts(alerts: Sequence[Values]) -> str:
    return _lines([alert_line(one) for one in alerts])


def alert_line(alert: Values) -> str:
    """An alert as one line of Markdown."""
    marks = [_ICONS.get(alert["severity"], ""), f"**{for_markdown(alert['rule'])}**"]
    if alert.get("is_new"):
        marks.append("*new*")
    if alert.get("is_silenced"):
        marks.append("*silenced*")
    if alert["state"] == "acknowledged":
        marks.append("*acknowledged*")
    run = f" · run {as_markdown_code(alert['run_id'])}" if alert["run_id"] else ""
    since = f"since {alert['raised_at'][:16].replace('T', ' ')} UTC, alert {as_markdown_code(alert['alert_id'])}"
    return f"{' '.join(marks)} {for_markdown(alert['sentence'])} {since}{run}"


def statistics_rows(result: Values) -> list[dict[str, str]]:
    """The newest figures, a row for each candidate on each task."""
    return [
        {
            "task": one["benchmark"] or f"{one['task']} (live)",
            "candidate": one["candidate"],
            "calls": f"{one['newest']['n']:,}",
            "success": _shown(one["newest"]["success"], share),
            "quality": _shown(one["newest"]["quality"]),
            "seconds": _shown(one["newest"]["duration_s"]),
            "tokens": _shown(one["newest"]["tokens"]),
            "tokens/s": _shown(one["newest"]["tokens_per_s"]),
            "J": _shown(one["newest"]["energy_j"]),
        }
        for one in result["statistics"]
    ]


def _shown(value: float | None, words: Any = quantity) -> str:
    return _NOTHING if value is None else str(words(value))


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(rows: Sequence[Mapping[str, str]]) -> str:
    columns = [for_markdown(name) for name in rows[0]]
    return as_markdown_table(
        columns, [{for_markdown(name): for_markdown(text) for name, text in row.items()} for row in rows]
    )
