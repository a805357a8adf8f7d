"""Rows as a Parquet file, in groups of rows, with the types of columns determined by their names.

Columns are made of their memory: made of lists of Python's objects, they would have pyarrow load Pandas, which takes as
much memory as pyarrow itself.
"""

import json
from array import array
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import IO, Any

import numpy as np

from evaluation.outcome_fields import names_of

Row = Mapping[str, Any]
_GROUP_ROWS = 2_000
_GROUP_CHARACTERS = 2**26
"""Rows and characters of a group, in which it is compressed and read; the rows at work are a page more."""
_EPOCH, _TICK = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_REALS = names_of(float) | {
    "value", "low", "high", "difference", "p_value", "p_adjusted", "effect_size", "mde", "vram_share", "mean_a",
    "mean_b", "margin", "p_equivalence", "p_a_not_worse", "p_b_not_worse", "confidence_level", "standard_error", "aim",
    "design_effect", "mean_logprob",
}  # fmt: skip
_WHOLES = names_of(int) | {
    "repeat", "position", "effective_context", "n", "n_pairs", "n_more", "n_only_a", "n_only_b", "n_clusters",
    "n_better_a", "n_better_b", "n_equal",
}  # fmt: skip
_TRUTHS = names_of(bool) | {"higher_is_better"}
_MOMENTS = frozenset({"started_at", "finished_at"})


class ParquetWriter:
    """Parquet with column types determined by name, so that files of different runs can be combined."""

    def __init__(self, file: IO[bytes], columns: Sequence[str], metrics: Sequence[str]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._schema = pa.schema([(column, _type(column, metrics, pa)) for column in columns])
        self._writer = pq.ParquetWriter(file, self._schema, compression="zstd")
        self._texts = [field.name for field in self._schema if field.type == pa.string()]
        self._rows: list[Row] = []
        self._n_characters = 0

    def write(self, rows: Sequence[Row]) -> None:
        self._rows += rows
        texts = (row.get(name) for row in rows for name in self._texts)
        self._n_characters += sum(len(text) for text in texts if isinstance(text, str))
        if len(self._rows) >= _GROUP_ROWS or self._n_characters >= _GROUP_CHARACTERS:
            self._write_group()

    def close(self) -> None:
        if self._rows:
            self._write_group()
        self._writer.close()

    def discard(self) -> None:
        with suppress(OSError, ValueError):
            self._writer.close()

    def _write_group(self) -> None:
        import pyarrow as pa

        values = [_column([row.get(field.name) for row in self._rows], field.type, pa) for field in self._schema]
        self._writer.write_table(pa.Table.from_arrays(values, schema=self._schema))
        self._rows, self._n_characters = [], 0


def _type(column: str, metrics: Sequence[str], pa: Any) -> Any:
    if column in _REALS or column in metrics:
        return pa.float64()
    if column in _WHOLES:
        return pa.int64()
    if column in _TRUTHS:
        return pa.bool_()
    return pa.timestamp("us", tz="UTC") if column in _MOMENTS else pa.string()


def _column(values: Sequence[Any], type_: Any, pa: Any) -> Any:
    has_value = [value is not None for value in values]
    n_missing = len(has_value) - sum(has_value)
    if n_missing == len(has_value):
        return pa.nulls(len(has_value), type_)
    buffers = [pa.py_buffer(part) for part in _parts(values, type_, pa)]
    validity = pa.py_buffer(_bits(has_value)) if n_missing else None
    return pa.Array.from_buffers(type_, len(has_value), [validity, *buffers], n_missing)


def _parts(values: Sequence[Any], type_: Any, pa: Any) -> Sequence[Any]:
    """Return the memory of a column: of texts where each ends and all of them, else the values; None is anything."""
    if type_ == pa.string():
        texts = [b"" if value is None else _text(value) for value in values]
        return array("i", accumulate(map(len, texts), initial=0)), b"".join(texts)
    if type_ == pa.bool_():
        return (_bits([bool(value) for value in values]),)
    if type_ == pa.float64():
        return (array("d", [0.0 if value is None else value for value in values]),)
    if type_ == pa.int64():
        return (array("q", [value or 0 for value in values]),)
    return (array("q", [0 if value is None else (value - _EPOCH) // _TICK for value in values]),)


def _bits(truths: Sequence[bool]) -> bytes:
    return np.packbits(np.array(truths, dtype=bool), bitorder="little").tobytes()


def _text(value: Any) -> bytes:
    """Return the text without lone surrogates, which UTF-8 cannot hold.

    Any other value in a text column becomes JSON.
    """
    return (value if isinstance(value, str) else json.dumps(value)).encode("utf-8", "replace")
