"""Words of the pages in plain words, and the same in the documentation."""

from pathlib import Path

import pytest

from evaluation.glossary import TERMS, Term, term_of
from evaluation.metrics import numbers_in_text

PAGE = Path(__file__).parents[2] / "docs" / "glossary.md"


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.word)
def test_the_documentation_says_what_the_pages_say(term: Term) -> None:
    names = ", ".join(f"`{name}`" for name in term.names)
    assert f"| **{term.word}** | {names} | {term.meaning} |" in PAGE.read_text(encoding="utf-8").splitlines()


def test_each_name_is_explained_once() -> None:
    names = [name.casefold() for term in TERMS for name in (term.word, *term.names)]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("text", ["MDE", "tpot_s", "ttft_s", "p (Holm)", "Holm", "letters", "exact_match"])
def test_what_newcomers_stumbled_over_is_explained(text: str) -> None:
    assert (term_of(text) is None) == (text == "exact_match")


@pytest.mark.parametrize("name", ["MARKED", "ANNOUNCED", "AMBIGUOUS", "LAST_LINE", "EARLIER_LINE", "INSIDE_WORD"])
def test_labels_of_numbers_are_explained(name: str) -> None:
    assert term_of(getattr(numbers_in_text, name)) is not None
