"""What a notebook shows of results: their tables, with everything that anybody wrote escaped."""

from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from compared_runs import candidate, cases_of, compared, right_on
from comparison_results import a_comparison
from hostile_texts import ALL, MARK, NAME, TEXTS
from run_results import a_race, a_run_result, an_invocation_result, candidate_result, metric_result, race_place
from stored_runs import answer, asked, numbers, store_run

from evaluation.case import Case
from evaluation.comparisons.unpaired_result import unpaired_result
from evaluation.errors import FailureKind
from evaluation.exports.filters import Filters
from evaluation.exports.listings import case_list, score_list
from evaluation.generation import Failure
from evaluation.races.rules import Spent
from evaluation.records.status import Status
from evaluation.records.traffic_calls import TrafficCall
from evaluation.reports.notebook import SHOWN_ROWS, html_of
from evaluation.requests.comparison_request import read_comparison_request
from evaluation.results.listings import ComparisonList, RunList, TrafficList
from evaluation.results.races import RaceResult
from evaluation.results.runs import Alarm
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
    assert "exact_match, pair by pair [intervals adjusted for all pairs]" in four.text
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
