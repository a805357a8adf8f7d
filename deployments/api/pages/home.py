"""The first page: what runs now, what ended lately, and what needs a look."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.pages.recent_runs import listed_runs
from deployments.api.pages.rendering import PageRoute, page
from deployments.cli.arguments import open_stored
from evaluation.records.outcomes import CandidateProgress
from evaluation.records.runs import RunSummary
from evaluation.records.status import Status
from evaluation.results.runs import GpuResult
from evaluation.store.alerts import list_alerts
from evaluation.store.gpu_samples import gpu_summary
from evaluation.store.outcomes import latest_answer
from evaluation.store.session import Store
from evaluation.store.summaries import list_runs, progress

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
MOST_RECENT = 12
_AT_WORK = (Status.RUNNING, Status.PLANNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningWork:
    """An invocation that is under way."""

    runs: tuple[RunSummary, ...]
    candidates: tuple[CandidateProgress, ...]
    gpus: tuple[GpuResult, ...]
    latest_answer: str | None

    @property
    def n_planned(self) -> int:
        """Number of answers that the runs need."""
        return sum(each.n_planned for each in self.candidates)

    @property
    def n_done(self) -> int:
        """Number of outcomes stored."""
        return sum(each.n_done + each.n_failed for each in self.candidates)


@router.get("/")
def home(request: Request) -> Response:
    """Show what runs now, recent runs and open alerts."""
    with open_stored(None) as store:
        return page(request, "home.html", **_now(store))


@router.get("/parts/home")
def home_part(request: Request) -> Response:
    """Return the part of the first page that changes."""
    with open_stored(None) as store:
        return page(request, "parts/home.html", **_now(store))


def _now(store: Store) -> dict[str, Any]:
    listed = list_runs(store, limit=2 * MOST_RECENT)
    at_work = [run for run in listed if run.status in _AT_WORK]
    over = [run for run in listed if run.status not in _AT_WORK][:MOST_RECENT]
    running = [
        RunningWork(
            runs=tuple(run for run in at_work if run.invocation_id == invocation_id),
            candidates=progress(store, invocation_id),
            gpus=gpu_summary(store, invocation_id),
            latest_answer=latest_answer(store, invocation_id),
        )
        for invocation_id in dict.fromkeys(run.invocation_id for run in at_work)
    ]
    return {"running": running, "recent": listed_runs(store, over), "alerts": list_alerts(store)}
