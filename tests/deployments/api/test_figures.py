"""Figures for Prometheus, and the dashboard that shows them."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from api_client import ApiClient

from deployments.api import figures as module
from deployments.api.figures import Figures
from deployments.api.flow_runs import Queue
from deployments.api.problems import ProblemError
from deployments.gateway.gateway_settings import FinishedCall
from deployments.gateway.load import GatewayLoad, ServerLoad
from evaluation.store.totals import GradingTotals, StoreTotals

DASHBOARD = Path(module.__file__).parent / "grafana_dashboard.json"
_PARTS = ("_bucket", "_sum", "_count")
TOTALS = StoreTotals(
    runs={"completed": 2},
    answers=35,
    failures={"timed_out": 1},
    prompt_tokens=7,
    output_tokens=8,
    energy_j=9.0,
    cache_hits={"answer": 3, "prompt": 4},
    open_alerts={"error_rate": 1},
    calls={("small:1b", True): 5},
    n_refused=2,
    gradings=GradingTotals(
        n_calls=4,
        verdicts={("small:1b", "5"): 3, ("small:1b", "1"): 1},
        failures={"unreadable": 2},
        last_at=datetime.now(UTC) - timedelta(hours=2),
    ),
)
LOAD = GatewayLoad(
    servers=(ServerLoad(endpoint="here", n_slots=4, n_busy=4, n_queued=2),),
    n_shadows_waiting=1,
    n_shadows_asked=6,
    n_shadows_dropped=2,
)
CALL = FinishedCall(
    task="chat",
    candidate="small:1b",
    endpoint="here",
    policy="",
    outcome="ok",
    duration_s=1.0,
    ttft_s=0.5,
    prompt_tokens=12,
    output_tokens=3,
    cached_tokens=10,
    n_asked=1,
)


def all_figures() -> Figures:
    figures = Figures(lambda: TOTALS)
    figures.watch(lambda: LOAD, lambda: Queue(slots={"gpu-a": (4, 3)}, waiting={"gpu-a": 2}, n_waiting=5))
    figures.count("GET", "/metrics", 200, 0.1)
    figures.count_call(CALL)
    return figures


def families(figures: Figures) -> set[str]:
    """Names of all metrics as queries have them, but for the times at which counters began."""
    kinds = re.findall(r"^# TYPE (benchwright_\S+) (\S+)$", figures.text().decode(), re.MULTILINE)
    return {name for name, _ in kinds if not name.endswith("_created")}


def shown() -> set[str]:
    """Names in the queries of the dashboard, histograms by their own."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    queries = " ".join(target["expr"] for panel in panels for target in panel["targets"])
    names = set(re.findall(r"benchwright_[a-z_]+", queries))
    return {next((name.removesuffix(part) for part in _PARTS if name.endswith(part)), name) for name in names}


def test_every_metric_is_in_the_dashboard_and_every_name_in_it_is_a_metric() -> None:
    assert families(all_figures()) == shown()


def test_the_panels_of_the_dashboard_do_not_overlap() -> None:
    places = [panel["gridPos"] for panel in json.loads(DASHBOARD.read_text())["panels"]]
    cells = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]

    assert len(cells) == len(set(cells))
    assert all(p["x"] + p["w"] <= 24 for p in places)


@pytest.mark.parametrize(
    "line",
    [
        'benchwright_gateway_slots_busy{endpoint="here"} 4.0',
        'benchwright_gateway_queue{endpoint="here"} 2.0',
        'benchwright_gateway_shadows_total{outcome="dropped"} 2.0',
        'benchwright_gateway_tokens_total{candidate="small:1b",kind="cached"} 10.0',
        'benchwright_slots{gpu="gpu-a"} 4.0',
        'benchwright_slots_busy{gpu="gpu-a"} 3.0',
        'benchwright_evaluations_waiting{gpu="gpu-a"} 2.0',
        "benchwright_flow_runs_waiting 5.0",
        'benchwright_cache_hits_total{kind="prompt"} 4.0',
    ],
)
def test_what_works_and_what_waits_is_a_figure(line: str) -> None:
    assert line in all_figures().text().decode()


def test_a_prefect_server_that_is_away_is_told_and_nothing_is_made_up() -> None:
    def away() -> Queue:
        raise ProblemError(503, "no Prefect server is named", kind="no-prefect-server")

    figures = Figures(lambda: TOTALS)
    figures.watch(lambda: LOAD, away)
    text = figures.text().decode()

    assert "benchwright_prefect_up 0.0" in text
    assert "benchwright_slots" not in text
    assert "benchwright_flow_runs_waiting" not in text


def test_the_prefect_server_is_asked_once_for_scrapes_in_quick_succession() -> None:
    looks = []

    def look() -> Queue:
        looks.append(1)
        return Queue(slots={}, waiting={}, n_waiting=0)

    figures = Figures(lambda: TOTALS)
    figures.watch(lambda: LOAD, look)
    figures.text()
    figures.text()

    assert [1] == looks


def test_the_served_figures_have_those_of_the_gateway(api: ApiClient) -> None:
    text = api.get("/metrics").text

    assert 'benchwright_gateway_shadows_total{outcome="dropped"} 0.0' in text
    assert 'benchwright_cache_hits_total{kind="answer"} 0.0' in text


def test_what_judges_found_is_shown_and_the_time_since_the_last_grading_where_there_was_one() -> None:
    text = all_figures().text().decode()

    assert "benchwright_graded_calls_total 4.0" in text
    assert 'benchwright_grades_total{candidate="small:1b",verdict="5"} 3.0' in text
    assert 'benchwright_gradings_failed{kind="unreadable"} 2.0' in text
    (age,) = re.findall(r"^benchwright_grading_age_seconds (\S+)$", text, re.MULTILINE)
    assert 7_200 <= float(age) < 10_800
    nothing = Figures(lambda: replace(TOTALS, gradings=GradingTotals())).text().decode()
    assert "benchwright_grading_age_seconds" not in nothing
    assert "benchwright_graded_calls_total 0.0" in nothing
