"""The task that makes a monitoring pass over the stored results, and raises, updates and resolves alerts."""

from datetime import UTC, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.monitoring.dead_runs import FlowRunEnd
from evaluation.monitoring.monitoring_pass import run_pass
from evaluation.monitoring.result import monitor_result
from evaluation.requests.monitor_request import MonitorRequest
from evaluation.results.monitoring import MonitorResult
from evaluation.store.alert_silences import list_silences
from evaluation.store.alerts import list_alerts, record_look
from evaluation.store.session import Store
from tasks.monitoring.scheduled import scheduled_ends
from tasks.store_calls import call_with_store


@task(name="look", task_run_name="check the measurements", cache_policy=NO_CACHE, persist_result=False)
async def run_monitoring_pass(request: MonitorRequest) -> MonitorResult:
    """Return what was found; alerts are raised, updated and resolved.

    Args:
        request: What is looked at, and what is too much.
    """
    return await call_with_store(_look, request, await scheduled_ends())


def _look(store: Store, request: MonitorRequest, scheduled: tuple[FlowRunEnd, ...]) -> MonitorResult:
    seen = run_pass(store, request, datetime.now(UTC), scheduled=scheduled)
    changes = record_look(store, seen.findings, judged=seen.judged, looks=seen.looks, moment=seen.moment)
    return monitor_result(seen, changes, list_alerts(store), list_silences(store))
