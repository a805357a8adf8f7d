"""The request of an evaluation that is spread over workers, for a process that knows only its id."""

from evaluation.errors import ConfigurationError
from evaluation.requests.evaluation_request import read_request
from evaluation.requests.run_share import Share
from evaluation.settings import Settings
from evaluation.store.address import parse_url, shown
from evaluation.store.plans import find_invocation
from evaluation.store.session import is_file_missing, open_store
from tasks.plan import PlanRequest
from tasks.store_calls import call_store


async def request_for_share(invocation_id: str, share: Share, flow_run_id: str) -> PlanRequest:
    """Return a share of the request with that invocation id.

    Raises:
        ConfigurationError: there is none in the results database of this process.
    """
    return await call_store(_stored_request, invocation_id, share, flow_run_id)


def _stored_request(invocation_id: str, share: Share, flow_run_id: str) -> PlanRequest:
    url = Settings().database
    if is_file_missing(url):
        raise _not_ours(f"there is no database {shown(parse_url(url))}")
    with open_store(url, upgrade_from_empty=False) as store:
        invocation = find_invocation(store, invocation_id)
        if invocation is None:
            raise _not_ours(f"{store.shown_url} holds no invocation {invocation_id!r}")
    request = read_request(invocation.request, source="the stored request")
    return PlanRequest(request=request, invocation_id=invocation_id, flow_run_id=flow_run_id, share=share)


def _not_ours(problem: str) -> ConfigurationError:
    return ConfigurationError(
        problem, "Workers must use the same results database as the evaluation: BENCHWRIGHT_DATABASE_URL, or the block."
    )
