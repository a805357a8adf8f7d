"""The program `python -m deployments.guarded.engine`: one flow run in a process, as Prefect's engine runs it.

It runs only our own flows. A flow run that was cancelled before it began is ended here: the worker that started this
process heard of it too early to end it, and Prefect's engine leaves it at `Cancelling`.
"""

import os
import runpy
from uuid import UUID

from deployments.guarded.own_flows import run_own_flows_only
from evaluation.files.private_files import only_for_this_user


def main() -> None:
    """Run the flow run that Prefect names in the environment, and exit as its engine does."""
    only_for_this_user()
    os.environ.pop("PREFECT__FLOW_ENTRYPOINT", None)  # it would be loaded instead
    run_own_flows_only()
    flow_run_id = os.environ.get("PREFECT__FLOW_RUN_ID", "")
    try:
        runpy.run_module("prefect.engine", run_name="__main__")
    except SystemExit as ended:
        if not ended.code or not _is_ended_as_cancelled(flow_run_id):
            raise


def _is_ended_as_cancelled(flow_run_id: str) -> bool:
    """End a flow run that is being cancelled, and return whether it is one."""
    import httpx
    from prefect.client.orchestration import get_client
    from prefect.exceptions import PrefectException
    from prefect.states import Cancelled

    try:
        with get_client(sync_client=True) as client:
            state = client.read_flow_run(UUID(flow_run_id)).state
            if state is None or not state.is_cancelling():
                return False
            client.set_flow_run_state(UUID(flow_run_id), Cancelled(message="cancelled before it began"))
    except (ValueError, httpx.HTTPError, PrefectException):
        return False  # the engine has said in its log what ended it
    return True


if __name__ == "__main__":
    main()
