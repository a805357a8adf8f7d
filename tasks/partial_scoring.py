"""Scores and estimates of a run that was ended early.

They cover finished answers only, and only as many as can be scored within a second.
"""

import asyncio
import contextlib
import threading

from prefect import get_run_logger

from evaluation.metrics.metric_process import MetricProcess, is_ours
from evaluation.metrics.parsing import parse_metric
from evaluation.planning.plan import Plan
from evaluation.scoring.aggregation import aggregate_run
from evaluation.scoring.candidate_scoring import by_work, score_candidate
from evaluation.settings import Settings
from evaluation.store.session import open_store

AT_MOST_S = 1.0


async def score_finished(plan: Plan) -> None:
    """Score and aggregate the stored answers; stops after a moment, since the caller waits for the end."""
    stopping, ended, apart = threading.Event(), asyncio.Event(), MetricProcess(limit_s=AT_MOST_S)
    loop = asyncio.get_running_loop()

    def work() -> None:
        with contextlib.suppress(Exception):  # the answers are stored, which is what counts now
            _score(plan, stopping, apart)
        with contextlib.suppress(RuntimeError):  # nobody waits any more
            loop.call_soon_threadsafe(ended.set)

    # Not in the loop's own executor, for which the process would wait at its end.
    threading.Thread(target=work, daemon=True, name="salvage").start()
    try:
        async with asyncio.timeout(AT_MOST_S):
            await ended.wait()
    except TimeoutError:
        stopping.set()
        get_run_logger().info("the answers are stored, but there was no time to score all of them")
    finally:
        apart.close()  # a metric that never returns must not outlive us


def _score(plan: Plan, stopping: threading.Event, apart: MetricProcess) -> None:
    """Score by our own metrics for all runs first, with estimates: other metrics may take longer than there is time."""
    with open_store(Settings().database) as store:
        parsed = {run.run_id: [parse_metric(text) for text in by_work(run.metrics).plain] for run in plan.runs}
        for of_ours in (True, False):
            for run in plan.runs:
                metrics = [metric for metric in parsed[run.run_id] if is_ours(metric) is of_ours]
                if not metrics and not of_ours:
                    continue
                for item in plan.candidates_of(run.run_id):
                    if stopping.is_set():
                        return
                    score_candidate(store, run.run_id, item.run_candidate_id, metrics, apart=apart)
                texts = run.metrics if not of_ours else [text for text in run.metrics if is_ours(parse_metric(text))]
                aggregate_run(store, run.run_id, texts, apart=apart)
