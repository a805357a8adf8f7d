import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.records.kept_texts import KeptText, kept
from evaluation.records.question_context import MOST_KEPT_CHARACTERS


@pytest.mark.parametrize("n", [0, 1, MOST_KEPT_CHARACTERS])
def test_a_text_that_fits_stays_as_it_is(n: int) -> None:
    assert "x" * n == kept("x" * n)


@pytest.mark.parametrize("n", [MOST_KEPT_CHARACTERS + 1, 3 * MOST_KEPT_CHARACTERS])
def test_a_longer_one_is_cut_and_says_what_it_was(n: int) -> None:
    text = "ä\ud800" + "x" * (n - 2)

    cut = kept(text)

    assert MOST_KEPT_CHARACTERS == len(cut)
    assert cut.startswith("ä\ud800xxx")
    whole = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    assert cut.endswith(f"\n[cut here: {n:,} characters in all, sha256 {whole}]")
    assert cut == kept(cut)


@given(st.lists(st.text(max_size=3).map(lambda text: text * 20_000), max_size=5))
def test_a_text_in_pieces_is_kept_as_the_whole_is(pieces: list[str]) -> None:
    whole = KeptText()
    for piece in pieces:
        whole.add(piece)

    assert kept("".join(pieces)) == whole.text
    assert sum(map(len, pieces)) == whole.n_characters
