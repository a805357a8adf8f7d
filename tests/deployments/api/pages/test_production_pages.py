"""Alerts, trends and calls in production as pages."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from api_client import ApiClient
from seen_pages import SeenPage
from watched_runs import answers, many_cases, watched_run

from deployments.api.pages import traffic, trends
from deployments.python.analytics import load_timeline
from evaluation.monitoring.monitoring_pass import run_pass
from evaluation.records.traffic_calls import TrafficCall, TrafficStage
from evaluation.reports.monitoring.trend_charts import trend_charts
from evaluation.requests.monitor_request import MonitorRequest
from evaluation.store.alerts import acknowledge_alert, list_alerts, record_look
from evaluation.store.session import KeptStore
from evaluation.store.traffic import save_traffic

NOW = datetime.now(UTC)


@pytest.fixture
def watched(served_store: KeptStore) -> KeptStore:
    """A run whose weights changed, and what a monitor says of it."""
    cases = many_cases(20)
    watched_run(served_store, cases, answers(cases), run_id="usual", age=timedelta(days=2), now=NOW)
    slow = answers(cases, seconds=6)
    watched_run(served_store, cases, slow, run_id="slow", age=timedelta(hours=1), now=NOW, digest="weights-2")
    seen = run_pass(served_store, MonitorRequest(), NOW)
    record_look(served_store, seen.findings, judged=seen.judged, looks=seen.looks)
    return served_store


def test_alerts_are_shown_by_how_they_stand(api: ApiClient, watched: KeptStore) -> None:
    first, *rest = list_alerts(watched)
    acknowledge_alert(watched, first.alert_id, by="ada", note="We know.", ends=False)
    shown = {
        state: SeenPage(api.get(f"/alerts?state={state}").text) for state in ("open", "acknowledged", "resolved", "all")
    }
    assert first.sentence not in shown["open"].text
    assert first.sentence in shown["acknowledged"].text
    assert "acknowledged by ada · We know." in shown["acknowledged"].text
    assert "There are no such alerts." in shown["resolved"].text
    assert all(alert.sentence in shown["all"].text for alert in (first, *rest))
    assert f"/runs/{first.run_id}" in shown["all"].links
    assert 422 == api.get("/alerts?state=odd").status_code


def test_trends_have_the_newest_figures_with_their_runs(api: ApiClient, watched: KeptStore) -> None:
    seen = SeenPage(api.get("/trends").text)
    assert "/runs/slow" in seen.links
    assert "m:1b" in seen.text
    assert "There is nothing in this time." not in seen.text
    assert 422 == api.get("/trends?days=0").status_code


def test_a_slowdown_is_said_in_a_sentence_where_trends_are_and_where_two_runs_are(
    api: ApiClient, watched: KeptStore
) -> None:
    for address in ("/trends", "/trends?of=numbers&candidate=m%3A1b", "/differences?first=usual&second=slow"):
        text = " ".join(SeenPage(api.get(address).text).text.split())
        assert "m:1b is slower: an answer takes " in text, address
        assert "Intervals are over the cases" in text, address
    backwards = SeenPage(api.get("/differences?first=slow&second=usual").text).text
    assert "m:1b is faster: an answer takes " in backwards


def test_an_alert_says_since_when_it_is_so_and_leads_to_what_it_compares(api: ApiClient, watched: KeptStore) -> None:
    alert = next(each for each in list_alerts(watched) if each.rule == "duration")
    assert alert.began_at is not None
    listed = api.get("/alerts").text
    row = next(each for each in listed.split("<tr data-row>") if alert.alert_id[:8] in each)
    moments = [alert.began_at, alert.raised_at]
    assert [each.isoformat() for each in moments] == re.findall(r'<time datetime="([^"]+)"', row)
    for address in (f"/alerts/{alert.alert_id}", "/runs/slow", "/runs/usual"):
        assert f'href="{address}"' in row
    for address in ("/", "/trends"):
        assert f"/alerts/{alert.alert_id}" in SeenPage(api.get(address).text).links, address

    seen = SeenPage(api.get(f"/alerts/{alert.alert_id}").text)
    assert [] == seen.problems
    assert {"/runs/slow", "/runs/usual", "/differences?first=usual&second=slow"} <= set(seen.links)
    assert "/trends?of=numbers&candidate=m%3A1b" in seen.links
    (picture,) = seen.pictures
    words = "".join(picture.itertext())
    assert "Median duration over time" in words
    assert "alert" in words


def test_an_alert_is_marked_where_it_began_in_the_picture_of_its_figure(watched: KeptStore) -> None:
    alert = next(each for each in list_alerts(watched) if each.rule == "duration")
    series = load_timeline(db=watched.url).series
    quality, duration = trend_charts(series, [alert], [])
    assert () == quality.happenings
    (mark,) = duration.happenings
    assert duration.lines[0].points[-1].x == pytest.approx(mark.x)
    other = replace(alert, candidate="other:1b")
    assert [(), ()] == [chart.happenings for chart in trend_charts(series, [other], [])]


def test_scores_of_different_metrics_are_not_drawn_on_one_axis(watched: KeptStore) -> None:
    usual = next(each for each in load_timeline(db=watched.url).series if each.candidate == "m:1b")
    other = replace(usual, candidate="other:1b", headline="rouge_l")
    alike = replace(usual, candidate="alike:1b")
    quality, rouge, duration = trend_charts([usual, other, alike], [], [])
    assert ["m:1b", "alike:1b"] == [line.label for line in quality.lines]
    assert f"Mean {usual.headline} over time · numbers" == quality.title
    assert ["other:1b"] == [line.label for line in rouge.lines]
    assert 3 == len(duration.lines)


def test_no_line_joins_runs_of_different_cases(api: ApiClient, watched: KeptStore) -> None:
    assert "Not drawn" not in api.get("/trends").text
    cases = many_cases(20)
    watched_run(watched, cases, answers(cases[:5]), run_id="few", age=timedelta(minutes=5), now=NOW, limit=5)

    series = next(each for each in load_timeline(db=watched.url).series if each.candidate == "m:1b")
    assert ["all", "all", "5 by seed 7"] == [point.cases for point in series.points]
    assert {2} == {len(line.points) for chart in trend_charts([series], [], []) for line in chart.lines}
    assert "Not drawn: 1 point. A line joins runs of the same cases" in SeenPage(api.get("/trends?days=7").text).text


def test_pictures_that_are_left_out_are_counted(
    api: ApiClient, watched: KeptStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "left out" not in api.get("/trends").text
    monkeypatch.setattr(trends, "MOST_PICTURES", 1)
    assert "1 more picture left out" in SeenPage(api.get("/trends").text).text


def test_a_change_of_weights_leads_to_the_series_of_its_runs(api: ApiClient, watched: KeptStore) -> None:
    (alert,) = (each for each in list_alerts(watched) if each.rule == "model")
    seen = SeenPage(api.get(f"/alerts/{alert.alert_id}").text)
    assert "/trends?of=numbers&candidate=m%3A1b" in seen.links
    assert len(seen.pictures) > 2
    assert 404 == api.get("/alerts/nothing").status_code


def test_trends_name_what_each_figure_is(api: ApiClient, watched: KeptStore) -> None:
    text = api.get("/trends").text
    for heading in ("Mean score", "Median s", "Mean tokens, in and out", "Median tokens/s", "Answered", "Metric"):
        assert f">{heading}<" in text
    assert "newest means" not in text


def test_trends_of_one_candidate_draw_every_figure_and_nobody_elses(api: ApiClient, watched: KeptStore) -> None:
    cases = many_cases(20)
    other = answers(cases, seconds=2)
    for days in (2, 1):
        age = timedelta(days=days)
        watched_run(watched, cases, other, run_id=f"other-{days}", age=age, now=NOW, model="other:1b")
    (address,) = {each for each in SeenPage(api.get("/trends").text).links if "candidate=other" in each}
    seen = SeenPage(api.get(address).text)
    assert "other:1b on numbers" in seen.text
    assert "m:1b on numbers takes" not in seen.text
    titles = {text.partition(" over time")[0] for picture in seen.pictures for text in picture.itertext()}
    assert {"Mean exact_match", "Median duration", "Answered", "Mean tokens"} <= titles
    assert "There is nothing in this time." in api.get("/trends?candidate=nobody").text


def _calls(store: KeptStore, n: int, task: str = "chat") -> None:
    save_traffic(
        store,
        [
            TrafficCall(
                call_id=f"{task}-{number:03d}",
                task=task,
                candidate="a:1b",
                started_at=NOW - timedelta(minutes=number),
                duration_s=1.0,
                ok=number % 2 == 0,
                error_type=None if number % 2 == 0 else "Timeout",
                prompt_tokens=1000,
                stages=(TrafficStage(name="look up", duration_s=0.25),),
            )
            for number in range(n)
        ],
    )


def test_calls_are_listed_page_by_page(
    api: ApiClient, served_store: KeptStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traffic, "CALLS_OF_A_PAGE", 2)
    _calls(served_store, 5)
    path, pages = "/traffic", []
    while path:
        pages.append(SeenPage(api.get(path).text))
        path = next((link for link in pages[-1].links if "before=" in link), "")
    assert 3 == len(pages)
    assert "By task and candidate" in pages[0].text
    assert "By task and candidate" not in pages[1].text
    assert "1,000" in pages[2].text
    assert "look up 0.250 s" in pages[2].text


def test_calls_are_chosen_by_task_and_failure(api: ApiClient, served_store: KeptStore) -> None:
    _calls(served_store, 3)
    _calls(served_store, 1, task="code")
    assert "code" not in SeenPage(api.get("/traffic?task=chat").text).text
    failed = SeenPage(api.get("/traffic?task=chat&failed=true").text)
    assert "Failed calls" in failed.text
    assert 1 == failed.text.count("Timeout")
    assert "There are no such calls." in api.get("/traffic?task=nothing").text
