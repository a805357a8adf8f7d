"""Closed classes of words, each word by what it does to a measure."""

import pytest

from evaluation.metrics.quality.completeness import ending_score
from evaluation.metrics.quality.prompt_requirements import topics
from evaluation.metrics.quality.reading import reading_of
from evaluation.metrics.quality.sentence_facts import sentence_of
from evaluation.metrics.quality.specificity import specific_share

SMALL = """
and or nor than as of without into onto about over under between through during do does did done have has had having me
us my mine yours ours whom whose every some own one two three either neither most less least much many few very just
even ever here up down out off further whether
will is it however example also a not more we if see the later second how in
"""
INTRODUCING = "a an some each any every one two three several four"
POINTING_BACK = "the its their his her both this these that those such"
DANGLING = """
the a an and or but nor of to from with into than because although while whether if its their our your my very
"""
CUES = {
    "will": "modal",
    "is": "be",
    "it": "anaphoric",
    "while": "contrast",
    "however": "contrast",
    "example": "example",
    "also": "also",
    "consequently": "also",
    "an": "indefinite",
    "not": "negative",
    "more": "relating",
    "we": "speaker",
    "if": "condition",
    "see": "pointing",
    "the": "definite",
    "later": "time",
    "second": "ordinal",
    "how": "question",
    "in": "preposition",
}


@pytest.mark.parametrize("word", SMALL.split())
def test_a_small_word_is_no_name_no_topic_and_no_link(word: str) -> None:
    assert 0.0 == specific_share(reading_of(f"a {word.title()}"))
    assert () == topics(f"explain {word}.")
    assert frozenset({"heron"}) == sentence_of(f"{word} heron").stems


@pytest.mark.parametrize(("word", "name"), CUES.items())
def test_a_word_of_each_class_tells_where_its_sentence_stands(word: str, name: str) -> None:
    classes = {each for cue in CUES.values() for each in (cue, f"starts_{cue}")} | {"starts_content", "starts_other"}
    assert {f"starts_{name}"} == classes & sentence_of(f"{word} heron").cues.keys()
    assert {"starts_content", name} == classes & sentence_of(f"Herons {word}").cues.keys()


@pytest.mark.parametrize("word", INTRODUCING.split())
def test_what_a_word_introduces_is_new(word: str) -> None:
    assert frozenset({"heron"}) == sentence_of(f"{word} heron").introduced


@pytest.mark.parametrize("word", POINTING_BACK.split())
def test_what_a_word_points_back_at_is_known(word: str) -> None:
    assert frozenset({"heron"}) == sentence_of(f"{word} heron").pointed_at


@pytest.mark.parametrize("word", DANGLING.split())
def test_no_answer_ends_after_a_word_that_asks_for_another(word: str) -> None:
    assert 0.0 == ending_score(f"Eggs {word}")
