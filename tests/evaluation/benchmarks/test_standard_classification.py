"""Is the classification suite forty different texts with fair label lists?"""

from collections import Counter

import pytest

from evaluation.benchmarks.suites import load_suite
from evaluation.case import Benchmark, Case

DIFFICULTIES = {"easy", "medium", "hard"}


@pytest.fixture(scope="module")
def suite() -> Benchmark:
    return load_suite("classification")


@pytest.fixture(scope="module")
def cases(suite: Benchmark) -> tuple[Case, ...]:
    return suite.cases


def test_the_header_says_how_the_suite_is_asked_and_scored(suite: Benchmark) -> None:
    assert suite.name == "classification"
    assert suite.task_type == "classification"
    assert suite.metrics == ("accuracy", "macro_f1")
    assert suite.headline == "accuracy"
    assert suite.options == {"num_predict": 16}
    assert suite.licence == "Apache-2.0"
    assert suite.prompt.template == (
        "Text:\n{prompt}\n\nLabels: {labels}\n\nAnswer with one label from the list and nothing else."
    )


def test_there_are_forty_cases_and_no_two_share_an_id_or_a_text(cases: tuple[Case, ...]) -> None:
    assert len(cases) == 40
    assert [f"class-{number:02}" for number in range(1, 41)] == [case.case_id[:8] for case in cases]
    assert len({case.prompt for case in cases}) == 40


def test_every_text_has_ten_to_a_hundred_and_twenty_words(cases: tuple[Case, ...]) -> None:
    lengths = {case.case_id: len(case.prompt.split()) for case in cases}

    assert {case_id: n for case_id, n in lengths.items() if not 10 <= n <= 120} == {}
    assert min(lengths.values()) < 15
    assert max(lengths.values()) > 100


def test_every_case_offers_two_to_six_different_labels_one_of_them_right(cases: tuple[Case, ...]) -> None:
    for case in cases:
        (right,) = case.references
        assert 2 <= len(case.choices) <= 6, case.case_id
        assert len({label.casefold() for label in case.choices}) == len(case.choices), case.case_id
        assert right in case.choices, case.case_id
        assert all("," not in label and "\n" not in label for label in case.choices), case.case_id
    assert len({frozenset(case.choices) for case in cases}) >= 15


def test_always_naming_the_label_at_one_place_is_no_better_than_guessing(cases: tuple[Case, ...]) -> None:
    chance = sum(1 / len(case.choices) for case in cases)

    for place in (0, 1, 2, -1):
        right = sum(case.choices[min(place, len(case.choices) - 1)] in case.references for case in cases)
        assert right <= chance + 3, place


def test_every_case_is_tagged_with_its_topic_difficulty_and_kind(cases: tuple[Case, ...]) -> None:
    difficulties = Counter(case.tags[1] for case in cases)

    assert {len(case.tags) for case in cases} == {3}
    assert set(difficulties) == DIFFICULTIES
    assert min(difficulties.values()) >= 8
    assert len({case.tags[2] for case in cases}) >= 15
