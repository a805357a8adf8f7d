"""Results as rows of short texts: the same for the terminal, a table artifact and Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

SPEED_COLUMNS = {"latency_s": "latency", "tokens_per_s": "tokens/s"}


def shown_estimate(numbers: Mapping[str, Any] | None, *, digits: int = 3) -> str:
    """`0.390 [0.364, 0.417]`: a value never stands without its interval; `–` where there is none."""
    if not numbers or numbers.get("value") is None:
        return "–"
    value = f"{numbers['value']:.{digits}f}"
    if numbers.get("low") is None:
        return f"{value} [no interval]"
    return f"{value} [{numbers['low']:.{digits}f}, {numbers['high']:.{digits}f}]"


def result_columns(run: Mapping[str, Any]) -> list[str]:
    """The columns of a run's table: the headline metric first."""
    names = list(run["metrics"])
    return [run["headline"], *(name for name in names if name != run["headline"])]


def result_rows(run: Mapping[str, Any]) -> list[dict[str, str]]:
    """One row a candidate, best headline value first."""
    return [_row(run, candidate) for candidate in ranked(run)]


def ranked(run: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The candidates by the value of the headline metric, best first; those without one last."""
    return sorted(run["candidates"], key=lambda candidate: -_headline_value(run, candidate))


def _headline_value(run: Mapping[str, Any], candidate: Mapping[str, Any]) -> float:
    from evaluation.metrics import METRICS

    numbers = candidate["metrics"].get(run["headline"])
    if numbers is None:
        return float("-inf")
    value = float(numbers["value"])
    name = run["headline"]
    return value if name not in METRICS or METRICS[name].higher_is_better else -value


def _row(run: Mapping[str, Any], candidate: Mapping[str, Any]) -> dict[str, str]:
    row = {"candidate": str(candidate["candidate"])}
    for name in result_columns(run):
        row[name] = shown_estimate(candidate["metrics"].get(name))
    for name, title in SPEED_COLUMNS.items():
        row[title] = _short(candidate["metrics"].get(name), "s" if name == "latency_s" else "")
    n_generations = run["n_cases"] * run["repeats"]
    row["answered"] = f"{candidate['n_ok']}/{n_generations}"
    row["failed"] = shown_failures(candidate)
    return row


def _short(numbers: Mapping[str, Any] | None, unit: str) -> str:
    if not numbers:
        return "–"
    value = float(numbers["value"])
    return (f"{value:.0f}" if value >= 100 else f"{value:.3g}") + (f" {unit}" if unit else "")


def shown_failures(candidate: Mapping[str, Any]) -> str:
    """Server failures and the candidate's own, in words."""
    words = [f"{count} {kind}" for kind, count in candidate["failures"].items()]
    words += [f"{count} {kind} (own)" for kind, count in candidate["own_failures"].items()]
    if candidate["status"] == "failed":
        words.insert(0, "given up")
    return ", ".join(words) or "0"


def as_markdown_table(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    """A Markdown table of texts that are Markdown already."""
    head = "| " + " | ".join(columns) + " |\n|" + " --- |" * len(columns)
    return "\n".join([head, *("| " + " | ".join(row[column] for column in columns) + " |" for row in rows)])
