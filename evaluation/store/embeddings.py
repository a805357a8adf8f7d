"""Stored embedding vectors: each text is embedded once by a model, however often it is needed."""

import hashlib
from array import array
from collections.abc import Mapping, Sequence
from sys import byteorder

import sqlalchemy as sa

from evaluation.fingerprint import fingerprint
from evaluation.store.session import Store
from evaluation.store.statements import now, upsert
from evaluation.store.tables import embedding

_CHUNK = 500


def load_vectors(store: Store, model: str, digest: str, texts: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Return the stored vectors of these texts, by text."""
    by_hash = {_text_hash(text): text for text in texts}
    hashes = list(by_hash)
    vectors: dict[str, tuple[float, ...]] = {}
    with store.read() as connection:
        for start in range(0, len(hashes), _CHUNK):
            query = sa.select(embedding.c.text_hash, embedding.c.vector).where(
                embedding.c.model_key == _model_key(model, digest),
                embedding.c.text_hash.in_(hashes[start : start + _CHUNK]),
            )
            vectors.update({by_hash[key]: _unpacked(packed) for key, packed in connection.execute(query)})
    return vectors


def save_vectors(store: Store, model: str, digest: str, vectors: Mapping[str, Sequence[float]]) -> None:
    """Store vectors by their texts, in one transaction; existing ones stay."""
    moment = now()
    rows = [
        {
            "model_key": _model_key(model, digest),
            "text_hash": _text_hash(text),
            "vector": _packed(vector),
            "embedded_at": moment,
        }
        for text, vector in vectors.items()
    ]
    with store.write() as connection:
        upsert(connection, embedding, rows, key=["model_key", "text_hash"])


def _model_key(model: str, digest: str) -> str:
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
