"""Running `benchwright monitor`, from its options to the exit code: the flow is run and its findings are shown."""

import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from deployments.cli.flow_runs import TerminatedError
from deployments.cli.long_commands import code_of_signal, workplace
from deployments.cli.single_flows import EndedFlow, failure_as_json, run_to_end
from deployments.cli.terminal.output import EXIT_CHECK_FAILED, print_json, print_status
from deployments.cli.terminal.run_results import say_line
from deployments.cli.terminal.split_table import print_split_table
from evaluation.errors import ConfigurationError
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


def monitor_once(request: "MonitorRequest", store: "Store", stack: ExitStack) -> "EndedFlow[MonitorResult]":
    """Return how a monitoring pass ended, which the flow made in this process.

    Args:
        request: What to look for.
        store: Where the runs and the calls are.
        stack: Ends what is started for it.

    Raises:
        BenchwrightError: invalid input or setup.
    """

    def load() -> Any:
        from flows.monitor import monitor

        return monitor

    return run_to_end(load, request, store, stack)


def _run(request: "MonitorRequest", store: "Store", stack: ExitStack, *, as_json: bool, fail_on_alert: bool) -> int:
    ended = monitor_once(request, store, stack)
    if ended.result is not None:
        _show(ended.result, as_json=as_json)
        return EXIT_CHECK_FAILED if fail_on_alert and open_alerts(ended.result) else ended.code
    if as_json:
        print_json(failure_as_json(ended))
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
