"""The form of some cases: what it asks for, what it refuses, and what is read of it."""

from typing import Any

import pytest
from pydantic import ValidationError
from reviewable import NAMES, fill, opened

from evaluation.errors import ConfigurationError
from evaluation.records.reviews import Said
from evaluation.store.session import Store
from tasks.reviews.form import page_form, read_form

GRADES = {f"{letter}_{name}": 3 for letter in "ab" for name in ("accuracy", "completeness", "relevance", "speed")}


def test_each_case_is_a_group_of_grades_with_bounds_and_no_name_of_a_model(store: Store) -> None:
    fill(store)
    review = opened(store)
    form = page_form(review, review.items[3:5], description="# Cases", rater="ana")
    schema: dict[str, Any] = form.model_json_schema()

    assert ["rater", "case_4", "case_5"] == list(schema["properties"])
    assert ["case_4", "case_5"] == schema["required"]
    case = schema["$defs"]["Case4"]
    assert [*GRADES, "notes"] == list(case["properties"])
    assert list(GRADES) == case["required"]
    assert (1, 5, "A: accuracy") == tuple(
        case["properties"]["a_accuracy"][key] for key in ("minimum", "maximum", "title")
    )
    assert "1 (worst) to 5 (best)" in case["properties"]["a_accuracy"]["description"]
    assert "ana" == schema["properties"]["rater"]["default"]
    assert not [name for name in NAMES if name in str(schema)]


def test_grades_are_read_in_the_order_of_the_answers(store: Store) -> None:
    fill(store)
    review = opened(store)
    form = page_form(review, review.items[:1], description="", rater=None)
    rater, said = read_form(
        review, review.items[:1], form(rater=" ana  b ", case_1=GRADES | {"a_accuracy": 5, "notes": " so "})
    )

    three = {"accuracy": 3, "completeness": 3, "relevance": 3, "speed": 3}
    assert "ana b" == rater
    assert (Said(item_id=review.items[0].item_id, grades=(three | {"accuracy": 5}, three), notes="so"),) == said


def test_what_is_out_of_bounds_missing_or_unknown_is_refused(store: Store) -> None:
    fill(store)
    review = opened(store)
    form = page_form(review, review.items[:1], description="", rater=None)

    for case in ({"a_accuracy": 9}, {"a_accuracy": 0}, {"a_accuracy": 4.5}, {"c_accuracy": 3}, {"notes": "x" * 4001}):
        with pytest.raises(ValidationError):
            form(rater="ana", case_1=GRADES | case)
    with pytest.raises(ValidationError):
        form(rater="ana", case_1={name: 3 for name in GRADES if name != "b_speed"})
    with pytest.raises(ConfigurationError, match="name is empty"):
        read_form(review, review.items[:1], form(rater="  ", case_1=GRADES))


def test_speed_is_not_asked_for_where_a_time_is_not_known(store: Store) -> None:
    from stored_runs import answer, asked, numbers, store_run

    cases = numbers(2)
    store_run(store, asked("a:1b", {case.case_id: answer("x", reused=True) for case in cases}), cases=cases)
    review = opened(store)
    form = page_form(review, review.items[:1], description="", rater=None)

    assert ["a_accuracy", "a_completeness", "a_relevance", "notes"] == list(
        form.model_json_schema()["$defs"]["Case1"]["properties"]
    )


@pytest.mark.parametrize(("better", "preferred"), [("A", 0), ("B", 1), ("tie", None)])
def test_a_preference_is_a_choice_of_three(store: Store, better: str, preferred: int | None) -> None:
    fill(store)
    review = opened(store, kind="preference")
    page = review.items[:1]
    form = page_form(review, page, description="", rater=None)

    assert ["A", "B", "tie"] == form.model_json_schema()["$defs"]["Case1"]["properties"]["better"]["enum"]
    _, (said,) = read_form(review, page, form(rater="ana", case_1={"better": better}))
    assert (preferred, None) == (said.preferred, said.grades)
    with pytest.raises(ValidationError):
        form(rater="ana", case_1={"better": "C"})


def test_why_something_was_not_stored_stands_where_it_is_seen(store: Store) -> None:
    fill(store)
    review = opened(store)
    form = page_form(review, review.items[:1], description="", rater=None, refused="<b>`nobody`")

    assert "were not stored: `` <b>`nobody` ``" in form.model_json_schema()["properties"]["rater"]["description"]
