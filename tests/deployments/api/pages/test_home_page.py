"""The first page: what runs now with its pace and means so far, averages by task, recent runs, and the first steps."""

from datetime import UTC, datetime, timedelta

import pytest
from api_client import ApiClient
from compared_runs import candidate, cases_of, failed, right_on
from seen_pages import SeenPage
from served import eventually
from stored_runs import store_run

from deployments.api import flow_runs, model_servers
from deployments.api.machine_state import MachineState, MachineStates, Turns
from deployments.api.pages.live_part import LiveParts
from deployments.api.refreshed import Refreshed
from evaluation.records.alerts import Finding, onset
from evaluation.records.status import Status
from evaluation.run_results.running_work import running_work
from evaluation.scoring.means_so_far import MeansSoFar
from evaluation.store.alerts import list_alerts, record_look
from evaluation.store.session import KeptStore
from evaluation.store.summaries import list_runs


def _under_way(store: KeptStore, *, run_id: str = "now") -> None:
    cases = cases_of(6)
    store_run(
        store,
        candidate("busy:1b", right_on(cases[:4], range(3))),
        candidate("idle:1b", right_on(cases[:2], range(1)) | failed(cases, (3,))),
        cases=cases,
        run_id=run_id,
        status=Status.PLANNED,
        scored=False,
    )


def test_what_runs_is_read_with_means_over_what_was_answered(served_store: KeptStore) -> None:
    _under_way(served_store)
    means = MeansSoFar()
    (work,) = running_work(served_store, list_runs(served_store), means)
    assert (7, 12) == (work.n_ended, work.n_planned)
    by_label = {each.label: each for each in work.candidates}
    busy = by_label["busy:1b"].mean
    assert busy is not None
    assert (0.75, 4) == (busy.value, busy.n_cases)
    assert busy.low is not None
    assert busy.low < 0.75
    assert by_label["busy:1b"].is_best
    assert not by_label["idle:1b"].is_best
    assert not by_label["busy:1b"].is_final
    assert 1 == by_label["idle:1b"].n_failed
    assert 4 == len(work.answers)
    assert any(each.is_failure for each in work.answers)
    again = running_work(served_store, list_runs(served_store), means)
    assert by_label["busy:1b"].mean == again[0].candidates[0].mean


def test_a_pace_counts_the_last_minute_alone(served_store: KeptStore) -> None:
    _under_way(served_store)
    (work,) = running_work(served_store, list_runs(served_store), MeansSoFar())
    newest = max(each.finished_at for each in work.answers)
    if datetime.now(UTC) - newest > timedelta(minutes=2):
        assert work.answers_per_s is None
        assert work.left_s is None
    else:
        assert work.answers_per_s is not None
        assert work.left_s is not None


def test_the_page_shows_what_runs_and_what_ended(api: ApiClient, served_store: KeptStore) -> None:
    _under_way(served_store)
    answer = api.get("/")
    assert 200 == answer.status_code
    seen = SeenPage(answer.text)
    assert [] == seen.problems
    assert seen.is_in_order
    for words in ("7 of 12 answers", "best so far", "No winner is named before the run has ended", "Newest answers"):
        assert words in answer.text
    assert "Averages of recent runs" in answer.text
    assert 'action="/runs/mixed/again"' in answer.text


def test_figures_are_named_for_what_they_are_the_mean_of(api: ApiClient) -> None:
    text = api.get("/").text
    for heading in ("Mean duration", "Mean output tokens", "Best mean"):
        assert f">{heading}<" in text
    assert "output token" in text.partition("Newest answers")[2].partition("</ul>")[0]


def test_an_alert_leads_to_its_trend(api: ApiClient, served_store: KeptStore) -> None:
    began = onset(datetime(2025, 3, 4, 5, 6, tzinfo=UTC), None)
    words = {"about": "a", "severity": "warning", "source": "evaluation", "sentence": "It sleeps."}
    record_look(served_store, [Finding(rule="gpu", evidence=began, **words)], judged=())
    (alert,) = (each for each in list_alerts(served_store) if each.rule == "gpu")
    text = api.get("/").text
    assert f"/alerts/{alert.alert_id}" in SeenPage(text).links
    assert ">Tue 4 Mar 2025, 05:06</time>" in text


def test_an_ended_run_says_who_won_or_that_nobody_did(api: ApiClient) -> None:
    def winner() -> str:
        row = api.get("/").text.partition('data-key="run-mixed"')[2].partition("</tr>")[0]
        return row.partition('<td data-label="Shown to be best">')[2].partition("</td>")[0]

    assert eventually(lambda: winner() not in ("", "—"))
    assert winner() in ("no winner", "good:1b")


def test_an_equal_mean_is_nobodys_alone(api: ApiClient, served_store: KeptStore) -> None:
    cases = cases_of(6)
    both = [candidate(f"{name}:1b", right_on(cases, range(2))) for name in ("one", "same")]
    store_run(served_store, *both, candidate("worse:1b", right_on(cases, range(1))), cases=cases, run_id="equal")
    for address in ("/", "/runs"):
        row = api.get(address).text.partition('href="/runs/equal" data-open')[2].partition("</tr>")[0]
        assert '<td data-label="Best mean">one:1b and 1 other <span' in row, address


def test_a_task_leaves_the_others_out(api: ApiClient, served_store: KeptStore) -> None:
    _under_way(served_store)
    assert "7 of 12 answers" not in api.get("/?task=other").text
    assert "Nothing runs now on other" in api.get("/?task=other").text
    hostile = api.get("/", params={"task": "<script>alert(1)</script>"})
    assert 200 == hostile.status_code
    assert [] == SeenPage(hostile.text).problems


def test_a_part_that_has_not_changed_is_not_sent_again(api: ApiClient) -> None:
    first = api.get("/parts/home")
    tag = first.headers["etag"]
    assert 304 == api.get("/parts/home", headers={"if-none-match": tag}).status_code
    assert "default-src 'none'" in first.headers["content-security-policy"]


def test_a_part_is_made_once_for_all_who_look() -> None:
    now, made = 10.0, list[int]()
    parts = LiveParts(now=lambda: now)

    def make() -> object:
        made.append(1)
        return object()

    first = parts.get("x", make)  # type: ignore[arg-type]
    assert first is parts.get("x", make)  # type: ignore[arg-type]
    now = 11.0
    assert first is not parts.get("x", make)  # type: ignore[arg-type]
    assert 2 == len(made)


def test_a_reading_is_kept_and_a_slow_one_is_not_waited_for() -> None:
    now, n_read = 0.0, 0

    def read() -> int:
        nonlocal n_read
        n_read += 1
        return n_read

    refreshed: Refreshed[int] = Refreshed(every_s=5, wait_s=30, now=lambda: now)
    assert 1 == refreshed.get(read)
    assert 1 == refreshed.get(read)
    assert 2 == refreshed.get(read, may_be_old=False)


def test_queue_and_turns_are_those_of_the_prefect_server(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = flow_runs.Queue(slots={"gpu-a": (4, 3)}, waiting={"gpu-a": 2}, n_waiting=5)
    monkeypatch.setattr(flow_runs, "queue", lambda: queue)
    state = eventually_known(MachineStates())
    assert (Turns(name="gpu-a", n_slots=4, n_busy=3, n_waiting=2),) == state.turns
    assert (5, None) == (state.n_waiting, state.problem)


def eventually_known(states: MachineStates) -> MachineState:
    assert eventually(lambda: states.now() is not None)
    state = states.now()
    assert state is not None
    return state


def test_without_a_prefect_server_the_page_says_what_to_do(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_runs, "prefect_api", lambda: None)
    assert eventually(lambda: "no Prefect server is named" in api.get("/").text)
    assert "benchwright serve" in api.get("/").text


def test_first_use_shows_three_steps_and_named_errors(empty: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "http://127.0.0.1:9")
    monkeypatch.setattr(model_servers, "WITHIN_S", 1.0)
    home = empty.get("/").text
    assert "Your first evaluation" in home
    part = empty.get("/parts/first-steps").text
    assert "no answer" in part
    assert "Next:" in part
    assert "benchwright models pull" in part
    assert [] == SeenPage(part).problems


@pytest.mark.parametrize("name", ["home.css", "home.js", "forms.js"])
def test_files_of_the_page_are_there(api: ApiClient, name: str) -> None:
    assert 200 == api.get(f"/static/{name}").status_code
