"""The functions `monitor` and `monitor_async`."""

from functools import partial
from typing import TYPE_CHECKING, Unpack

from deployments.python.calling import call, call_async, result_of
from deployments.python.documented import refuse_unknown, with_options
from deployments.python.evaluations import as_lists, refuse_failed
from deployments.python.options import MonitorOptions

if TYPE_CHECKING:
    from evaluation.results.monitoring import MonitorResult

_OTHERS = ("db", "tell", "fail_on_alert", "without", "since", "token_budget")
"""Options that are no fields of the request, or under another name."""


@with_options(MonitorOptions)
def monitor(**options: Unpack[MonitorOptions]) -> "MonitorResult":
    """Look once at evaluations and production traffic over time; raise alerts, and resolve those that are over.

    The same as `benchwright monitor`. `load_alerts` returns the alerts, `benchwright serve` looks regularly.

    Raises:
        BenchwrightError: invalid input or setup.
        CheckFailedError: an alert is open; its `result` is what else would be returned.
        RunFailedError: the pass failed or was cancelled.
        KeyboardInterrupt: Ctrl-C, or the notebook's interrupt.
    """
    return call(partial(_monitor, options), tell=options.get("tell"))


@with_options(MonitorOptions)
async def monitor_async(**options: Unpack[MonitorOptions]) -> "MonitorResult":
    """Do what `monitor` does while the running event loop goes on.

    Raises:
        BenchwrightError: as of `monitor`.
    """
    return await call_async(partial(_monitor, options), tell=options.get("tell"))


def _monitor(options: MonitorOptions) -> "MonitorResult":
    from deployments.cli.long_commands import workplace
    from deployments.cli.monitor.run import monitor_fields, monitor_once, open_alerts
    from evaluation.requests.monitor_request import read_monitor_request

    refuse_unknown(options, MonitorOptions, function="monitor")
    lists = as_lists({"token_budget": options.get("token_budget"), "without": options.get("without")})
    fields = monitor_fields(
        since=options.get("since"),
        token_budget=lists.get("token_budget", []),
        left_out=lists.get("without"),
        **{name: value for name, value in options.items() if name not in _OTHERS},
    )
    request = read_monitor_request(fields)
    with workplace(options.get("db"), may_be_new=False) as (store, stack):
        ended = monitor_once(request, store, stack)
    result = result_of(ended, "the monitoring pass failed")
    if options.get("fail_on_alert"):
        refuse_failed([alert.alert.sentence for alert in open_alerts(result)], result)
    return result
