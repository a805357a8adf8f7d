"""The monitoring flow: checks candidates' results over time, raises alerts and sends notifications."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.runtime import flow_run

from evaluation.requests.monitor_request import MonitorRequest
from evaluation.results.monitoring import MonitorResult
from tasks.flow_settings import use_own_settings
from tasks.interruption import run_interruptibly
from tasks.monitoring.notify import notify
from tasks.monitoring.publish import publish_monitor
from tasks.monitoring.restart_dead_runs import restart_dead
from tasks.monitoring.update_alerts import run_monitoring_pass

_AS_IT_IS = MonitorRequest()


@flow(name="monitor", flow_run_name="monitor", persist_result=False)
async def monitor(request: MonitorRequest = _AS_IT_IS) -> Any:
    """Check evaluations and production traffic, raise alerts, and notify whoever is subscribed.

    Args:
        request: What is looked at, and what is too much.
    """
    request = await use_own_settings(request)
    return await run_interruptibly(UUID(str(flow_run.id)), lambda: _monitor(request))


async def _monitor(request: MonitorRequest) -> MonitorResult:
    taken_up = await restart_dead()
    result = await run_monitoring_pass(request)
    get_run_logger().info(result.sentence)
    result = replace(result, taken_up=tuple(taken_up), n_notified=await notify())
    await publish_monitor(result)
    return result
