"""The words that pages explain: found by each of their names, and never two for one name."""

from collections import Counter

import pytest

from evaluation.glossary import TERMS, find_term, plain_word
from evaluation.metrics import numbers_in_text
from evaluation.metrics.speed import SPEED_METRICS


@pytest.mark.parametrize(
    "name", ["MDE", "mde", "p (Holm)", "letters", "announced", "ttft_s", "tpot_s", "exact_match *"]
)
def test_a_word_is_found_by_each_of_its_names(name: str) -> None:
    term = find_term(name)
    if name == "exact_match *":
        assert term is None
    else:
        assert term is not None
        assert term.meaning.endswith((".", ".”"))


def test_no_word_and_no_other_name_stands_for_two_things() -> None:
    names = [name.casefold() for term in TERMS for name in (term.word, *term.also, *term.fields)]
    assert [] == [name for name, n in Counter(names).items() if n > 1]


@pytest.mark.parametrize("name", SPEED_METRICS)
def test_the_figures_of_every_run_have_plain_names(name: str) -> None:
    assert "_" not in plain_word(name)
    assert plain_word(name) + " *" == plain_word(f"{name} *")


def test_other_texts_stay_what_they_are() -> None:
    for text in ("exact_match", "Latency", "a:1b", "", "<b>"):
        assert text == plain_word(text)


@pytest.mark.parametrize("name", ["MARKED", "ANNOUNCED", "AMBIGUOUS", "LAST_LINE", "EARLIER_LINE", "INSIDE_WORD"])
def test_labels_of_numbers_are_explained(name: str) -> None:
    assert find_term(getattr(numbers_in_text, name)) is not None
