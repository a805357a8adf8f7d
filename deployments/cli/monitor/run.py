"""Running `benchwright monitor`, from its options to the exit code: the flow is run and its findings are shown."""

import asyncio
import re
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployments.cli.callers import open_prefect_server
from deployments.cli.evaluate.run import exit_code
from deployments.cli.flow_runs import TerminatedError, run_flow, tell_of_own_server
from deployments.cli.long_commands import code_of_signal, workplace
from deployments.cli.terminal.output import (
    EXIT_CHECK_FAILED,
    EXIT_DONE,
    EXIT_RUN_FAILED,
    error_as_json,
    print_json,
    print_status,
)
from deployments.cli.terminal.run_results import say_line
from deployments.cli.terminal.split_table import print_split_table
from evaluation.errors import BenchwrightError, ConfigurationError
from evaluation.reports.monitoring.page import statistics_rows
from evaluation.results.as_json import as_json as results_as_json

if TYPE_CHECKING:
    from evaluation.requests.monitor_request import MonitorRequest
    from evaluation.results.monitoring import MonitorResult, OpenAlertResult
    from evaluation.store.session import Store

_DAYS = {"d": 1, "w": 7}


def read_days(text: str | None) -> int | None:
    """Return the number of days in `30d` or `4w`.

    Raises:
        ConfigurationError: it is neither.
    """
    if text is None:
        return None
    match = re.fullmatch(r"([0-9]{1,6})([dw])", text.strip())
    if match is None:
        raise ConfigurationError(f"--since {text!r} is not a duration", "For example 30d or 4w.")
    return int(match[1]) * _DAYS[match[2]]


def read_budgets(words: Sequence[str]) -> list[dict[str, Any]] | None:
    """Return the budgets given as `500` and `TASK=500`; None where there is none.

    Raises:
        ConfigurationError: one is neither.
    """
    budgets = []
    for text in words:
        task, _, number = text.rpartition("=")
        if not re.fullmatch(r"[0-9]{1,12}", number.strip()):
            raise ConfigurationError(
                (f"--token-budget {text!r} is not a budget"), "For example 800 or flash_analysis=800."
            )
        budgets.append({"task": task.strip(), "tokens_per_call": int(number)})
    return budgets or None


def monitor_fields(*, since: str | None, token_budget: Sequence[str], **options: Any) -> dict[str, Any]:
    """Return the options of a monitoring pass as fields of `MonitorRequest`; unset ones are left out.

    Raises:
        ConfigurationError: a duration or a budget that is none.
    """
    fields = {"since_days": read_days(since), "token_budgets": read_budgets(token_budget), **options}
    return {name: value for name, value in fields.items() if value is not None}


def run_monitor(fields: Mapping[str, Any], *, database: str | None, as_json: bool, fail_on_alert: bool) -> int:
    """Return the exit code of one look.

    Args:
        fields: Fields of `MonitorRequest`.
        database: Where everything is; None: the default.
        as_json: Print the result as JSON.
        fail_on_alert: 1 where an alert is open.

    Raises:
        BenchwrightError: invalid input or setup.
    """
    from evaluation.requests.monitor_request import read_monitor_request

    request = read_monitor_request(fields)
    try:
        with workplace(database, may_be_new=False) as (store, stack):
            return _run(request, store, stack, as_json=as_json, fail_on_alert=fail_on_alert)
    except (KeyboardInterrupt, TerminatedError) as end:
        if as_json:
            print_json({"status": "cancelled"})
        return code_of_signal(end)


@dataclass(frozen=True, kw_only=True)
class EndedMonitor:
    """How a monitoring pass ended."""

    code: int
    """Exit code of the command."""
    result: "MonitorResult | None"
    """None if it did not end well."""
    broken_by: BenchwrightError | None = None
    """Error that ended it; None: no error, or none of ours."""


def monitor_once(request: "MonitorRequest", store: "Store", stack: ExitStack) -> EndedMonitor:
    """Return how a monitoring pass ended, which the flow made in this process.

    Args:
        request: What to look for.
        store: Where the runs and the calls are.
        stack: Ends what is started for it.

    Raises:
        BenchwrightError: invalid input or setup.
    """
    server = open_prefect_server(stack)
    tell_of_own_server(server)

    from flows.monitor import monitor  # while the server starts

    def begin() -> Any:
        return monitor(request, return_state=True)

    state, number = run_flow(begin, uuid.uuid4().hex, store, server, has_ended=lambda: False)
    code, error = exit_code(state, number, has_runs=False)
    result = asyncio.run(state.aresult()) if code == EXIT_DONE and state is not None else None
    return EndedMonitor(code=code, result=result, broken_by=error)


def _run(request: "MonitorRequest", store: "Store", stack: ExitStack, *, as_json: bool, fail_on_alert: bool) -> int:
    ended = monitor_once(request, store, stack)
    if ended.result is not None:
        _show(ended.result, as_json=as_json)
        return EXIT_CHECK_FAILED if fail_on_alert and open_alerts(ended.result) else ended.code
    if as_json:
        problem = {} if ended.broken_by is None else {"error": error_as_json(ended.broken_by)}
        print_json({"status": "failed" if ended.code == EXIT_RUN_FAILED else "cancelled", **problem})
    return ended.code


def open_alerts(result: "MonitorResult") -> "list[OpenAlertResult]":
    """Return the alerts that nobody has acknowledged."""
    return [alert for alert in result.alerts if alert.state == "open"]


def _show(result: "MonitorResult", *, as_json: bool) -> None:
    if as_json:
        print_json(results_as_json(result))
        return
    say_line(result.sentence, style="bold")
    for alert_result in result.alerts:
        alert = alert_result.alert
        marks = [
            word for word, holds in (("new", alert_result.is_new), ("silenced", alert_result.is_silenced)) if holds
        ]
        marks += ["acknowledged"] if alert_result.state == "acknowledged" else []
        marked = f" ({', '.join(marks)})" if marks else ""
        say_line(f"{alert.severity} {alert.alert_id} {alert.rule}{marked}: {alert.sentence}")
    for resolved in result.resolved:
        say_line(f"resolved {resolved.alert.alert_id} {resolved.alert.rule}: {resolved.alert.sentence}")
    for insight in result.insights:
        say_line(f"note: {insight.text}")
    if rows := statistics_rows(result):
        say_line()
        print_split_table(rows, words=("task", "candidate"))
    if result.alerts:
        print_status(
            "  next: `benchwright alerts ack ID` acknowledges an alert; `benchwright alerts silence` silences it."
        )
