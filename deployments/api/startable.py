"""What can be started, and how: each kind of work is a flow run of its deployment, whoever asks for it."""

from collections.abc import Mapping
from typing import Any

from deployments.api import flow_runs
from deployments.api.unknown_names import refuse_unknown_names
from deployments.cli.arguments import open_stored
from evaluation.files.allowed_files import files_elsewhere
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.requests.grading_request import GradingRequest
from evaluation.requests.monitor_request import MonitorRequest
from evaluation.requests.race_request import RaceRequest
from evaluation.requests.request_model import RequestModel
from evaluation.requests.review_request import ReviewRequest
from evaluation.requests.sweep_request import SweepRequest
from evaluation.requests.upgrade_request import UpgradeDecision, UpgradeWatch
from evaluation.requests.writing_request import WritingRequest
from evaluation.results.flow_runs import FlowRunStatus
from selection.retrain_request import RetrainRequest

KINDS: Mapping[str, tuple[str, type[RequestModel]]] = {
    "evaluations": ("evaluate", EvaluationRequest),
    "comparisons": ("compare", ComparisonRequest),
    "races": ("race", RaceRequest),
    "sweeps": ("sweep", SweepRequest),
    "reviews": ("review", ReviewRequest),
    "monitor-passes": ("monitor", MonitorRequest),
    "traffic-gradings": ("grade-traffic", GradingRequest),
    "upgrade-looks": ("watch-upgrades", UpgradeWatch),
    "retrainings": ("retrain", RetrainRequest),
    "written-suites": ("write-benchmark", WritingRequest),
}
"""What can be started through the API: the path, the deployment and the request, which is that of the form."""
REQUESTS: Mapping[str, type[RequestModel]] = {**dict(KINDS.values()), "decide-upgrade": UpgradeDecision}
"""The request of each deployment that people start."""


def start_request(deployment: str, request: RequestModel, *, idempotency_key: str | None = None) -> FlowRunStatus:
    """Start a flow run of a deployment with a valid request.

    Args:
        deployment: Its name.
        request: Of its kind.
        idempotency_key: A second start with it returns the first flow run.

    Raises:
        BenchwrightError: what is asked for is possible on no server, or nothing has a name that is given.
        ProblemError: 503, no Prefect server or no such deployment there; 422, Prefect refuses the request.
    """
    with files_elsewhere():  # the worker's
        request.refuse_impossible()
    with open_stored(None) as store:
        refuse_unknown_names(request, store)
    return flow_runs.start(deployment, parameters_of(request), idempotency_key=idempotency_key)


def parameters_of(request: RequestModel) -> dict[str, Any]:
    """Return a request as the parameters of its flow: what was left out stays left out."""
    return {"request": request.model_dump(mode="json", exclude_unset=True)}
