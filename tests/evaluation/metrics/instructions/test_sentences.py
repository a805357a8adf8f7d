"""The decisions of NLTK's Punkt: with its own code on our words, and by hand what its English model gives."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

from evaluation.metrics.instructions.sentences import ABBREVIATIONS, STARTERS, USUALLY_SMALL, sentences

_WORDS = (
    "Mr. Dr. U.S. a.m. e.g. etc. ... .. . ! ? !!! 1. 2) 3.5 10,000. J. A. C. Smith Hello hello The the He What please "
    "Well, end. end? \"Hi.\" (Yes.) 'no.' . . -- - * [x] a.b Ph.D. Inc. word.Next J.K. 😀. שלום."
)
WORDS = _WORDS.split(" ")
PIECES = st.tuples(st.sampled_from(WORDS), st.sampled_from([" ", " ", "", "\n", "\n\n", "\t"]))
TEXTS = st.lists(PIECES, max_size=20).map(lambda pieces: "".join(word + blank for word, blank in pieces))
# NLTK treats curly quotes as marks only from 3.10 on, so they are tested by hand below.
CHARACTERS = st.text(alphabet="aAI.!?\"') (\n-,;:1…&éאـ", max_size=40)


@pytest.fixture(scope="module")
def punkt() -> PunktSentenceTokenizer:
    """NLTK's own code with our words in place of its model: 32 is "seen small", 4 "seen with a capital inside"."""
    words = PunktParameters()
    words.abbrev_types = set(ABBREVIATIONS)
    words.ortho_context.update(dict.fromkeys(STARTERS, 32) | dict.fromkeys(USUALLY_SMALL, 36))
    return PunktSentenceTokenizer(words)


@settings(max_examples=150)
@given(text=TEXTS | CHARACTERS)
def test_the_rules_are_punkts(punkt: PunktSentenceTokenizer, text: str) -> None:
    assert punkt.tokenize(text) == sentences(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. Smith met Dr. Who at 5 p.m. They left.", ["Mr. Smith met Dr. Who at 5 p.m.", "They left."]),
        ("Wait... what? Well... I go.", ["Wait... what?", "Well...", "I go."]),
        ("Hm... What now? Is it... London?", ["Hm... What now?", "Is it... London?"]),
        ("J. R. Smith lives in the U.S. Really.", ["J. R. Smith lives in the U.S. Really."]),
        ("Fruit, e.g. apples, etc. and so on", ["Fruit, e.g.", "apples, etc.", "and so on"]),
        ("1. Peel.\n2. Cut it.", ["1.", "Peel.", "2.", "Cut it."]),
        ("1. Wash.\n2. Cut it.", ["1.", "Wash.\n2.", "Cut it."]),  # as in Washington
        ("It was 1990. and 3.5 more. 7 left.", ["It was 1990. and 3.5 more.", "7 left."]),
        ('He said "Go." Then (he left.) "Why?" she.', ['He said "Go."', "Then (he left.)", '"Why?"', "she."]),
        ("She said “Go.” He left.", ["She said “Go.”", "He left."]),
        ("Grade A. The best. Vitamin C. The best.", ["Grade A.", "The best.", "Vitamin C. The best."]),
        ("The vice-lt-gen. Smith left. He ran.", ["The vice-lt-gen. Smith left.", "He ran."]),
        ("No end\n\nNew line", ["No end\n\nNew line"]),
        ("Why?! No!!! Yes", ["Why?!", "No!!!", "Yes"]),
        ("版权。没有", ["版权。没有"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_the_decisions_on_common_english_are_those_of_nltks_model(text: str, expected: list[str]) -> None:
    assert expected == sentences(text)


def test_a_word_is_in_one_list_only() -> None:
    assert not STARTERS & USUALLY_SMALL
    assert not ABBREVIATIONS & (STARTERS | USUALLY_SMALL)
    assert all(word == word.lower() and not word.endswith(".") for word in ABBREVIATIONS | STARTERS | USUALLY_SMALL)
