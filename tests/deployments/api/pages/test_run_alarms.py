"""Alarms on the page of a run lead to the answers that they are about; the terminal keeps its command."""

from api_client import ApiClient
from compared_runs import candidate, cases_of, right_on
from seen_pages import SeenPage
from stored_runs import store_run

from deployments.api.pages.run_alarms import shown_alarms
from deployments.python.stored import load_run
from evaluation.store.session import KeptStore


def test_an_alarm_leads_to_answers_instead_of_naming_a_command(api: ApiClient, served_store: KeptStore) -> None:
    cases = cases_of(20)
    wrong = candidate("<b>lost</b>:1b", right_on(cases, ()))
    store_run(served_store, wrong, candidate("right:1b", right_on(cases, range(20))), cases=cases, run_id="alarmed")
    run = load_run("alarmed", db=served_store.url)
    assert any("benchwright show alarmed --case ID" in alarm.message for alarm in run.alarms)

    text = api.get("/runs/alarmed").text
    seen = SeenPage(text)
    assert "benchwright show alarmed --case" not in text
    assert [] == seen.problems
    links = [alarm.address for alarm in shown_alarms(run)]
    assert len(run.alarms) == len(links) > 0
    assert all(each.startswith("/runs/alarmed/answers?") for each in links)
    assert set(links) <= set(seen.links)
    assert all(200 == api.get(each).status_code for each in links)
