"""Hostile names and texts in what runs, on servers, in Prefect and in files are text on the pages that start work."""

import json
from datetime import UTC, datetime

import pytest
from api_client import ApiClient
from hostile_texts import MARK, letters
from page_posts import post_file, post_form
from seen_pages import SeenPage
from stored_runs import answer, asked, store_run

from deployments.api import listed_work as listing
from deployments.api.listed_work import ListedFlowRun, ListedSchedule, ListedWork
from deployments.api.machine_state import LocalGpu, MachineState, MachineStates, Turns
from deployments.api.model_servers import ModelServer, ModelServers
from deployments.api.pages import works
from deployments.api.start_obstacles import StartObstacles
from evaluation.case import Case
from evaluation.model_info import ModelInfo
from evaluation.records.status import Status
from evaluation.store.session import KeptStore

EVIL = f"\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{{{1234*8000}}}}{MARK}\u202e\x1b[31m"


def check(text: str, *, n_times: int = 1) -> None:
    seen = SeenPage(text)
    assert [] == seen.problems
    assert "9872000" not in seen.text
    assert all(letter.isprintable() or letter in "\n\t" for letter in seen.text)
    assert letters(seen.text).count(MARK) >= n_times


def test_what_runs(api: ApiClient, served_store: KeptStore) -> None:
    cases = tuple(Case(case_id=f"{number} <b>{MARK}'\"&", prompt="x", references=("y",)) for number in range(4))
    outcomes = {case.case_id: answer(EVIL) for case in cases[:3]}
    evil = asked(f"<i>{MARK}\"'", outcomes, endpoint="<u>there")
    calm = asked("calm:1b", outcomes)
    store_run(
        served_store, evil, calm, cases=cases, run_id="evil", status=Status.PLANNED, scored=False,
        name=f"bench <h1>{MARK}", task_type=f"task <h1>{MARK}",
        flow_run_ids=("\"><script>alert(2)</script>",),
    )  # fmt: skip
    for path in ("/", "/parts/home"):
        shown = api.get(path)
        assert 200 == shown.status_code
        check(shown.text, n_times=10)
        assert "6 of 8 answers" in shown.text


def test_what_waits_and_is_busy(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = LocalGpu(name=EVIL, utilisation=0.5, memory_used_bytes=1, memory_total_bytes=2)
    broken = LocalGpu(name=EVIL, utilisation=None, memory_used_bytes=None, memory_total_bytes=None, problem=EVIL)
    turns = Turns(name=EVIL, n_slots=2, n_busy=1, n_waiting=3)
    for problem in (None, EVIL):
        state = MachineState(turns=(turns,), n_waiting=1, gpus=(gpu, broken), problem=problem, next_step=problem)
        monkeypatch.setattr(MachineStates, "now", lambda _, state=state: state)
        check(api.get("/").text, n_times=3)


def test_servers_and_models(empty: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    model = ModelInfo(name=EVIL, digest=None, parameter_size=EVIL, quantization=EVIL, size_bytes=5)
    up = ModelServer(
        name=EVIL,
        url=f"http://{MARK}",
        provider=EVIL,
        version=EVIL,
        models=(model,),
        is_embedded=False,
        is_default=True,
    )
    down = ModelServer(
        name=EVIL, url="http://[", provider="", version=None, models=(), is_embedded=False, is_default=False,
        error=EVIL, next_step=EVIL,
    )  # fmt: skip
    monkeypatch.setattr(ModelServers, "now", lambda *_, **__: (up, down))
    for path in ("/first-steps", "/parts/first-steps"):
        check(empty.get(path).text, n_times=6)
    check(empty.get("/start/evaluate").text)
    chosen = json.dumps([EVIL, False, False, EVIL])
    refused = post_form(empty, "/first-steps", {"model": chosen, "benchmark": EVIL, "limit": EVIL})
    assert 400 <= refused.status_code < 500
    check(refused.text)


@pytest.mark.parametrize("model", ["", "x", "[]", "[1,2,3,4,5]", '{"a": 1}', "[" * 50_000, "null"])
def test_a_choice_that_the_form_has_not_is_refused(empty: ApiClient, model: str) -> None:
    refused = post_form(empty, "/first-steps", {"model": model, "benchmark": "question_answering", "limit": "1"})
    assert 422 == refused.status_code
    assert "no model is chosen" in refused.text


def test_flow_runs_and_schedules(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    flow_run = ListedFlowRun(
        flow_run_id=EVIL, name=EVIL, deployment=EVIL, state=EVIL, state_type=EVIL, message=EVIL, begun_at=now,
        can_cancel=False, can_resume=True,
    )  # fmt: skip
    schedule = ListedSchedule(deployment=EVIL, deployment_id=EVIL, name=EVIL, rule=EVIL, is_active=True, next_at=now)
    monkeypatch.setattr(StartObstacles, "away", lambda _: None)
    monkeypatch.setattr(works, "listed_work", lambda: ListedWork(flow_runs=(flow_run,), schedules=(schedule,)))
    monkeypatch.setattr(works, "prefect_pages", lambda: None)
    check(api.get("/work").text, n_times=6)
    assert listing.prefect_pages() is None or str(listing.prefect_pages()).startswith("http")


def test_a_dropped_file_and_what_it_holds(api: ApiClient) -> None:
    line = json.dumps({"prompt": EVIL.replace("\x1b", ""), "references": [EVIL.replace("\x1b", "")]}).encode()
    name = f"<img src=x onerror=alert(1)>{MARK}"
    stored = post_file(api, f"{name}.jsonl", line)
    assert 200 == stored.status_code
    assert stored.headers["content-type"].startswith("application/json")
    assert "nosniff" == stored.headers["x-content-type-options"]
    check(api.get("/start/evaluate").text)
    check(api.get("/first-steps").text)
