"""Settings that every flow applies first: the results database, and the files it may read."""

from prefect.context import FlowRunContext

from evaluation.files.allowed_files import limit_files
from evaluation.settings import Settings
from tasks.block_values import use_results_database


async def use_own_settings() -> None:
    """Apply the operator's settings to this flow run: its results database, and the files its request may name.

    A flow started on the command line may name every file. The parameters of a deployment's run come from Prefect's
    API, including forms, and may name files in one folder only.
    """
    if _is_of_a_deployment():
        limit_files(Settings().form_files)
    await use_results_database()


def _is_of_a_deployment() -> bool:
    context = FlowRunContext.get()
    flow_run = None if context is None else context.flow_run
    return flow_run is not None and flow_run.deployment_id is not None
