"""The metrics of instructions, on whole cases; their kinds are tested in `instructions/`."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.case import Case
from evaluation.errors import FailureKind
from evaluation.generation import Generation
from evaluation.metrics.instruction_following import (
    InstructionAccuracy,
    InstructionAccuracyLoose,
    InstructionFollowing,
    InstructionFollowingLoose,
)
from evaluation.metrics.instructions.following import variants
from evaluation.metrics.metric import Metric
from evaluation.metrics.needs import missing_needs
from evaluation.scores import Measurement

ALL = (InstructionFollowing(), InstructionFollowingLoose(), InstructionAccuracy(), InstructionAccuracyLoose())
EVERY_KIND: dict[str, dict[str, Any]] = {
    "keywords:existence": {"keywords": ["story", "a.?b"]},
    "keywords:frequency": {"keyword": "a", "frequency": 3, "relation": "at least"},
    "keywords:forbidden_words": {"forbidden_words": ["rock"]},
    "keywords:letter_frequency": {"letter": "q", "let_frequency": 3, "let_relation": "less than"},
    "language:response_language": {"language": "de"},
    "length_constraints:number_sentences": {"num_sentences": 3, "relation": "less than"},
    "length_constraints:number_paragraphs": {"num_paragraphs": 3},
    "length_constraints:number_words": {"num_words": 10, "relation": "at least"},
    "length_constraints:nth_paragraph_first_word": {"num_paragraphs": 1, "nth_paragraph": 1, "first_word": "x"},
    "detectable_content:number_placeholders": {"num_placeholders": 2},
    "detectable_content:postscript": {"postscript_marker": "P.P.S"},
    "detectable_format:number_bullet_lists": {"num_bullets": 2},
    "detectable_format:constrained_response": {},
    "detectable_format:number_highlighted_sections": {"num_highlights": 2},
    "detectable_format:multiple_sections": {"section_spliter": "Section", "num_sections": 2},
    "detectable_format:json_format": {},
    "detectable_format:title": {},
    "combination:two_responses": {},
    "combination:repeat_prompt": {"prompt_to_repeat": "Say it"},
    "startend:end_checker": {"end_phrase": "end"},
    "startend:quotation": {},
    "change_case:capital_word_frequency": {"capital_frequency": 2, "capital_relation": "less than"},
    "change_case:english_capital": {},
    "change_case:english_lowercase": {},
    "punctuation:no_comma": {},
}


def _case_of(instructions: dict[str, Any], case_id: str = "q1") -> Case:
    details = {"instruction_id_list": list(instructions), "kwargs": list(instructions.values())}
    return Case(case_id=case_id, prompt="?", details=details)


def _measured(metric: Metric, case: Case, answer: str) -> Measurement:
    measurement = metric.measure(case, (Generation(text=answer, answer=answer),), {})
    assert isinstance(measurement, Measurement)
    return measurement


THREE = _case_of(
    {
        "punctuation:no_comma": {},
        "length_constraints:number_words": {"num_words": 3, "relation": "at least"},
        "startend:quotation": {},
    }
)


def test_a_prompt_counts_where_all_its_instructions_are_followed() -> None:
    found = _measured(InstructionFollowing(), THREE, '"one two three"')
    assert (1.0, "followed", None) == (found.value, found.label, found.rationale)


def test_the_rationale_names_the_instructions_that_were_not_followed() -> None:
    found = _measured(InstructionFollowing(), THREE, "one, two")
    assert (0.0, "failed") == (found.value, found.label)
    assert (
        "not followed: punctuation:no_comma; length_constraints:number_words(num_words=3, relation='at least'); "
        "startend:quotation"
    ) == found.rationale


def test_accuracy_is_the_share_of_instructions_and_keeps_each_verdict() -> None:
    found = _measured(InstructionAccuracy(), THREE, '"one, two, three"')
    assert (2 / 3, "failed") == (found.value, found.label)
    verdicts = ("punctuation:no_comma", 0.0, "length_constraints:number_words", 1.0, "startend:quotation", 1.0)
    assert verdicts == found.evidence


def test_over_cases_each_instruction_counts_once() -> None:
    # 2 of 3 in one case and 0 of 1 in another: 2 of 4 in all, where the mean of the shares is 1/3.
    rows = [
        _measured(InstructionAccuracy(), THREE, '"one, two, three"'),
        _measured(InstructionAccuracy(), _case_of({"punctuation:no_comma": {}}), "a, b"),
    ]
    assert 0.5 == InstructionAccuracy().aggregate(rows)
    assert 0.5 == InstructionAccuracyLoose().aggregate(rows)


@pytest.mark.parametrize(
    ("instructions", "answer"),
    [
        ({"startend:quotation": {}}, 'Sure, here it is:\n"Hello"'),
        ({"startend:quotation": {}}, '"Hello"\nI hope that this helps!'),
        ({"startend:quotation": {}}, 'Sure:\n"Hello"\nBye!'),
        ({"startend:quotation": {}}, '**"Hello"**'),
        ({"startend:quotation": {}}, 'Sure:\n**"Hello"**'),
        ({"startend:quotation": {}}, '*"Hello"*\nBye'),
        ({"startend:quotation": {}}, 'Sure:\n*"Hello"*\n\nBye'),
        # each instruction by another form of the answer
        ({"startend:quotation": {}, "combination:repeat_prompt": {"prompt_to_repeat": "Sure"}}, 'Sure:\n"Hello"'),
    ],
)
def test_the_loose_verdict_forgives_a_first_line_a_last_line_and_asterisks(
    instructions: dict[str, Any], answer: str
) -> None:
    case = _case_of(instructions)
    assert 0.0 == _measured(InstructionFollowing(), case, answer).value
    assert 1.0 == _measured(InstructionFollowingLoose(), case, answer).value
    assert _measured(InstructionAccuracy(), case, answer).value < 1.0
    assert 1.0 == _measured(InstructionAccuracyLoose(), case, answer).value


def test_the_loose_verdict_forgives_nothing_else() -> None:
    case = _case_of({"startend:quotation": {}})
    assert 0.0 == _measured(InstructionFollowingLoose(), case, 'Sure.\nHere:\n"Hello"').value
    assert 0.0 == _measured(InstructionFollowingLoose(), case, '_"Hello"_').value


def test_the_eight_forms_of_an_answer() -> None:
    expected = {" *a*\n*b* \n c", "*b* \n c", "*a*\n*b*", "*b*", " a\nb \n c", "b \n c", "a\nb", "b"}
    assert expected == set(variants(" *a*\n*b* \n c"))
    assert ("x", "") == variants("x")


@pytest.mark.parametrize("metric", ALL)
@pytest.mark.parametrize("answer", ["", " \n\t"])
def test_a_blank_answer_follows_nothing(metric: Metric, answer: str) -> None:
    generation = Generation(text=answer, answer=answer, own_failure=FailureKind.EMPTY_ANSWER)
    found = metric.measure(_case_of({"punctuation:no_comma": {}}), (generation,), {})
    assert isinstance(found, Measurement)
    assert (0.0, "failed") == (found.value, found.label)


def test_a_bad_instruction_is_refused_with_its_case_before_anything_is_asked() -> None:
    good = _case_of({"punctuation:no_comma": {}})
    bad = _case_of({"punctuation:no_comma": {"x": 1}}, case_id="1005")
    expected = (
        "metric 'instruction_following_loose' cannot be measured: case '1005' has instructions that cannot be checked: "
        "punctuation:no_comma takes no arguments, its kwargs hold x"
    )
    assert expected == missing_needs(InstructionFollowingLoose(), (good, bad))
    assert missing_needs(InstructionFollowing(), (good,)) is None


@settings(max_examples=60)
@given(
    answer=st.text(max_size=200) | st.text(alphabet="aA *-[]<>\".,!?\n#P:s1{}'“”\ud800\x00\x1cא\u200f😀", max_size=80)
)
def test_values_have_their_bounds_and_loose_is_never_below_strict(answer: str) -> None:
    case = _case_of(EVERY_KIND)
    strict, loose, share, loose_share = (_measured(metric, case, answer) for metric in ALL)
    assert {strict.value, loose.value} <= {0.0, 1.0}
    assert strict.value <= share.value <= loose_share.value <= 1.0
    assert loose.value >= strict.value
    assert share.value == InstructionAccuracy().aggregate([share])
    assert all(given <= found for given, found in zip(share.evidence[1::2], loose_share.evidence[1::2], strict=True))


@settings(max_examples=30)
@given(answer=st.text(alphabet="aA b.,!\n*", max_size=60), n=st.integers(0, 12))
def test_less_than_and_at_least_are_opposites(answer: str, n: int) -> None:
    for name, argument, relation in (
        ("length_constraints:number_words", "num_words", "relation"),
        ("length_constraints:number_sentences", "num_sentences", "relation"),
        ("change_case:capital_word_frequency", "capital_frequency", "capital_relation"),
    ):
        less, least = (
            _measured(InstructionFollowing(), _case_of({name: {argument: n, relation: words}}), answer).value
            for words in ("less than", "at least")
        )
        assert (1.0 if answer.strip() else 0.0) == less + least


HOSTILE = {
    "one_word": "a" * 200_000,
    "line_breaks": "\n" * 200_000 + "x",
    "blanks": "." + " " * 200_000 + "x",
    "brackets": "[" * 100_000 + "<" * 100_000,
    "asterisks": "*a" * 100_000,
    "quotes": "\"'" * 100_000 + "x",
    "json": '{"a":[' * 20_000,
    "addresses": "a@" * 100_000,
    "surrogates": "\ud800" * 200_000,
    "control_characters": "\x00\x1c\x85." * 50_000,
    "dotted": ". " * 20_000,
}


@pytest.mark.no_cover
@pytest.mark.parametrize("answer", HOSTILE.values(), ids=list(HOSTILE))
def test_a_huge_hostile_answer_is_judged_in_time_that_grows_with_its_length(answer: str) -> None:
    # Processor time, and far more than is needed: what grows with the square takes hours.
    started = time.process_time()
    found = _measured(InstructionAccuracy(), _case_of(EVERY_KIND), answer)
    assert 0.0 <= found.value <= 1.0
    assert time.process_time() - started < 45
