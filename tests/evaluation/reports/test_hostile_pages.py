"""No page of an artifact holds markup, links or images of anybody but us, whatever names and messages say."""

import pytest
from hostile_texts import ALL, NAME, TEXTS, foreign_markup
from run_results import a_race, race_decision, race_place
from stored_runs import answer, asked, numbers, right, store_run, wrong

from evaluation.case import Case
from evaluation.errors import FailureKind
from evaluation.generation import Failure
from evaluation.races.rules import Spent
from evaluation.races.state import Fate
from evaluation.reports.races.page import race_as_markdown
from evaluation.reports.runs.charts import latencies, quality_against_cost
from evaluation.reports.runs.page import invocation_as_markdown
from evaluation.run_results.run_result import invocation_result
from evaluation.store.session import Store


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """One kind of database: what is held against markup is the page, which is written from the same results."""
    return sqlite_url


def test_what_is_looked_for_is_found_where_nothing_is_escaped() -> None:
    raw = "\n\n".join(TEXTS)

    assert len(foreign_markup(raw)) > 8
    assert [] == foreign_markup("[flow run](../../runs/flow-run/1) **ours** ![p](data:image/svg+xml;base64,AA==)")


@pytest.mark.parametrize("text", [*TEXTS, ALL, NAME])
def test_the_page_of_an_evaluation(store: Store, text: str) -> None:
    cases = [Case(case_id=f"{number} {text}", prompt=f"What is {number}?", references=("1",)) for number in range(6)]
    down = Failure(kind=FailureKind.SERVER_DOWN, message=text, n_attempts=8)
    outcomes = {case.case_id: answer(text) for case in cases[1:]} | {cases[0].case_id: down}
    for number in (1, 2):  # an earlier run too
        store_run(
            store,
            asked(text, outcomes, given_up=text, details={"quantization": text}, endpoint=text),
            asked("b:1b", {case.case_id: answer("1") for case in cases}),
            cases=cases,
            name=text,
            run_id=f"run-{number}",
            flow_run_ids=(f"flow-{number}", text),
        )
    result = invocation_result(store, "of-run-2")

    page = invocation_as_markdown(store, result, table_links={"run-2": text})

    assert [] == foreign_markup(page)
    assert page.count("](data:image/svg+xml;base64,") == 3
    assert len(page) < 200_000
    for block in page.split("\n\n"):
        rows = [line.replace("\\\\", "").replace("\\|", "") for line in block.splitlines() if line.startswith("| ")]
        assert len({row.count("|") for row in rows}) <= 1


@pytest.mark.parametrize("text", [ALL, NAME])
def test_the_page_of_a_race(store: Store, text: str) -> None:
    cases = numbers(6)
    store_run(store, asked(text, right(cases)), asked("b:1b", wrong(cases)), cases=cases, name=text)
    (run,) = invocation_result(store, "of-run-1").runs
    race = a_race(
        [race_place(1, text, score=0.5, n_cases=6, left_after=4, is_given_up=True)],
        [race_decision(1, text, Fate.GIVEN_UP, n_cases=4, reason=text, calls=4)],
        spent=Spent(calls=4, minutes=1.0, tokens=9),
        full_grid_calls=12,
        sentence=text,
        benchmark=text,
        metric=text,
        margin=text,
    )

    page = race_as_markdown(race, charts=[latencies(store, run), quality_against_cost(run)])

    assert [] == foreign_markup(page)
    assert 3 == page.count("](data:image/svg+xml;base64,")
