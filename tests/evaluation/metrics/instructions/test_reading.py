from typing import Any

import pytest

from evaluation.case import Case
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.metrics.instruction_following import InstructionFollowing
from evaluation.metrics.instructions.instruction import Relation
from evaluation.metrics.instructions.keywords import Frequency
from evaluation.metrics.instructions.layout import NoComma, NumberBulletLists
from evaluation.metrics.instructions.reading import instruction_of, instructions_of


def _case(ids: Any, kwargs: Any) -> Case:
    return Case(case_id="q1", prompt="?", details={"instruction_id_list": ids, "kwargs": kwargs})


def test_nulls_count_as_missing_and_whole_decimals_as_numbers() -> None:
    case = _case(
        ["punctuation:no_comma", "keywords:frequency"],
        [
            {"num_words": None, "keywords": None},
            {"keyword": "a", "frequency": 2.0, "relation": "at least", "letter": None},
        ],
    )
    expected = (NoComma(), Frequency(keyword="a", frequency=2, relation=Relation.AT_LEAST))
    assert expected == instructions_of(case)
    assert (NoComma(),) == instructions_of(_case(["punctuation:no_comma"], [None]))


def test_none_of_something_can_be_asked_for() -> None:
    assert NumberBulletLists(num_bullets=0) == instruction_of(
        "detectable_format:number_bullet_lists", {"num_bullets": 0}
    )


def test_an_unknown_instruction_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'punctuation:no_comma'"):
        instruction_of("punctuation:no_commas", {})


@pytest.mark.parametrize(
    ("ids", "kwargs", "problem"),
    [
        (None, None, "details.instruction_id_list must be a list of instruction ids"),
        ([], [], "details.instruction_id_list must be a list of instruction ids"),
        ([3], [{}], "details.instruction_id_list must be a list of instruction ids"),
        ("punctuation:no_comma", [{}], "details.instruction_id_list must be a list of instruction ids"),
        (["punctuation:no_comma"], None, "details.kwargs must be a list with one object per instruction"),
        (["punctuation:no_comma"], [{}, {}], "details.kwargs must be a list with one object per instruction"),
        (["punctuation:no_comma"], [3], "punctuation:no_comma: its kwargs must be an object, not 3"),
    ],
)
def test_details_of_another_shape_are_refused(ids: Any, kwargs: Any, problem: str) -> None:
    expected = f"has instructions that cannot be checked: {problem}"
    assert expected == InstructionFollowing().problem(_case(ids, kwargs))


@pytest.mark.parametrize(
    ("name", "kwargs", "problem"),
    [
        (
            "length_constraints:number_words",
            {"num_words": 3},
            "length_constraints:number_words takes num_words, relation, its kwargs hold num_words",
        ),
        ("punctuation:no_comma", {"x": 1}, "punctuation:no_comma takes no arguments, its kwargs hold x"),
        (
            "length_constraints:number_words",
            {"num_words": 3, "relation": "at most"},
            "length_constraints:number_words: relation='at most' is not 'less than' or 'at least'",
        ),
        (
            "length_constraints:number_paragraphs",
            {"num_paragraphs": -1},
            "length_constraints:number_paragraphs: num_paragraphs=-1 is not a whole number from 0",
        ),
        (
            "length_constraints:number_paragraphs",
            {"num_paragraphs": True},
            "length_constraints:number_paragraphs: num_paragraphs=True is not a whole number from 0",
        ),
        (
            "length_constraints:number_paragraphs",
            {"num_paragraphs": float("inf")},
            "length_constraints:number_paragraphs: num_paragraphs=inf is not a whole number from 0",
        ),
        (
            "length_constraints:number_paragraphs",
            {"num_paragraphs": "3"},
            "length_constraints:number_paragraphs: num_paragraphs='3' is not a whole number from 0",
        ),
        (
            "keywords:existence",
            {"keywords": []},
            "keywords:existence: keywords=[] is not a list of texts, at least one",
        ),
        (
            "keywords:existence",
            {"keywords": "abc"},
            "keywords:existence: keywords='abc' is not a list of texts, at least one",
        ),
        (
            "startend:end_checker",
            {"end_phrase": " "},
            "startend:end_checker: end_phrase=' ' is not text that is not blank",
        ),
        (
            "keywords:letter_frequency",
            {"letter": "ab", "let_frequency": 1, "let_relation": "at least"},
            "keywords:letter_frequency: letter='ab' is not a single character",
        ),
        (
            "length_constraints:nth_paragraph_first_word",
            {"num_paragraphs": 2, "nth_paragraph": 3, "first_word": "a"},
            "length_constraints:nth_paragraph_first_word: nth_paragraph=3 is not between 1 and num_paragraphs=2",
        ),
        (
            "keywords:existence",
            {"keywords": ["C++"]},
            "keywords:existence: 'C++' in keywords contains *, + or {, which are unbounded quantifiers in a regular "
            "expression",
        ),
        (
            "keywords:forbidden_words",
            {"forbidden_words": ["ok", "(a"]},
            "keywords:forbidden_words: '(a' in forbidden_words is not a valid regular expression: missing ), "
            "unterminated subpattern "
            "at position 0",
        ),
    ],
)
def test_arguments_that_it_does_not_take_are_refused_and_named(name: str, kwargs: dict[str, Any], problem: str) -> None:
    expected = f"has instructions that cannot be checked: {problem}"
    assert expected == InstructionFollowing().problem(_case([name], [kwargs]))


def test_the_problem_of_an_unknown_instruction_names_it_with_the_known_ones() -> None:
    problem = InstructionFollowing().problem(_case(["keywords:exists"], [{}])) or ""
    assert problem.startswith(
        "has instructions that cannot be checked: unknown instruction 'keywords:exists'; "
        "did you mean 'keywords:existence'? Known: change_case:capital_word_frequency, "
    )


def test_a_language_that_is_not_asked_for_is_answered_with_the_others() -> None:
    with pytest.raises(ConfigurationError, match="language='xx' is not one of ar, bg, bn"):
        instruction_of("language:response_language", {"language": "xx"})


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("keywords:existence", {"keywords": ["a(b)*"]}),
        ("keywords:frequency", {"keyword": "a{2,}", "frequency": 1, "relation": "at least"}),
        ("keywords:forbidden_words", {"forbidden_words": ["x+"]}),
        ("detectable_content:postscript", {"postscript_marker": ".*"}),
        ("detectable_format:multiple_sections", {"section_spliter": r"\\+", "num_sections": 1}),
    ],
)
def test_a_pattern_that_repeats_without_end_is_refused_wherever_words_are_patterns(
    name: str, kwargs: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError, match="unbounded quantifiers"):
        instruction_of(name, kwargs)


def test_marks_with_a_backslash_stand_for_themselves() -> None:
    plus = instruction_of("keywords:existence", {"keywords": [r"C\+\+"]})
    assert (True, False) == (plus.is_followed("I like c++."), plus.is_followed("I like c."))


def test_it_shows_itself_in_short() -> None:
    words = instruction_of("length_constraints:number_words", {"num_words": 300, "relation": "at least"})
    assert "length_constraints:number_words(num_words=300, relation='at least')" == words.shown
    assert "punctuation:no_comma" == NoComma().shown
    long = instruction_of("combination:repeat_prompt", {"prompt_to_repeat": "x" * 1000})
    assert f"combination:repeat_prompt(prompt_to_repeat='{'x' * 56}...)" == long.shown
