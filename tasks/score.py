"""Measures the stored answers of one candidate. Cheap beside a task run, so one task for all of them."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation import scoring
from evaluation.metrics.parsing import parse_metric
from evaluation.settings import Settings
from evaluation.store.session import open_store
from tasks.stored import stored


@task(name="score", task_run_name="score {label} · {benchmark}", cache_policy=NO_CACHE, persist_result=False)
async def score_candidate(
    run_id: str, run_candidate_id: int, *, metrics: tuple[str, ...], label: str, benchmark: str
) -> scoring.ScoreCounts:
    """Counts of what was scored; every score is stored.

    Args:
        run_id: The run.
        run_candidate_id: Its candidate.
        metrics: As a benchmark names them: `regex(pattern='^yes')`.
        label: For the task run's name alone.
        benchmark: Likewise.
    """
    return await stored(_score, run_id, run_candidate_id, metrics)


def _score(run_id: str, run_candidate_id: int, metrics: tuple[str, ...]) -> scoring.ScoreCounts:
    with open_store(Settings().database) as store:
        return scoring.score_candidate(store, run_id, run_candidate_id, [parse_metric(text) for text in metrics])
