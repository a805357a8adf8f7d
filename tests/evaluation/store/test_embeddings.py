"""Is a text's vector found again, and only for the model that made it?"""

from evaluation.store.embeddings import load_vectors, save_vectors
from evaluation.store.session import Store

HALVES = (0.5, -0.25, 0.0)


def test_vectors_come_back_by_text_and_model(store: Store) -> None:
    texts = {"a": HALVES, "b\x00\ud800": (1.0, 2.0, 3.0)}
    save_vectors(store, "nomic", "d1", texts)

    assert texts == load_vectors(store, "nomic", "d1", [*texts, "unknown"])
    assert {} == load_vectors(store, "nomic", "d2", list(texts))
    assert {} == load_vectors(store, "other", "d1", list(texts))


def test_a_vector_that_is_there_stays(store: Store) -> None:
    save_vectors(store, "nomic", "d1", {"a": HALVES})
    save_vectors(store, "nomic", "d1", {"a": (9.0, 9.0, 9.0)})

    assert {"a": HALVES} == load_vectors(store, "nomic", "d1", ["a"])


def test_many_texts_are_found_in_one_call(store: Store) -> None:
    texts = {f"text {number}": (float(number),) for number in range(1_200)}
    save_vectors(store, "nomic", "d1", texts)

    assert texts == load_vectors(store, "nomic", "d1", list(texts))
