"""Output of `--dry-run`: the plan as a table, and its cost in a sentence or two."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from deployments.cli.terminal.output import print_json
from deployments.cli.terminal.tables import print_line
from evaluation.results.as_json import as_json as costs_as_json

if TYPE_CHECKING:
    from evaluation.forecasts.costs import Forecast
    from evaluation.forecasts.scoring_work import ScoringWork


def show_dry_run(
    forecast: "Forecast",
    afterwards: "Sequence[ScoringWork]" = (),
    *,
    as_json: bool,
    max_rows: int | None = None,
    beside: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Print the plan in order with its cost, or all of it, with `beside`, as one JSON object."""
    if as_json:
        later = [asdict(work) | {"pace": _pace(work)} for work in afterwards]
        print_json(costs_as_json(forecast) | {"asked_afterwards": later, **beside})
        return
    from evaluation.reports.forecasts import afterwards_sentence, forecast_rows, sentences

    if forecast.works:
        from deployments.cli.terminal.split_table import print_split_table

        rows = list(forecast_rows(forecast))
        print_split_table(rows[:max_rows], words=("benchmark", "endpoint", "estimated from"))
        if max_rows is not None and len(rows) > max_rows:
            print_line(f"… and {len(rows) - max_rows:,} more (--json has all).")
        print_line()
    for sentence in sentences(forecast):
        print_line(sentence)
    for work in afterwards:
        print_line(afterwards_sentence(work))


def _pace(work: "ScoringWork") -> dict[str, Any] | None:
    return asdict(work.pace) | {"newest_at": work.pace.newest_at.isoformat()} if work.pace is not None else None
