"""Waiting until everything that this process sent to Prefect's server has arrived there."""

import time

import httpx

from deployments.prefect_home import login


def settle(api: str, flow_run_id: str | None, *, timeout_s: float) -> None:
    """Wait until everything that this process sent to the server has arrived, so that the server can end without loss.

    Task runs are written some time after they ended: wait until the flow run shows none that is not final, and no more
    arrive.
    """
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    deadline = time.monotonic() + timeout_s
    for worker in (EventsWorker, APILogWorker):
        worker.drain_all(timeout=max(0.1, deadline - time.monotonic()))
    before: tuple[int, int] | None = None
    while flow_run_id and time.monotonic() < deadline:
        try:
            now = _task_runs(api, flow_run_id)
        except httpx.ConnectError:  # it has gone, and takes nothing in any more
            return
        if now is not None and now == before and now[1] == 0:
            return
        before = now
        time.sleep(0.4)


def _task_runs(api: str, flow_run_id: str) -> tuple[int, int] | None:
    """Return all task runs of a flow run, and those that are not final; None: the server is too busy to answer."""
    of_run = {"flow_runs": {"id": {"any_": [flow_run_id]}}}
    open_ = {"task_runs": {"state": {"type": {"any_": ["PENDING", "RUNNING", "SCHEDULED"]}}}}
    with httpx.Client(base_url=api, trust_env=False, timeout=5, auth=login(api)) as client:
        try:
            answers = [client.post("task_runs/count", json=body) for body in (of_run, {**of_run, **open_})]
            return (
                (int(answers[0].json()), int(answers[1].json()))
                if all(answer.is_success for answer in answers)
                else None
            )
        except httpx.ConnectError:
            raise
        except (httpx.HTTPError, ValueError):
            return None
