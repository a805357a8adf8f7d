"""The program `python -m deployments.guarded.worker worker start …`: Prefect's process worker, restricted.

The arguments are those of `prefect`. Its flow runs cannot choose a command: command, environment and working directory
of a flow run are this worker's own; those set by a flow run, a deployment, an automation or the work pool's template
are not used.
"""

import sys
from typing import TYPE_CHECKING, Any

from deployments.guarded.own_flows import engine_command, run_own_flows_only
from evaluation.files.private_files import only_for_this_user

if TYPE_CHECKING:
    from prefect.workers.process import ProcessJobConfiguration


def main(words: list[str]) -> None:
    """Run Prefect's command line with these arguments."""
    only_for_this_user()
    run_own_flows_only()
    from prefect.workers.process import ProcessWorker

    ProcessWorker.job_configuration = own_configuration()
    from prefect.cli import app

    sys.argv = ["prefect", *words]
    app()


def own_configuration() -> "type[ProcessJobConfiguration]":
    """Return the configuration with which this worker starts a flow run, whatever a template or its variables say."""
    from prefect.workers.process import ProcessJobConfiguration

    class OwnJobConfiguration(ProcessJobConfiguration):
        """Job configuration with our engine as command, the worker's environment, and a temporary folder."""

        @classmethod
        async def from_template_and_values(
            cls, base_job_template: dict[str, Any], values: dict[str, Any], client: Any = None
        ) -> "OwnJobConfiguration":
            return cls(command=engine_command())

    return OwnJobConfiguration


if __name__ == "__main__":
    main(sys.argv[1:])
