"""The page of a run's scores: how they are distributed, by tag and cluster, and how its metrics go together."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.pages.rendering import PageRoute, address
from deployments.api.pages.runs import figures_in_use
from deployments.api.pages.section_page import section_page
from deployments.api.pages.sections import Link, Section, drawn, filled, table_of
from deployments.cli.arguments import open_stored
from deployments.python.analytics import load_correlations
from evaluation.answer_matrix.figures import metrics_of
from evaluation.errors import UnknownNameError
from evaluation.reports.runs.reliability import (
    TITLE,
    reliabilities,
    reliability_chart,
    reliability_lines,
    reliability_rows,
)
from evaluation.reports.runs.score_charts import (
    MOST_TAGS,
    correlation_map,
    correlation_rows,
    distribution,
    distribution_rows,
    tag_map,
    tag_rows,
    tagged_cases,
)
from evaluation.shared_readings import SharedReadings
from evaluation.store.benchmarks import case_clusters
from evaluation.store.confidences import confidences_of
from evaluation.store.runs import find_run

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
_readings = SharedReadings()


@router.get("/runs/{run}/scores")
def scores(request: Request, run: str, metric: Annotated[str, Query(max_length=500)] = "") -> Response:
    """Show the scores of a run in their distribution, by tag, and beside those of its other metrics."""
    with open_stored(None) as store:
        record = find_run(store, run)
        metrics = metrics_of(record)
        name = metric or next(iter(metrics))
        if name not in metrics:
            raise UnknownNameError(f"metric of run {record.plan.run_id}", name, list(metrics))
        figures = figures_in_use.get(store, record, name, metrics[name])
        version = record.plan.benchmark_version
        tags = {case.case_id: case.tags for case in figures_in_use.questions.get(store, version)}
        clusters = {case_id: (cluster,) for case_id, cluster in case_clusters(store, version).items()}
        reliable = reliabilities(figures, confidences_of(store, figures.run_candidate_ids))
    groups = {"tag": tagged_cases(tags, figures), "cluster": tagged_cases(clusters, figures)}
    related = _readings.get(record.plan.run_id, lambda: load_correlations(record.plan.run_id))
    base = f"/runs/{record.plan.run_id}"
    return section_page(
        request,
        f"{name} of {record.plan.benchmark_name}",
        filled(
            Section(
                title="Distribution",
                table=table_of("Cases by score", distribution_rows(figures)),
                pictures=drawn(distribution(figures)),
            ),
            Section(
                title=TITLE,
                table=table_of("Scores by confidence", reliability_rows(name, reliable)),
                pictures=drawn(reliability_chart(name, reliable)),
                after=tuple(reliability_lines(reliable)),
            ),
            *(
                Section(
                    title=f"By {word}",
                    table=table_of(f"Means by {word}", tag_rows(figures, cases)),
                    pictures=drawn(tag_map(figures, cases)),
                    after=(f"Means over cases with their 95 % intervals; the {MOST_TAGS} largest groups at most.",)
                    if cases
                    else (),
                )
                for word, cases in groups.items()
            ),
            Section(
                title="How the metrics go together",
                table=table_of("Correlations", correlation_rows(related)),
                pictures=drawn(correlation_map(related)),
                after=("Spearman's rank correlation over cases; chance is judged over all pairs together.",)
                if correlation_rows(related)
                else (),
            ),
        ),
        up=Link(text="Run", address=base),
        about=f"Run {record.plan.run_id}.",
        choices=[
            Link(text=each, address=address(f"{base}/scores", metric="" if each == next(iter(metrics)) else each))
            for each in metrics
        ],
        empty="Nothing is scored yet.",
        next_step=f"`benchwright score {record.plan.run_id[:8]} --metric NAME` scores stored answers.",
    )
