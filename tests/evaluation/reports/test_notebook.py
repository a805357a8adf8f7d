"""What a notebook shows of results: their tables, with everything that anybody wrote escaped."""

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from compared_runs import candidate, cases_of, compared, right_on
from comparison_results import a_comparison
from hostile_texts import ALL, MARK, NAME, TEXTS
from run_results import a_race, a_run_result, an_invocation_result, candidate_result, metric_result, race_place
from staged_runs import store_staged_run
from stored_runs import answer, asked, numbers, store_run

from evaluation.candidate import PromptProfile
from evaluation.case import Benchmark, Case
from evaluation.comparisons.unpaired_result import unpaired_result
from evaluation.errors import FailureKind
from evaluation.exports.filters import Filters
from evaluation.exports.listings import case_list, score_list, stage_list
from evaluation.forecasts.costs import EndpointForecast, Forecast, LoadForecast, WorkForecast
from evaluation.forecasts.search_forecasts import ComparisonForecast, RaceForecast, SweepForecast
from evaluation.generation import Failure
from evaluation.races.cost_bounds import RaceBounds
from evaluation.races.rules import Spent
from evaluation.records.candidates import EndpointRecord, ModelRecord
from evaluation.records.experiments import ComparisonSummary
from evaluation.records.reviews import ReviewSummary
from evaluation.records.status import Status
from evaluation.records.traffic_calls import TrafficCall
from evaluation.reports.notebook_parts import SHOWN_ROWS, html_of
from evaluation.requests.comparison_request import read_comparison_request
from evaluation.results.catalogue_entries import BenchmarkFacts, ProfileFacts
from evaluation.results.catalogues import (
    BenchmarkList,
    BenchmarkResult,
    EndpointList,
    ExperimentList,
    ModelList,
    ProfileList,
    ReviewList,
    StoredComparisonList,
)
from evaluation.results.experiments import RunDiff
from evaluation.results.listings import ComparisonList, RunList, TrafficList
from evaluation.results.monitoring import Insight, MonitorResult
from evaluation.results.planned_comparisons import PlannedComparison
from evaluation.results.races import RaceResult
from evaluation.results.runs import Alarm
from evaluation.run_results.case_result import case_result
from evaluation.run_results.experiment_result import experiment_facts, experiment_result
from evaluation.run_results.run_result import run_result
from evaluation.servers.agreement import Agreement, Between, CaseDifference, Share, Within
from evaluation.store.annotations import annotate
from evaluation.store.experiments import add_runs, create_experiment
from evaluation.store.session import Store
from evaluation.store.summaries import list_runs

OURS = {"div", "b", "br", "table", "thead", "tbody", "tr", "th", "td"}


class Reader(HTMLParser):
    """The texts of a page, and what of its markup is none of ours."""

    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in OURS or any(name != "style" or MARK in str(value) for name, value in attrs):
            self.foreign.append(f"{tag} {attrs}")

    def handle_data(self, data: str) -> None:
        self.text += f"{data}\n"

    def handle_comment(self, data: str) -> None:
        self.foreign.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


def test_a_run_is_shown_as_the_terminal_shows_it() -> None:
    metrics = {"exact_match": metric_result(0.5, 0.2, 0.8, n_cases=8)}
    run = a_run_result(candidate_result("a:1b", metrics), candidate_result("b:1b"))

    shown = read(run._repr_html_())

    assert [] == shown.foreign
    assert "numbers · 1 case · run run-1 · completed" in shown.text
    assert "exact_match *" in shown.text
    assert "0.500 [0.200, 0.800]" in shown.text
    assert shown.text == read(an_invocation_result(run)._repr_html_()).text


@pytest.mark.parametrize("text", [*TEXTS, ALL, NAME])
def test_nothing_that_anybody_wrote_becomes_markup(store: Store, text: str) -> None:
    cases = [Case(case_id=f"{number} {text}", prompt=f"What is {number}?", references=("1",)) for number in range(3)]
    down = Failure(kind=FailureKind.SERVER_DOWN, message=text, n_attempts=8)
    outcomes = {case.case_id: answer(text) for case in cases[1:]} | {cases[0].case_id: down}
    store_run(store, asked(text, outcomes, given_up=text, endpoint=text), cases=cases, name=text)
    alarm = Alarm(kind="no_number", metric=text, candidate=text, share=None, n=1, message=text)
    run = a_run_result(candidate_result(text, given_up_reason=text), benchmark=text, reason=text, alarms=(alarm,))
    race = a_race(
        [race_place(1, text)], [], spent=Spent(calls=1, minutes=1.0, tokens=1), full_grid_calls=2, sentence=text
    )
    call = TrafficCall(
        call_id="1", task=text[:200], candidate=text[:200], started_at=datetime.now(UTC), duration_s=1, input=text
    )
    shown: list[Any] = [
        run,
        RaceResult(invocation=an_invocation_result(run), race=race),
        ComparisonList([a_comparison(sentences=(text, text), benchmark=text)]),
        RunList(list_runs(store)),
        case_list(store, "run-1", Filters()),
        score_list(store, "run-1", Filters()),
        TrafficList([call]),
    ]

    pages = [read(each._repr_html_()) for each in shown]

    assert [[]] * len(shown) == [page.foreign for page in pages]
    assert all(MARK in page.text for page in pages)
    assert not any(letter in page.text for page in pages for letter in "\x1b\u202e\u2028\x00")


def test_a_long_listing_shows_its_first_rows_and_says_how_many_more_there_are(store: Store) -> None:
    cases = numbers(SHOWN_ROWS + 5)
    store_run(store, asked("m", {case.case_id: answer("x" * 500) for case in cases}), cases=cases)

    shown = read(case_list(store, "run-1", Filters())._repr_html_())

    assert f"{SHOWN_ROWS + 5} rows" in shown.text
    assert "… and 5 more; to_frame() has all." in shown.text
    assert SHOWN_ROWS == shown.text.count("x" * 150)
    assert "x" * 200 not in shown.text
    assert "failure" not in shown.text.split()


def test_two_sides_are_shown_by_metric_and_several_pair_by_pair(store: Store) -> None:
    cases = cases_of(20)
    sides = [candidate(f"m{n}:1b", right_on(cases, range(n * 6))) for n in range(4)]
    store_run(store, *sides[:2], cases=cases, run_id="two")
    store_run(store, *sides, cases=cases, run_id="four")

    two = read(compared(store, "two")._repr_html_())
    four = read(compared(store, "four")._repr_html_())

    assert "Differences are the first side minus the second, paired [95 %]." in two.text
    assert "interval for all pairs" in four.text
    assert 6 == four.text.count(" – ")
    assert "all 4 sides at once (Cochran's Q)" in four.text


def test_groups_without_common_cases_are_shown_with_where_they_come_from(store: Store) -> None:
    for name in ("first", "second"):
        cases = [Case(case_id=f"{name} {n}", prompt=f"What is {n}?", references=(str(n),)) for n in range(8)]
        store_run(store, candidate("m:1b", right_on(cases, range(4))), cases=cases, run_id=name, name=name)

    shown = read(unpaired_result(store, read_comparison_request({"runs": ["first", "second"]}))._repr_html_())

    assert [] == shown.foreign
    assert "group" in shown.text.split()
    assert {"first", "second"} <= set(shown.text.split())


def test_what_is_no_result_has_no_page() -> None:
    with pytest.raises(TypeError, match="a Status has no page"):
        html_of(Status.COMPLETED)


@pytest.mark.parametrize("text", [*TEXTS, ALL, NAME])
def test_nothing_in_a_list_a_case_or_a_plan_becomes_markup(store: Store, text: str) -> None:
    cases = [Case(case_id=f"{n} {text}", prompt=text, references=(text,), tags=(text,)) for n in range(2)]
    down = Failure(kind=FailureKind.SERVER_DOWN, message=text, n_attempts=8)
    store_run(store, asked(text, {cases[0].case_id: answer(text), cases[1].case_id: down}, endpoint=text), cases=cases)
    made = create_experiment(store, name=NAME, question=text, description=text)
    add_runs(store, made.experiment_id, ["run-1"])
    annotate(store, text=text, author=NAME, run_id="run-1", case_id=cases[0].case_id)
    benchmark = Benchmark(name=text, task_type=text, cases=tuple(cases), description=text, source=text)
    now = datetime.now(UTC)
    shown: list[Any] = [
        case_result(store, "run-1", cases[0].case_id),
        case_result(store, "run-1", cases[1].case_id),
        experiment_result(store, NAME),
        ExperimentList([replace(experiment_facts(made), name=text, tags=(text,))]),
        BenchmarkList([BenchmarkFacts.of(benchmark)]),
        BenchmarkResult(facts=BenchmarkFacts.of(benchmark), cases=benchmark.cases),
        ProfileList([ProfileFacts.of(PromptProfile(name=text, system=text, template=text), source="stored")]),
        EndpointList([EndpointRecord(name=text, url=text)]),
        ModelList(
            [ModelRecord(name=text, digest=text, endpoint_name=text, first_seen=now, last_seen=now, is_current=True)]
        ),
        StoredComparisonList(
            [ComparisonSummary(comparison_id=text, benchmark=text, run_ids=(text,), sentence=text, created_at=now)]
        ),
        a_forecast(text),
        SweepForecast(combinations=({"model": text},), costs=a_forecast(text), asked_afterwards=()),
        ComparisonForecast(planned=(a_plan(text),), costs=None),
        ReviewList(
            [ReviewSummary(
                review_id=text, benchmark=text, kind="grades", run_ids=(text,), n_items=1, n_rated=1, raters=(text,),
                created_at=now, rated_at=None,
            )]
        ),
        an_agreement(text),
        RunDiff(
            run_ids=(text, "b"), parameters={text: (text, text)}, only_in_first=(text,), only_in_second=(),
            candidates=(), same_cases=True,
        ),
        MonitorResult(
            moment=now, sentence=text, alerts=(), resolved=(), n_looked_at=0, statistics=(), anomalies=(),
            insights=(Insight(kind=text, text=text, evidence={}),),
        ),
    ]  # fmt: skip

    pages = [read(each._repr_html_()) for each in shown]

    assert [[]] * len(shown) == [page.foreign for page in pages]
    assert all(MARK in page.text for page in pages)
    assert not any(letter in page.text for page in pages for letter in "\x1b\u202e\u2028\x00")


def an_agreement(text: str) -> Agreement:
    share = Share.of([True, False])
    differing = CaseDifference(
        case_id=text, a=text, b=text, position=0, text_a=text, text_b=text, score_a=None, score_b=None
    )
    pair = Between(a=text, b=text, equal=share, scores=None, may_be_pooled=True, sentence=text)
    within = Within(endpoint=text, equal=share, score=None, score_noise=None)
    return Agreement(within=(within,), between=(pair,), differences=(differing,), n_cases=2, n_failed=0)


def a_plan(text: str) -> PlannedComparison:
    return PlannedComparison(
        benchmark=text, benchmark_version="v", run_ids=(text,), by=text, against=text, sides=(text, "b"),
        metrics=(text,), pairs=((text, "b"),),
    )  # fmt: skip


def a_forecast(text: str) -> Forecast:
    work = WorkForecast(
        label=text, benchmark_name=text, n_cases=2, n_repeats=1, n_done=0, n_reusable=0, n_calls=2, shared_with=(text,),
        prompt_tokens=None, prompt_tokens_from_characters=False, output_tokens=None, seconds=None, speed=None,
    )  # fmt: skip
    load = LoadForecast(model=text, load_options={}, load_s=None, works=(work,))
    return Forecast(
        endpoints=(EndpointForecast(endpoint_name=text, slots=1, loads=(load,), seconds=None),), n_model_loads=1,
        n_calls=2, n_done=0, n_reusable=0, n_calls_untimed=2, n_loads_untimed=1, prompt_tokens=None, output_tokens=None,
        seconds=None,
    )  # fmt: skip


def test_a_case_is_shown_with_its_prompt_its_answers_and_their_scores(store: Store) -> None:
    cases = numbers(2)
    store_run(store, asked("m", {case.case_id: answer(f"line\n{case.references[0]}") for case in cases}), cases=cases)
    result = case_result(store, "run-1", cases[0].case_id)

    shown, frame = read(result._repr_html_()), result.to_frame()

    assert [] == shown.foreign
    assert f"case {cases[0].case_id} · numbers · run run-1" in shown.text
    assert cases[0].prompt in shown.text
    assert f"line\n{cases[0].references[0]}\n" in shown.text
    assert [("m", 0, "answer", f"line\n{cases[0].references[0]}")] == [
        (row.candidate, row.repeat, row.outcome, row.answer) for row in frame.itertuples()
    ]
    assert ("string", "Int64", "float64", "float64") == tuple(
        str(frame[name].dtype) for name in ("answer", "n_attempts", "total_s", "exact_match")
    )


def test_a_forecast_is_a_table_and_its_sentences() -> None:
    result = a_forecast("m:1b")

    shown, frame = read(result._repr_html_()), result.to_frame()

    assert "1 model load, 2 calls, time unknown: never asked here." in shown.text
    assert ("m:1b", 2) == (frame["model"][0], frame["n_calls"][0])
    assert ("Int64", "float64", "string") == tuple(str(frame[name].dtype) for name in ("n_calls", "seconds", "speed"))
    assert frame["seconds"].isna().all()


def test_a_race_forecast_says_when_it_decides() -> None:
    bounds = RaceBounds(
        n_candidates=3, n_cases=100, looks=(20, 50), n_confirm=0, first_calls=60, most_calls=150, full_grid_calls=300,
        note="a note",
    )  # fmt: skip
    result = RaceForecast(benchmark_name="numbers", bounds=bounds, first_look=a_forecast("m"), asked_afterwards=())

    shown = read(result._repr_html_())

    assert "A race of 3 candidates on numbers" in shown.text
    assert "Candidates are eliminated after 20 and 50 of 100 cases." in shown.text
    assert "In all at most 150 of the 300 answers of a full evaluation." in shown.text
    assert "a note." in shown.text
    assert 1 == len(result.to_frame())


@pytest.mark.parametrize("text", [*TEXTS, ALL, NAME])
def test_the_stages_of_a_pipeline_are_text_on_the_pages_of_a_run_a_case_and_a_listing(store: Store, text: str) -> None:
    run_id = store_staged_run(store, text, names=(f"{text} 1", f"{text} 2", "reduce"))
    shown: list[Any] = [
        run_result(store, run_id), case_result(store, run_id, "c1"), stage_list(store, run_id, Filters())
    ]  # fmt: skip

    pages = [read(each._repr_html_()) for each in shown]

    assert [[]] * len(shown) == [page.foreign for page in pages]
    assert all(MARK in page.text for page in pages)
    assert not any(letter in page.text for page in pages for letter in "\x1b\u202e\u2028\x00")


def test_a_case_of_a_pipeline_shows_its_trace_with_passages_and_pages(store: Store) -> None:
    run_id = store_staged_run(store, "a note")

    shown = read(case_result(store, run_id, "c1")._repr_html_())

    text = " ".join(shown.text.split())
    assert "Stages of m:1b stage kind model tokens in tokens out total s" in text
    assert "map 2 chat small:1b 1,000 100 1.5 0.25 0.25 0.5 0.5" in text
    assert "search: [1] a note.pdf · passage 3 · pages 4-5 · relevance 0.5: a note" in text
    assert "reduce: a note" in text
