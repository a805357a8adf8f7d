"""Pages whose pictures have tables beside them: scores in detail, models, two runs, courses over time, all metrics."""

from datetime import UTC, datetime, timedelta

import pytest
from api_client import ApiClient
from compared_runs import candidate, cases_of, right_on, store_run
from large_searches import RACE, SWEEP, fill_searches
from run_results import a_race, race_place
from seen_pages import SeenPage

from evaluation.charts.curve_chart import LineChart
from evaluation.races.rules import Spent
from evaluation.races.state import Fate
from evaluation.reports.monitoring.trend_charts import dated_changes
from evaluation.reports.races.curves import HOLLOW, curve_rows, race_curves
from evaluation.reports.runs.reliability import TITLE
from evaluation.reports.sweeps.pictures import parallel_coordinates
from evaluation.results.races import Race, RaceDecision
from evaluation.run_results.sweep_result import sweep_outcome
from evaluation.store.monitored import MonitoredRun
from evaluation.store.session import KeptStore


@pytest.fixture
def searched(served_store: KeptStore) -> KeptStore:
    fill_searches(served_store, n_candidates=3, n_cases=20)
    return served_store


def test_scores_are_shown_in_their_distribution(api: ApiClient, searched: KeptStore) -> None:
    seen = SeenPage(api.get(f"/runs/{RACE}/scores").text)
    for text in ("Distribution", "racer00:1b", "How the metrics go together"):
        assert text in seen.text
    assert 2 == len(seen.pictures)
    assert [] == seen.problems
    assert f"/runs/{RACE}/scores" in SeenPage(api.get(f"/runs/{RACE}").text).links


def test_the_confidence_of_answers_is_shown_beside_their_scores(api: ApiClient, served_store: KeptStore) -> None:
    cases = cases_of(20)
    sure = {case.case_id: place / 20 for place, case in enumerate(cases)}
    store_run(served_store, candidate("voter:1b", right_on(cases, range(9)), confidences=sure), cases=cases)
    seen = SeenPage(api.get("/runs/run-1/scores").text)
    assert "voter:1b: not shown to be surer or less sure than right" in seen.text
    assert TITLE in seen.text
    assert [] == seen.problems


def test_scores_of_no_such_metric_name_those_that_there_are(api: ApiClient, searched: KeptStore) -> None:
    answer = api.get(f"/runs/{RACE}/scores?metric=nothing")
    assert 422 == answer.status_code
    assert "token_f1" in answer.text


def test_a_model_has_a_card_to_which_its_runs_lead(api: ApiClient, searched: KeptStore) -> None:
    assert "/catalogue/model?name=racer00%3A1b" in SeenPage(api.get(f"/runs/{RACE}").text).links
    seen = SeenPage(api.get("/catalogue/model?name=racer00%3A1b").text)
    for text in ("What it reached", "Speed by length of the prompt", "20", "of 3"):
        assert text in seen.text
    assert f"/runs/{RACE}" in seen.links


def test_two_runs_are_chosen_and_held_beside_each_other(api: ApiClient, searched: KeptStore) -> None:
    first = next(link for link in SeenPage(api.get("/differences").text).links if f"first={RACE}" in link)
    second = next(link for link in SeenPage(api.get(first).text).links if f"second={SWEEP}" in link)
    seen = SeenPage(api.get(second).text)
    for text in ("Settings of the runs", "Only in the first run", "racer00:1b", "not tested against chance"):
        assert text in seen.text or text == "Settings of the runs"
    assert f"first={SWEEP}&second={RACE}" in "".join(seen.links)


def test_the_earlier_run_stands_first_whichever_is_chosen_first(api: ApiClient, searched: KeptStore) -> None:
    links = SeenPage(api.get(f"/differences?first={SWEEP}").text).links
    assert f"/differences?first={RACE}&second={SWEEP}" in links


def test_a_run_beside_itself_differs_in_nothing(api: ApiClient, searched: KeptStore) -> None:
    seen = SeenPage(api.get(f"/differences?first={RACE}&second={RACE}").text)
    assert "0 settings differ; 3 candidates in both runs, asked the same cases." in seen.text
    assert seen.text.count("Nothing differs in its settings.") == 3


def test_all_metrics_stand_in_one_picture(api: ApiClient, searched: KeptStore) -> None:
    seen = SeenPage(api.get("/scoreboard/metrics").text)
    assert "token_f1" in seen.text
    assert "prompt_tokens" not in seen.text
    assert 1 == len(seen.pictures)


def test_a_sweep_is_a_line_for_each_combination(searched: KeptStore) -> None:
    chart = parallel_coordinates(sweep_outcome(searched, f"of-{SWEEP}").metrics[0])
    assert chart is not None
    assert {"temperature": 5, "top_p": 4} == {axis.name: len(axis.values) for axis in chart.axes}
    assert 20 == len(chart.lines)
    assert all(
        place < len(axis.values) for line in chart.lines for place, axis in zip(line.places, chart.axes, strict=True)
    )


def _race(*scores: float | None) -> Race:
    fates = (*(Fate.KEPT for _ in scores[1:]), Fate.DROPPED)
    decisions = tuple(
        RaceDecision(
            look=look,
            label="a",
            fingerprint="f",
            fate=fate,
            n_cases=20 * look,
            reason="",
            evidence={} if score is None else {"score": score, "n_pairs": 20 * look},
        )
        for look, (score, fate) in enumerate(zip(scores, fates, strict=True), 1)
    )
    return a_race([race_place(1, "a")], decisions, spent=Spent(calls=1), full_grid_calls=1)


def test_a_race_is_a_curve_that_ends_where_the_candidate_left() -> None:
    race = _race(0.5, 0.25)
    chart = race_curves(race)
    assert isinstance(chart, LineChart)
    assert [(20, False), (40, True)] == [(point.x, point.is_hollow) for point in chart.lines[0].points]
    assert ["went on", HOLLOW] == [row["then"] for row in curve_rows(race)]
    for point in chart.lines[0].points:
        low, high = point.number.ends
        assert low < point.number.value < high


def test_a_race_without_scores_has_no_curve() -> None:
    assert race_curves(_race(None, None)) is None
    assert [] == curve_rows(_race(None))


def _monitored(day: int, **of_run: object) -> MonitoredRun:
    values = {
        "row_id": day, "run_id": f"run-{day}", "invocation_id": "i", "task": "t", "benchmark": "b",
        "benchmark_version": "v", "candidate": "c", "model": "m", "digest": "one", "endpoint": "here",
        "server_versions": {"here": "1"}, "slots": 1, "headline": "h", "metrics": (), "tags": (), "is_complete": True,
        "n_planned": 1, "cases": "all", "given_up": None, "created_at": datetime(2026, 5, day, tzinfo=UTC),
        "ended_at": None,
    }  # fmt: skip
    return MonitoredRun(**(values | of_run))


def test_other_weights_and_servers_are_dated() -> None:
    runs = [
        _monitored(1),
        _monitored(2),
        _monitored(3, digest="two"),
        _monitored(4, digest="two", server_versions={"here": "2"}),
        _monitored(5, digest="three", endpoint="there", server_versions={"there": "2"}),
    ]
    changes = dated_changes(runs, since=datetime(2026, 5, 1, tzinfo=UTC))
    assert [("server here", "run-4"), ("weights", "run-3")] == [(each.change.what, each.run_id) for each in changes]
    assert [] == dated_changes(runs, since=runs[-1].created_at + timedelta(days=1))
