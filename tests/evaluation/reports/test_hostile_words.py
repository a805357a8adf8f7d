"""What the program that looks at pages in a browser counts: hostile words that are really there as text."""

import pytest
from hostile_texts import ALL, NAME, TEXTS, n_hostile_words, texts_shown

from evaluation.escaping import for_cell


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_seen_where_all_of_its_letters_are_however_they_are_broken_into_lines(text: str) -> None:
    shown = for_cell(text)
    folded = "\n".join(shown[start : start + 5] for start in range(0, len(shown), 5))

    assert frozenset({text}) == texts_shown(folded)
    assert text.count("hostile") == n_hostile_words(folded)


def test_a_page_that_is_hostile_by_the_name_of_its_benchmark_alone_shows_no_hostile_text() -> None:
    page = f"Cases 1 to 1 of 1 · {NAME}\nAsked: What is 14?\nA B C D\n14 14 14 14"

    assert (2, frozenset()) == (n_hostile_words(page), texts_shown(page))


def test_markup_that_a_page_obeyed_is_not_seen_as_text() -> None:
    obeyed = "alert('hostile')\nhostile\nhostile heading\nhostile\nhostile list\nhostile box\nhostile quote\nhostile"

    assert frozenset() == texts_shown(obeyed)
    assert frozenset(TEXTS) == texts_shown(ALL)
