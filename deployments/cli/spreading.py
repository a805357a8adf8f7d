"""May this evaluation be spread over workers? Found out before anything is begun."""

from typing import TYPE_CHECKING

from deployments.cli.arguments import read_settings
from evaluation.errors import ConfigurationError

if TYPE_CHECKING:
    from deployments.prefect_server import PrefectServer
    from evaluation.request import EvaluationRequest

DEPLOY = "Bring it there with `benchwright deploy --work-pool NAME`, and start `prefect worker start --pool NAME`."


def check_spread(request: "EvaluationRequest", server: "PrefectServer") -> None:
    """Refuses what workers could not do.

    Raises:
        ConfigurationError: no standing Prefect server, no deployment there, or a model server of this process alone.
    """
    if request.spread < 2:
        return
    if server.is_ours or server.is_shared:
        raise ConfigurationError(
            "--spread needs a Prefect server that workers use too, and none is named",
            "Set PREFECT_API_URL to it, or leave --spread out.",
        )
    if request.embedded and not read_settings().embedded_url:
        raise ConfigurationError(
            "--spread cannot use the embedded server of this command: workers do not know it",
            "Start it for all with `benchwright serve`, or leave --spread out.",
        )
    server.wait()
    _must_have_deployment()


def _must_have_deployment() -> None:
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    from tasks.spreading.children import DEPLOYMENT

    with get_client(sync_client=True) as client:
        try:
            client.read_deployment_by_name(DEPLOYMENT)
        except ObjectNotFound:
            raise ConfigurationError(f"the Prefect server has no deployment {DEPLOYMENT!r}", DEPLOY) from None
