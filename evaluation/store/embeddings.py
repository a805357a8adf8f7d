"""Stored embedding vectors: each text is embedded once by a model, however often it is needed."""

import hashlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from sys import byteorder
from typing import TYPE_CHECKING

import sqlalchemy as sa

from evaluation.fingerprint import fingerprint
from evaluation.store.session import Store
from evaluation.store.statements import now, upsert
from evaluation.store.tables import embedding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CHUNK = 500


def load_vectors(store: Store, model: str, digest: str, texts: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Return the stored vectors of these texts, by text."""
    return {text: _unpacked(packed) for text, packed in _packed_vectors(store, model, digest, texts)}


def iterate_arrays(
    store: Store, model: str, digest: str, texts: Sequence[str]
) -> Iterator[tuple[str, "NDArray[np.float32]"]]:
    """Yield the texts that have a stored vector, each with its vector, some hundred in memory at a time."""
    import numpy as np

    for text, packed in _packed_vectors(store, model, digest, texts):
        yield text, np.frombuffer(packed, dtype="<f4")


def stored_texts(store: Store, model: str, digest: str, texts: Sequence[str]) -> frozenset[str]:
    """Return those of the texts that have a stored vector."""
    by_hash = {_text_hash(text): text for text in texts}
    hashes, stored = list(by_hash), set[str]()
    for start in range(0, len(hashes), _CHUNK):
        query = sa.select(embedding.c.text_hash).where(
            embedding.c.model_key == model_key(model, digest),
            embedding.c.text_hash.in_(hashes[start : start + _CHUNK]),
        )
        with store.read() as connection:
            stored.update(by_hash[key] for key in connection.execute(query).scalars())
    return frozenset(stored)


def stored_dimension(store: Store, model: str, digest: str) -> int | None:
    """Return the numbers of each stored vector of a model; None where it has none."""
    query = sa.select(embedding.c.vector).where(embedding.c.model_key == model_key(model, digest)).limit(1)
    with store.read() as connection:
        packed = connection.execute(query).scalar_one_or_none()
    return None if packed is None else len(packed) // array("f").itemsize


def _packed_vectors(store: Store, model: str, digest: str, texts: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    by_hash = {_text_hash(text): text for text in texts}
    hashes = list(by_hash)
    for start in range(0, len(hashes), _CHUNK):
        query = sa.select(embedding.c.text_hash, embedding.c.vector).where(
            embedding.c.model_key == model_key(model, digest),
            embedding.c.text_hash.in_(hashes[start : start + _CHUNK]),
        )
        with store.read() as connection:
            rows = connection.execute(query).all()
        yield from ((by_hash[key], packed) for key, packed in rows)


def save_vectors(store: Store, model: str, digest: str, vectors: Mapping[str, Sequence[float]]) -> None:
    """Store vectors by their texts, in one transaction; existing ones stay."""
    moment, key = now(), model_key(model, digest)
    rows = [
        {
            "model_key": key,
            "text_hash": _text_hash(text),
            "vector": _packed(vector),
            "embedded_at": moment,
        }
        for text, vector in vectors.items()
    ]
    with store.write() as connection:
        upsert(connection, embedding, rows, key=["model_key", "text_hash"])


def model_key(model: str, digest: str) -> str:
    """Return the key under which a model's vectors are stored."""
    return fingerprint([model, digest])[:32]


def _text_hash(text: str) -> str:
    """Return the hash of a text, which may contain lone surrogates."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _packed(vector: Sequence[float]) -> bytes:
    """Return the vector packed as 32-bit floats: servers compute with no more precision."""
    numbers = array("f", vector)
    if byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _unpacked(packed: bytes) -> tuple[float, ...]:
    numbers = array("f")
    numbers.frombytes(packed)
    if byteorder == "big":
        numbers.byteswap()
    return tuple(numbers)
