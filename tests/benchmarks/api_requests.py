"""Does the HTTP interface answer made-up requests as its description says?

    python tests/benchmarks/api_requests.py --requests 1000
    python tests/benchmarks/api_requests.py --requests 1000 --prefect

With `--prefect` a Prefect server of its own stands beside it, with all deployments, no worker, and a flow run under the
id of the examples.

schemathesis makes requests of the description, valid and invalid ones, the same number to every operation, and checks
the status, the media type, the headers and the content of each answer, and that no invalid one is accepted. The store
has something under every name in the examples. Exit code 1: an answer was an internal error, or not as described.
"""

import argparse
import math
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from measuring import ROOT, print_result

sys.path.insert(0, str(ROOT / "tests" / "support"))

from api_examples import n_kinds, send_examples
from api_store import fill_for_examples
from free_ports import free_port
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect_database import give_database

from deployments.api.app import create_app
from deployments.api.examples import BODIES, PARAMETERS
from deployments.definitions import DEFINITIONS
from deployments.deploying import DeployRequest, deploy
from deployments.forms import Choices, choices_in
from deployments.helper_process import start_helper
from evaluation.store.session import keep_open, open_store


@contextmanager
def prefect_beside(folder: Path, choices: Choices) -> Iterator[dict[str, str]]:
    """Run a Prefect server with all deployments; yield the id of a flow run by the id in the examples."""
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    give_database(folder / "prefect")
    env = {**os.environ, "PREFECT_HOME": str(folder / "prefect"), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    argv = [sys.executable, "-P", "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    server = start_helper(argv, log_path=folder / "prefect.log", env=env)
    try:
        server.wait_for_health(f"{api}/health", timeout_s=300)
        with temporary_settings({PREFECT_API_URL: api}):
            with get_client(sync_client=True) as client:
                client.create_work_pool(WorkPoolCreate(name="gpus", type="process"))
            deploy(DEFINITIONS, DeployRequest(choices=choices, work_pool="gpus"))
            with get_client(sync_client=True) as client:
                deployment = client.read_deployment_by_name("evaluate/evaluate")
                begun = client.create_flow_run_from_deployment(
                    deployment.id, parameters={"request": BODIES["EvaluationRequest"]}
                )
            yield {PARAMETERS["flow_run"]: str(begun.id)}
    finally:
        server.stop(timeout_s=10)


def main() -> int:
    """Send the requests, print what was wrong and one line of JSON, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--prefect", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        database = str(Path(folder) / "benchwright.db")
        with open_store(database) as filled:
            fill_for_examples(filled)
            choices = choices_in(filled)
        ids = stack.enter_context(prefect_beside(Path(folder), choices)) if options.prefect else {}
        store = keep_open(database)
        app = create_app(store)
        n_examples = 2 * math.ceil(options.requests / n_kinds(app))
        sent = send_examples(app, n_examples, random_seed=options.seed, ids=ids)
        store.close()
    for name, fault in sent.faults.items():
        print(f"{name}\n{fault}\n")
    values: dict[str, Any] = {
        "prefect": options.prefect,
        "requests": sent.statuses.total(),
        "succeeded_operations": len(sent.succeeded),
        "statuses": {str(status): n for status, n in sorted(sent.statuses.items())},
        "faults": len(sent.faults),
    }
    words = ", ".join(f"{status}: {n}" for status, n in values["statuses"].items())
    print_result("api_requests", values, f"{values['requests']:,} requests, {len(sent.faults)} faults; {words}")
    return 1 if sent.faults else 0


if __name__ == "__main__":
    sys.exit(main())
