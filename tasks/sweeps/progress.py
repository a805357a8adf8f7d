"""Progress of a sweep: the best combination so far, the remaining time, and the latest answer."""

import time
from dataclasses import dataclass

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import task_run

from evaluation.escaping import for_markdown, one_line
from evaluation.formatting import counted, duration
from evaluation.reports.sweeps.wording import words_of
from evaluation.results.estimates import MetricEstimate, shown_estimate
from evaluation.run_results.sweep_result import best_so_far
from evaluation.store.outcomes import latest_answer
from evaluation.store.session import Store
from evaluation.sweeps.space import Combination
from tasks.artifacts import publish_page
from tasks.flow_logging import log_debug, log_info
from tasks.store_calls import call_with_store
from tasks.sweeps.layout import SweepPart

_SHOWN_LETTERS = 120


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Start time of this process, and the number of generations done by then."""

    began: float
    n_before: int

    def left(self, part: SweepPart) -> str:
        """Return the remaining time such as `4 min left`; empty where nothing is left, or nothing was measured."""
        n_done, n_left = part.n_done_after - self.n_before, part.n_all - part.n_done_after
        if n_done <= 0 or n_left <= 0:
            return ""
        seconds = (time.monotonic() - self.began) / n_done * n_left
        return f"; {duration(seconds)} left"


def _task_run_name() -> str:
    part = task_run.parameters["part"]
    return f"look after {part.n_done_after} of {part.n_all} answers"


@task(name="look", task_run_name=_task_run_name, cache_policy=NO_CACHE, persist_result=False)
async def report_progress(invocation_id: str, part: SweepPart, pace: Pace) -> None:
    """Report the sweep's progress. The best so far is the highest mean, not a verdict."""
    best, answer = await call_with_store(_seen, invocation_id)
    sentence = f"{part.n_done_after:,} of {part.n_all:,} answers{pace.left(part)}"
    if best is not None:
        combination, estimate = best
        n_cases = counted(estimate.n_cases, "case")
        sentence += f"; best so far {words_of(combination)}: {shown_estimate(estimate)} on {n_cases}"
    log_info("%s", sentence)
    lines = [sentence]
    if answer:
        shown = one_line(answer)
        lines.append(f"latest answer: {shown if len(shown) <= _SHOWN_LETTERS else shown[: _SHOWN_LETTERS - 1] + '…'}")
        log_info("%s", lines[-1])
    await _show(lines)


async def _show(lines: list[str]) -> None:
    """Show the progress on the flow run's page."""
    page = "\n\n".join(for_markdown(line) for line in lines)
    try:
        await publish_page(page, key="sweep-progress", description="How far the sweep is", patience_s=0.0)
    except Exception as error:  # what is shown must not end the work
        log_debug("could not show the progress; trying again later: %s", error)


def _seen(store: Store, invocation_id: str) -> tuple[tuple[Combination, MetricEstimate] | None, str | None]:
    return best_so_far(store, invocation_id), latest_answer(store, invocation_id)
