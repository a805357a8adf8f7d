"""Comparisons that a flow run made, by the links to their reports that it published."""

import re
from uuid import UUID

from deployments.api import flow_runs
from evaluation.reports.page_links import Shown

_REPORT_OF = re.compile(rf"/{Shown.COMPARISON}/([0-9a-f]{{12}})/report\b")
_MOST = 50


def comparisons_of_flow_run(flow_run_id: str) -> tuple[str, ...]:
    """Return the ids of the comparisons whose reports a flow run links to, in the order in which it made them.

    Raises:
        ProblemError: 503, no Prefect server.
    """
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId, ArtifactFilterKey
    from prefect.client.schemas.sorting import ArtifactSort

    reports = ArtifactFilter(
        flow_run_id=ArtifactFilterFlowRunId(any_=[UUID(flow_run_id)]), key=ArtifactFilterKey(any_=["report"])
    )
    with flow_runs.prefect_client() as client:
        artifacts = client.read_artifacts(artifact_filter=reports, sort=ArtifactSort.CREATED_DESC, limit=_MOST)
    matches = (_REPORT_OF.search(str(each.data)) for each in reversed(artifacts))
    return tuple(dict.fromkeys(match[1] for match in matches if match is not None))
