"""Tasks that score the stored answers of one candidate: some metrics at once, the others by a backend."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.metrics.metric_process import MetricProcess
from evaluation.metrics.parsing import parse_metric
from evaluation.scoring import candidate_scoring
from evaluation.scoring.backend_scoring import score_asking
from evaluation.settings import Settings
from evaluation.store.session import Store
from tasks.scoring.backends import opened
from tasks.store_calls import compute_with_store


@task(name="score", task_run_name="score {label} · {benchmark}", cache_policy=NO_CACHE, persist_result=False)
async def score_candidate(
    run_id: str, run_candidate_id: int, *, metrics: tuple[str, ...], label: str, benchmark: str
) -> candidate_scoring.ScoreCounts:
    """Score the answers of one candidate, and store every score; return the counts.

    Args:
        run_id: The run.
        run_candidate_id: The candidate of the run.
        metrics: Metrics that need no requests, in the form that `parse_metric` reads.
        label: Used only in the task run's name.
        benchmark: Used only in the task run's name.
    """
    with MetricProcess(limit_s=Settings().metric_timeout_s) as apart:  # who is cancelled ends what is at work there
        return await compute_with_store(_score, run_id, run_candidate_id, metrics, apart)


def _score(
    store: Store, run_id: str, run_candidate_id: int, metrics: tuple[str, ...], apart: MetricProcess
) -> candidate_scoring.ScoreCounts:
    parsed = [parse_metric(text) for text in metrics]
    return candidate_scoring.score_candidate(store, run_id, run_candidate_id, parsed, apart=apart)


@task(name="score", task_run_name="score {label} · {benchmark} by {who}", cache_policy=NO_CACHE, persist_result=False)
async def score_by_asking(
    asking: str, run_id: str, run_candidate_id: int, *, metrics: tuple[str, ...], label: str, benchmark: str, who: str
) -> candidate_scoring.ScoreCounts:
    """Score answers without a score, and store every score; return the counts of the new scores.

    Args:
        asking: Name from `asking.asking` in this process.
        run_id: The run.
        run_candidate_id: The candidate of the run.
        metrics: Metrics that need requests, in the form that `parse_metric` reads.
        label: Used only in the task run's name.
        benchmark: Used only in the task run's name.
        who: The model that is asked, or the sandbox; used only in the task run's name.
    """
    backend = opened(asking)
    n_before = backend.how_far.n_ended

    def note(n_scored: int) -> None:
        backend.how_far.n_ended = n_before + n_scored

    parsed = [parse_metric(text) for text in metrics]
    with MetricProcess(limit_s=Settings().metric_timeout_s) as apart:
        return await score_asking(
            backend.store, run_id, run_candidate_id, parsed, backend.answerers, on_scored=note, apart=apart
        )
