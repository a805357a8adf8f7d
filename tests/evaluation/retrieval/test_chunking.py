"""Chunks hold the whole text, in order, none larger than asked, and repeat no more than the overlap."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.retrieval.chunking import LONGEST_PIECE, chunks_in_words, n_words, packed, pieces

WORDS = st.lists(
    st.sampled_from(["word", "Ende.", "ok?", "\n\n", "\n", "# Head\n", "これ。", " ", "x" * 80]), max_size=200
)


def without_blanks(text: str) -> str:
    return "".join(text.split())


@settings(max_examples=200, deadline=None)
@given(words=WORDS, size=st.integers(min_value=1, max_value=90), share=st.floats(min_value=0, max_value=0.9))
def test_chunks_hold_the_whole_text(words: list[str], size: int, share: float) -> None:
    text = " ".join(words)
    overlap = int(share * size)
    chunks = chunks_in_words(text, size=size, overlap=overlap)

    end = 0
    for before, chunk in zip([None, *chunks], chunks, strict=False):
        assert chunk.text == text[chunk.start : chunk.end].strip()
        assert not text[end : chunk.start].strip()  # nothing lost between two
        assert chunk.end > end  # and each goes on
        if before is not None:
            assert n_words(text[chunk.start : before.end]) <= overlap
        assert 0 < chunk.size <= size
        end = chunk.end
    assert not text[end:].strip()


@settings(max_examples=100, deadline=None)
@given(words=WORDS)
def test_pieces_are_the_text_cut_between_words(words: list[str]) -> None:
    text = " ".join(words)
    parts = [text[piece.start : piece.end] for piece in pieces(text)]

    assert without_blanks("".join(parts)) == without_blanks(text)
    assert all(0 < n_words(part) <= LONGEST_PIECE for part in parts)


def test_a_chunk_ends_with_a_paragraph_where_it_is_half_full() -> None:
    first, second = "One two three. Four five six.", "Seven eight nine. Ten eleven."
    text = f"{first}\n\n{second}"

    assert [chunk.text for chunk in chunks_in_words(text, size=9, overlap=0)] == [first, second]
    assert [chunk.text for chunk in chunks_in_words(text, size=13, overlap=0)] == [text]


def test_a_chunk_repeats_whole_sentences_of_the_one_before() -> None:
    text = "A b c. D e f. G h i. J k l."

    chunks = chunks_in_words(text, size=6, overlap=3)

    assert [chunk.text for chunk in chunks] == ["A b c. D e f.", "D e f. G h i.", "G h i. J k l."]


def test_a_sentence_longer_than_a_chunk_is_split_between_words() -> None:
    chunks = chunks_in_words("word " * 25, size=10, overlap=2)

    assert [chunk.size for chunk in chunks] == [10, 10, 5]


def test_a_text_without_words_has_no_chunks() -> None:
    assert chunks_in_words(" \n\n ", size=10, overlap=2) == ()


def test_an_overlap_as_large_as_a_chunk_is_refused() -> None:
    with pytest.raises(ValueError, match="overlap 4 must be from 0 to below the size, 4"):
        packed("a", pieces("a"), [1], size=4, overlap=4)
