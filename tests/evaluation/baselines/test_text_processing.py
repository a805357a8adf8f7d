"""Sentences, stems and vectors, held against scikit-learn and PageRank's own equation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from evaluation.baselines.embedding import HashedWords
from evaluation.baselines.text_processing import content_stems, cosine, sentences, stem, tfidf
from evaluation.baselines.textrank import TextRank, centrality

TEXTS = ["the red fox runs home", "a red bird flies home again", "nothing like the others", "red red fox"]


def test_titles_initials_and_decimals_do_not_end_a_sentence() -> None:
    text = "Dr. J. Smith paid 3.50 euros. He left! “Really?” Yes.\n\nA heading\n\nThe end"
    assert ["Dr. J. Smith paid 3.50 euros.", "He left!"] == sentences(text)[:2]
    assert ["A heading", "The end"] == sentences(text)[-2:]


@pytest.mark.parametrize(("a", "b"), [("sports", "sporting"), ("founded", "founds"), ("negative", "negatively")])
def test_variants_of_a_word_share_a_stem(a: str, b: str) -> None:
    assert stem(a) == stem(b)
    assert len(stem(a)) >= 3


def test_tfidf_is_what_scikit_learn_computes() -> None:
    reference = TfidfVectorizer(analyzer=content_stems).fit(TEXTS)
    matrix, terms = reference.transform(TEXTS).toarray(), reference.get_feature_names_out()
    for ours, theirs in zip(tfidf(TEXTS), matrix, strict=True):
        assert pytest.approx(dict(zip(terms, theirs, strict=True))) == {term: ours.get(term, 0.0) for term in terms}


@given(st.lists(st.text("ab cd.", max_size=20), min_size=1, max_size=6))
def test_likeness_stays_between_nothing_and_the_same(texts: list[str]) -> None:
    for a in tfidf(texts):
        assert all(-1e-9 <= cosine(a, b) <= 1 + 1e-9 for b in tfidf(texts))


def test_centrality_solves_the_equation_of_pagerank() -> None:
    rank = centrality(TEXTS[:2] + TEXTS[3:])
    vectors = tfidf(TEXTS[:2] + TEXTS[3:])
    likeness = np.array(
        [[0.0 if i == j else cosine(a, b) for j, b in enumerate(vectors)] for i, a in enumerate(vectors)]
    )
    steps = likeness / likeness.sum(axis=1, keepdims=True)
    assert pytest.approx(rank) == 0.15 / 3 + 0.85 * (rank @ steps)
    assert pytest.approx(1.0) == rank.sum()


def test_textrank_prefers_the_sentence_that_shares_most_and_keeps_the_order() -> None:
    document = "Cats sleep. Dogs bark at cats and birds. Birds sing. Stones lie still. Cats and birds and dogs play."
    answer = TextRank(n_sentences=2).answer(f"Document:\n{document}\n\nSummarize.")
    assert "Dogs bark at cats and birds. Cats and birds and dogs play." == answer


def test_embeddings_have_length_one_and_put_like_texts_close() -> None:
    method = HashedWords()
    boat, ship, tax = (
        np.array(method.embed(text))
        for text in ("the boat sails on the sea", "boats sailing on a sea", "income tax rules for the year")
    )
    assert (method.n_dimensions,) == boat.shape
    assert pytest.approx(1.0) == math.sqrt(float(boat @ boat))
    assert boat @ ship > 0.4 > abs(boat @ tax) + 0.1


def test_a_text_without_words_is_the_zero_vector() -> None:
    assert {0.0} == set(HashedWords().embed("?!"))
