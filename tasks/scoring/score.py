"""Measures the stored answers of one candidate: what needs nothing more at once, the rest by whoever is asked."""

import time

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation import scoring
from evaluation.answering.answering import Answerers
from evaluation.asked_scoring import score_asking
from evaluation.metrics.apart import Apart
from evaluation.metrics.parsing import parse_metric
from evaluation.settings import Settings
from evaluation.store.session import Store, open_store
from tasks.stored import stored
from tasks.story import tell

SAID_EVERY_S = 15.0


@task(name="score", task_run_name="score {label} · {benchmark}", cache_policy=NO_CACHE, persist_result=False)
async def score_candidate(
    run_id: str, run_candidate_id: int, *, metrics: tuple[str, ...], label: str, benchmark: str
) -> scoring.ScoreCounts:
    """Counts of what was scored; every score is stored.

    Args:
        run_id: The run.
        run_candidate_id: Its candidate.
        metrics: Those that ask for nothing, as `parse_metric` reads them.
        label: For the task run's name alone.
        benchmark: Likewise.
    """
    with Apart(limit_s=Settings().metric_timeout_s) as apart:  # who is cancelled ends what is at work there
        return await stored(_score, run_id, run_candidate_id, metrics, apart)


def _score(run_id: str, run_candidate_id: int, metrics: tuple[str, ...], apart: Apart) -> scoring.ScoreCounts:
    with open_store(Settings().database) as store:
        parsed = [parse_metric(text) for text in metrics]
        return scoring.score_candidate(store, run_id, run_candidate_id, parsed, apart=apart)


_ASKING: dict[str, tuple[Store, Answerers]] = {}


class Asking:
    """Lets the tasks of this process find the open store and whoever answers, by a name."""

    def __init__(self, name: str, store: Store, answerers: Answerers) -> None:
        self._name = name
        self._open = (store, answerers)

    def __enter__(self) -> str:
        _ASKING[self._name] = self._open
        return self._name

    def __exit__(self, *exc: object) -> None:
        _ASKING.pop(self._name, None)


@task(name="score", task_run_name="score {label} · {benchmark} by {who}", cache_policy=NO_CACHE, persist_result=False)
async def score_by_asking(
    asking: str, run_id: str, run_candidate_id: int, *, metrics: tuple[str, ...], label: str, benchmark: str, who: str
) -> scoring.ScoreCounts:
    """Counts of what was scored now; every score is stored. What has a score already is left as it is.

    Args:
        asking: The name under which `Asking` is open in this process.
        run_id: The run.
        run_candidate_id: Its candidate.
        metrics: Those that ask, as `parse_metric` reads them.
        label: For the task run's name alone.
        benchmark: Likewise.
        who: Likewise: the model that is asked, or the sandbox.
    """
    store, answerers = _ASKING[asking]
    said_at = time.monotonic()

    def say(n_scored: int) -> None:
        nonlocal said_at
        if time.monotonic() - said_at >= SAID_EVERY_S:
            said_at = time.monotonic()
            tell("%s has scored %d times: %s · %s", who, n_scored, label, benchmark)

    parsed = [parse_metric(text) for text in metrics]
    with Apart(limit_s=Settings().metric_timeout_s) as apart:
        return await score_asking(store, run_id, run_candidate_id, parsed, answerers, on_scored=say, apart=apart)
