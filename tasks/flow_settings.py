"""Settings that every flow applies first: the results database, and the files it may read."""

from prefect.context import FlowRunContext

from evaluation.files.allowed_files import file_limit, limit_files
from evaluation.requests.request_model import RequestT
from evaluation.settings import Settings
from tasks.block_values import use_results_database
from tasks.mistakes_in_logs import log_mistakes_by_message


async def use_own_settings(request: RequestT, *, is_checked: bool = False) -> RequestT:
    """Apply the operator's settings to this flow run: its results database, and the files its request may name.

    From here on its log says a user's mistake without a traceback.

    A flow started on the command line may name every file. The parameters of a deployment's run come from Prefect's
    API, including forms, and may name files in one folder only.

    Args:
        request: The flow's request.
        is_checked: Whoever began the flow has checked what it asks for, or goes on with what was asked before: a
            metric that is gone since then is no reason to leave answers that are to be had.

    Returns:
        The request with absolute paths; those of a deployment's run are relative to that folder.

    Raises:
        ConfigurationError: nothing could do what is requested, which is said before anything is read or asked.
    """
    log_mistakes_by_message()
    if _is_of_a_deployment():
        limit_files(Settings().form_files)
    await use_results_database()
    limit = file_limit()
    whole = request.with_whole_paths(None if limit is None else limit.folder)
    if not is_checked:
        whole.refuse_impossible()
    return whole


def _is_of_a_deployment() -> bool:
    context = FlowRunContext.get()
    flow_run = None if context is None else context.flow_run
    return flow_run is not None and flow_run.deployment_id is not None
