"""What a rater sees: all of the answers, as they are, and nothing that tells whose they are."""

import dataclasses

import pytest
from reviewable import HOSTILE, NAMES, fill, opened

from evaluation.case import Message
from evaluation.records.reviews import ReviewItem, ReviewQuestion, ReviewRecord
from evaluation.reviews.blinded_cases import as_cell, cases_title, item_as_hint, page_as_markdown, shown_time
from evaluation.reviews.progress import cases_per_form, page_key, pages
from evaluation.store.session import Store


@pytest.fixture
def review(store: Store) -> ReviewRecord:
    fill(store)
    return opened(store)


def hostile(item: ReviewItem) -> ReviewItem:
    return dataclasses.replace(
        item,
        question=ReviewQuestion(messages=(Message(role="user", content=HOSTILE),), references=(HOSTILE,)),
        outputs=tuple(dataclasses.replace(output, answer=HOSTILE) for output in item.outputs),
    )


def test_no_name_of_a_model_or_a_run_stands_on_a_page_in_its_key_or_in_a_form(review: ReviewRecord) -> None:
    for page in pages(review, 3):
        for text in (
            page_as_markdown(review, page),
            page_key(page),
            cases_title(page, len(review.items)),
            *(item_as_hint(review, item) for item in page),
        ):
            assert not [name for name in (*NAMES, "run-1", "small", "large", "digest") if name in text]
            assert not [item.reason for item in page if item.reason in text]


def test_answers_stand_side_by_side_under_letters(review: ReviewRecord) -> None:
    item = review.items[0]
    page = page_as_markdown(review, [item])

    assert page.startswith("# Case 1 of 10 · numbers\n\nGrade each answer from 1")
    assert f"| A | B |\n| --- | --- |\n| {item.outputs[0].answer} | {item.outputs[1].answer} |\n" in page


def test_a_time_is_told_by_one_figure_alone_and_only_where_speed_is_graded(review: ReviewRecord, store: Store) -> None:
    assert "*about 0.4 s*" in page_as_markdown(review, review.items)
    assert "0.42" not in page_as_markdown(review, review.items)
    other = opened(store, criteria=["accuracy"])
    assert " s*" not in page_as_markdown(other, other.items)
    assert ["about 3 s", "about 0.04 s", "about 100 s", "not measured"] == [
        shown_time(seconds) for seconds in (3.42, 0.0377, 123.4, None)
    ]


def test_markup_in_a_text_shows_as_the_characters_it_is_made_of(review: ReviewRecord) -> None:
    page = page_as_markdown(review, [hostile(review.items[0])])

    for raw in ("<script", "<img", "](javascript", "![i]", "http://", "| pipe |", "```"):
        assert raw not in page.replace("\\", "\\\\")
    assert "&lt;script&gt;" in page
    assert "<br>\u00a0\u00a0\u00a0\u00a0indented" in page
    rows = [line for line in page.split("\n") if line.startswith("| \\") or line.startswith("| &lt;")]
    assert [3] == [line.replace("\\|", "").count("|") for line in rows]


def test_the_help_of_a_field_holds_the_case_as_code(review: ReviewRecord) -> None:
    hint = item_as_hint(review, hostile(review.items[0]))
    code = [part.partition(": ")[2] or part for part in hint.split("\n\n")]

    assert all(part.startswith("`") and part.endswith("`") for part in code)
    assert (
        "`` <script>alert(1)</script> [x](javascript:alert(1)) ![i](http://evil.example/x.png) | pipe | `code` ``"
        in hint
    )
    assert "```` ``` <img src=x onerror=alert(1)> ````" in hint


def test_long_lines_are_folded_in_a_table_and_very_long_texts_are_cut() -> None:
    assert "aaa<br>bbb" == as_cell("aaa bbb", width=4)
    assert "5 more letters are not shown" in as_cell("x" * 20_005)
    assert "" == as_cell(" \n ")


def test_a_form_holds_as_many_cases_as_are_filled_in_with_ease(review: ReviewRecord, store: Store) -> None:
    assert 3 == cases_per_form(review, None)
    assert 7 == cases_per_form(review, 7)
    assert 5 == cases_per_form(opened(store, kind="preference"), None)
    assert ["cases-1-3", "cases-4-6", "cases-7-9", "cases-10-10"] == [page_key(page) for page in pages(review, 3)]
    assert "cases-1-3-again-2" == page_key(pages(review, 3)[0], 2)
