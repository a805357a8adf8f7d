"""Checks that an evaluation can be spread over workers, made before it or its dry run begins."""

from typing import TYPE_CHECKING

from deployments.cli.arguments import read_settings
from deployments.cli.terminal.output import print_status
from deployments.prefect_home import configured_api
from evaluation.errors import ConfigurationError

if TYPE_CHECKING:
    from deployments.prefect_server import PrefectServer
    from evaluation.requests.evaluation_request import EvaluationRequest
    from evaluation.store.session import Store

NO_SERVER = (
    "--spread needs a Prefect server shared with the workers, and PREFECT_API_URL is not set",
    "Set PREFECT_API_URL to it, or leave --spread out.",
)
DEPLOY = "Create it with `benchwright deploy --work-pool NAME`, and start `prefect worker start --pool NAME`."


def check_spread_of_dry_run(request: "EvaluationRequest", store: "Store") -> None:
    """Check as `check_spread` does, for a dry run: no server is started for it.

    Raises:
        ConfigurationError: as for `check_spread`.
    """
    from deployments.prefect_server import prefect_server

    if request.spread < 2:
        return
    if configured_api() is None:
        raise ConfigurationError(*NO_SERVER)
    with prefect_server() as server:
        check_spread(request, server, store)


def check_spread(request: "EvaluationRequest", server: "PrefectServer", store: "Store") -> None:
    """Refuse what workers cannot do, and warn of what they can do on one machine only.

    Args:
        request: The request.
        server: The Prefect server.
        store: Store of the results.

    Raises:
        ConfigurationError: no permanent Prefect server, no deployment there, or a model server of this process only.
    """
    if request.spread < 2:
        return
    if server.is_ours or server.is_shared:
        raise ConfigurationError(*NO_SERVER)
    if request.embedded and not read_settings().embedded_url:
        raise ConfigurationError(
            "--spread cannot use the embedded server of this command: workers cannot reach it",
            "Start it for all with `benchwright serve`, or leave --spread out.",
        )
    server.wait(print_status)
    _must_have_deployment()
    if store.dialect == "sqlite":
        print_status(
            "the results are in a SQLite file, which only workers on this machine can share; for others, set "
            "BENCHWRIGHT_DATABASE_URL=postgresql://… here and for every worker"
        )


def _must_have_deployment() -> None:
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    from tasks.spreading.share_flow_runs import DEPLOYMENT

    with get_client(sync_client=True) as client:
        try:
            client.read_deployment_by_name(DEPLOYMENT)
        except ObjectNotFound:
            raise ConfigurationError(f"the Prefect server has no deployment {DEPLOYMENT!r}", DEPLOY) from None
