"""Chunks hold the whole text, in order, none larger than asked, and repeat no more than the overlap."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.retrieval.chunking import LONGEST_PIECE, chunks_in_words, packed, pieces
from evaluation.words import n_words

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


@pytest.mark.parametrize(
    "text",
    ["これは東京の天気についての短い文です。" * 500, "ประเทศไทยมีอาหารอร่อย" * 500, "QUJD" * 75_000, "漢" * 30_000],
    ids=["sentences", "thai", "base64", "no stop"],
)
def test_a_text_without_blanks_is_split_and_nothing_is_lost(text: str) -> None:
    chunks = chunks_in_words(text, size=50, overlap=5)

    assert max(len(chunk.text) for chunk in chunks) <= 50 * 4
    assert all(chunk.start <= before.end < chunk.end for before, chunk in pairwise(chunks))
    assert (chunks[0].start, chunks[-1].end) == (0, len(text))


def test_a_sentence_without_a_blank_behind_it_ends_with_its_full_stop() -> None:
    chunks = chunks_in_words("今日は晴れ。「本当？」と言う。", size=5, overlap=0)

    assert ["今日は晴れ。", "「本当？」", "と言う。"] == [chunk.text for chunk in chunks]


def test_a_chunk_that_repeats_has_room_for_something_new() -> None:
    chunks = chunks_in_words("A. B. C d e.", size=3, overlap=1)

    assert ["A. B.", "C d e."] == [chunk.text for chunk in chunks]
