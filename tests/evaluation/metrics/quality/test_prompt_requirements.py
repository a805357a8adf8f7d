import pytest

from evaluation.case import Case, Message
from evaluation.metrics.quality.prompt_requirements import (
    READ_PROMPT_CHARS,
    length_requirements,
    prompt_of,
    requested_items,
    topics,
)

INF = float("inf")


@pytest.mark.parametrize(
    ("prompt", "low", "high", "unit"),
    [
        ("write about 200 words on cats.", 180, 220, "word"),
        ("a 500-word essay", 450, 550, "word"),
        ("in one or two sentences, say why.", 1, 2, "sentence"),
        ("at most ten words", 0, 10, "word"),
        ("between 50 and 100 words", 50, 100, "word"),
        ("150-200 words", 150, 200, "word"),
        ("no more than 5 sentences", 0, 5, "sentence"),
        ("in two short paragraphs", 2, 2, "paragraph"),
        ("exactly three sentences", 3, 3, "sentence"),
        ("under 50 words", 0, 49, "word"),
        ("at least 1,000 words", 1000, INF, "word"),
        ("more than 20 words", 21, INF, "word"),
        ("answer in 50 words or less.", 0, 50, "word"),
        ("50 words or more", 50, INF, "word"),
        ("50 words at least", 50, INF, "word"),
        ("50 words at most", 0, 50, "word"),
        ("50 words or fewer", 0, 50, "word"),
        ("50 words maximum", 0, 50, "word"),
        ("50 words max", 0, 50, "word"),
        ("one plain sentence", 1, 1, "sentence"),
        ("in a single sentence", 1, 1, "sentence"),
        ("a hundred words", 90, 110, "word"),
        ("around 300 characters", 270, 330, "character"),
        ("four lines", 4, 4, "line"),
    ],
)
def test_a_stated_length_is_read(prompt: str, low: float, high: float, unit: str) -> None:
    (wish,) = length_requirements(prompt)
    assert (pytest.approx(low), pytest.approx(high), unit) == (wish.low, wish.high, wish.unit)


@pytest.mark.parametrize(
    "prompt", ["why do dogs bark?", "combine these three sentences.", "50 wordsmiths", "", "0" * 99]
)
def test_other_numbers_are_no_lengths(prompt: str) -> None:
    assert () == length_requirements(prompt)


def test_several_lengths_are_all_kept() -> None:
    found = length_requirements("two sentences of at most 20 words each")
    assert [("sentence", 2.0), ("word", 20.0)] == [(wish.unit, wish.high) for wish in found]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("explain photosynthesis, respiration, and fermentation.", [{"photo"}, {"respi"}, {"ferme"}]),
        ("list three reasons why dogs bark, and explain how to stop it.", [{"dogs", "bark"}, {"stop"}]),
        ("what is rust? what is the best way to prevent it?", [{"rust"}, {"best", "preve"}]),
        ("you are tired. describe your evening.", [{"eveni"}]),
        ("answer these:\n1. what is tin?\n2. what is zinc?", [{"tin"}, {"zinc"}]),
        ("what is the capital of france?", []),
        ("shorten: we sell tea and cakes.", []),
        ("describe this row: one two red blue green black white grey pink.", [{"row"}]),
        ("explain the saying 'too many cooks soon spoil the broth' to a child.", [{"sayin", "child"}]),
    ],
)
def test_topics_are_the_parts_of_an_open_task(prompt: str, expected: list[set[str]]) -> None:
    assert expected == [set(topic) for topic in topics(prompt)]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("list three reasons", 3),
        ("dogs bark. please list three reasons", 3),
        ("give me 5 good examples of tools", 5),
        ("what are the two main causes of it?", 2),
        ("there are three reasons", 0),
        ("list the reasons", 0),
    ],
)
def test_the_number_of_items_is_read(prompt: str, expected: int) -> None:
    assert expected == requested_items(prompt)


def test_the_prompt_of_a_talk_is_the_last_message_of_the_user() -> None:
    turns = tuple(
        Message(role=role, content=text) for role, text in [("user", "A"), ("user", "B  C"), ("assistant", "D")]
    )
    assert "b c" == prompt_of(Case(case_id="1", messages=turns))
    assert "" == prompt_of(Case(case_id="1", messages=turns[2:]))


def test_of_a_long_prompt_both_ends_are_read() -> None:
    prompt = prompt_of(Case(case_id="1", prompt="A" + "x" * 10 * READ_PROMPT_CHARS + "B"))
    assert ("a", "b", 2 * READ_PROMPT_CHARS + 1) == (prompt[0], prompt[-1], len(prompt))
