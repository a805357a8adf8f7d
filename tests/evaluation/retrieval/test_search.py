"""Searches by embeddings, words and both, beside the plain ways of computing them."""

import bm25s
import numpy as np
import pytest

from evaluation.errors import ConfigurationError
from evaluation.passage import Passage
from evaluation.retrieval.search import Index, Query, best, fused, of_length_1

WORDS = [f"word{i}" for i in range(60)]


def index(n: int, *, dimension: int = 8, seed: int = 3) -> Index:
    draw = np.random.default_rng(seed)
    texts = [" ".join(draw.choice(WORDS, size=draw.integers(3, 20))) for _ in range(n)]
    passages = tuple(Passage(document="a.txt", position=i, text=text) for i, text in enumerate(texts))
    return Index(passages=passages, vectors=of_length_1(draw.normal(size=(n, dimension)).astype(np.float32)))


def queries(n: int, method: str, *, dimension: int = 8, top_k: int = 7) -> list[Query]:
    draw = np.random.default_rng(4)
    return [
        Query(
            text=" ".join(draw.choice(WORDS, size=4)),
            vector=tuple(map(float, draw.normal(size=dimension))),
            method=method,
            top_k=top_k,
        )
        for _ in range(n)
    ]


def test_dense_order_is_that_of_cosines() -> None:
    searched = index(200)
    assert searched.vectors is not None
    asked = queries(150, "dense")

    for query, found in zip(asked, searched.search(asked), strict=True):
        vector = np.array(query.vector)
        cosines = searched.vectors @ (vector / np.linalg.norm(vector))
        expected = sorted(range(200), key=lambda place: -cosines[place])[:7]
        assert [passage.position for passage in found] == expected
        assert [passage.relevance for passage in found] == pytest.approx(
            [cosines[place] for place in expected], abs=1e-6
        )


@pytest.mark.parametrize("method", ["dense", "hybrid"])
def test_a_question_finds_the_same_by_itself_and_among_others(method: str) -> None:
    searched = index(503, dimension=96)
    assert searched.vectors is not None
    searched.vectors[400:450] = searched.vectors[10]
    asked = [*queries(40, method, dimension=96), Query(text="word1", vector=tuple(searched.vectors[10]), method=method)]

    assert [searched.search([query])[0] for query in asked] == searched.search(asked)


def test_the_order_by_words_is_that_of_bm25s() -> None:
    searched = index(300)
    asked = queries(100, "bm25")
    reference = bm25s.BM25()
    texts = [passage.text for passage in searched.passages]
    reference.index(bm25s.tokenize(texts, stopwords=None, show_progress=False), show_progress=False)
    tokens = bm25s.tokenize([query.text for query in asked], stopwords=None, show_progress=False)
    places, scores = reference.retrieve(tokens, k=8, show_progress=False)

    n_distinct = 0
    for row, (found, query) in enumerate(zip(searched.search(asked), asked, strict=True)):
        assert [passage.relevance for passage in found] == pytest.approx(list(scores[row][:7]))
        are_distinct = len(set(scores[row])) == 8
        n_distinct += are_distinct
        assert not are_distinct or [passage.position for passage in found] == list(places[row][:7]), query
    assert n_distinct > 50


def test_hybrid_is_the_fusion_of_both_rankings() -> None:
    searched = index(50)
    dense, words, both = (
        searched.search(queries(20, method, top_k=k)) for method, k in (("dense", 28), ("bm25", 28), ("hybrid", 7))
    )

    for by_vector, by_word, found in zip(dense, words, both, strict=True):
        sums: dict[int, float] = {}
        for ranking in (by_vector, by_word):
            for rank, passage in enumerate(ranking, 1):
                sums[passage.position] = sums.get(passage.position, 0) + 1 / (60 + rank)
        expected = sorted(sums.values(), reverse=True)[:7]
        assert [passage.relevance for passage in found] == pytest.approx(expected)
        assert all(sums[passage.position] == pytest.approx(passage.relevance) for passage in found)


def test_passages_below_the_least_similarity_are_not_found() -> None:
    searched = index(200)
    asked = [Query(text="", vector=(1.0,) * 8, method="dense", top_k=50, min_similarity=0.3)]

    (found,) = searched.search(asked)

    assert 0 < len(found) < 50
    assert all(passage.relevance >= 0.3 for passage in found)


def test_a_question_that_shares_no_word_finds_nothing_by_words() -> None:
    assert index(20).search([Query(text="unheard of", method="bm25"), Query(text="", method="bm25")]) == [(), ()]


def test_an_embedding_of_another_dimension_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"question's embedding has 3 numbers, the index's have 8"):
        index(20).search([Query(text="word1", vector=(1.0, 0.0, 0.0), method="dense")])


def test_an_index_without_embeddings_is_searched_by_words_alone() -> None:
    searched = Index(passages=index(20).passages)

    assert searched.search([Query(text="word1 word2", method="bm25", top_k=1)])[0]
    with pytest.raises(ConfigurationError, match="the index has no embeddings"):
        searched.search([Query(text="word1", vector=(1.0,), method="dense")])


def test_equal_values_keep_their_order() -> None:
    values = np.array([1, 3, 3, 2, 3], dtype=np.float32)

    assert best(values, 2, least=0) == [(1, 3.0), (2, 3.0)]
    assert best(values, 9, least=2.5) == [(1, 3.0), (2, 3.0), (4, 3.0)]
    assert [place for place, _ in fused([[0, 1], [1, 0]])] == [0, 1]


def test_fusion_sums_reciprocal_ranks() -> None:
    assert fused([[0, 1, 2], [1, 3]]) == [(1, 1 / 62 + 1 / 61), (0, 1 / 61), (3, 1 / 62), (2, 1 / 63)]


def test_a_vector_of_zeros_is_similar_to_nothing() -> None:
    vectors = of_length_1(np.array([[0, 0], [3, 4]], dtype=np.float32))

    assert vectors == pytest.approx(np.array([[0, 0], [0.6, 0.8]]))


def test_words_of_a_script_without_blanks_are_found_within_a_sentence() -> None:
    texts = ["東京の天気は晴れです。", "京都の寺は古いです。", "อาหารไทยอร่อยมาก", "The weather in Rome."]
    searched = Index(passages=tuple(Passage(document="a", position=i, text=text) for i, text in enumerate(texts)))
    asked = [Query(text=text, method="bm25", top_k=1) for text in ("天気は？", "古い寺", "อาหาร", "weather")]

    assert [[0], [1], [2], [3]] == [[passage.position for passage in found] for found in searched.search(asked)]
