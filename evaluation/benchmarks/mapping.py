"""Which of the file's fields is which of ours? Rows are renamed before their format is recognised."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches

from evaluation.benchmarks.formats import FORMATS
from evaluation.benchmarks.formats.format import SHARED_FIELDS
from evaluation.benchmarks.formats.plain import Plain
from evaluation.benchmarks.rows import Row
from evaluation.errors import BenchmarkError


def check_mapping(fields: Mapping[str, str], path: str) -> None:
    """Raises `BenchmarkError` where a key of the mapping is no field of ours."""
    ours = dict.fromkeys(
        [*Plain.fields, *SHARED_FIELDS, *(name for known in FORMATS.values() for name in known.fields)]
    )
    for name in fields:
        if name not in ours:
            close = get_close_matches(name, list(ours), n=1)
            raise BenchmarkError(
                path,
                "unknown field in the mapping of fields",
                field=name,
                expected=f"one of {', '.join(ours)}",
                next_step=f"did you mean {close[0]!r}?" if close else "the mapping goes from our field to the file's",
            )


def renamed(rows: Iterable[Row], fields: Mapping[str, str]) -> Iterator[Row]:
    """The rows with our names for the mapped fields.

    Raises:
        BenchmarkError: a mapped field is in no row of the file, or a prompt is not in the first.
    """
    unseen = dict(fields)
    last = None
    for row in rows:
        unseen = {ours: theirs for ours, theirs in unseen.items() if theirs not in row.values}
        if "prompt" in unseen:
            raise _no_such_field("prompt", unseen["prompt"], row)
        last = row
        yield _renamed(row, fields)
    if unseen and last is not None:
        raise _no_such_field(*next(iter(unseen.items())), last)


def _renamed(row: Row, fields: Mapping[str, str]) -> Row:
    kept = {name: value for name, value in row.values.items() if name not in fields.values()}
    mapped = {ours: row.values[theirs] for ours, theirs in fields.items() if theirs in row.values}
    return replace(row, values=kept | mapped, names=dict(fields))


def _no_such_field(ours: str, theirs: str, row: Row) -> BenchmarkError:
    return row.error(
        f"the mapping reads {ours!r} from {theirs!r}, which is not in the file",
        expected=f"one of its fields: {', '.join(row.values)}",
    )
