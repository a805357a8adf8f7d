"""Field mapping from a file's names to ours; rows are renamed before their format is recognised."""

import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from evaluation.benchmarks.formats import FORMATS
from evaluation.benchmarks.formats.format import ID_FIELDS, SHARED_FIELDS, Format
from evaluation.benchmarks.formats.plain import Plain
from evaluation.benchmarks.rows import Row
from evaluation.benchmarks.tables import INDEX_COLUMNS
from evaluation.benchmarks.usual_names import PROMPT_NAMES, REFERENCE_NAMES
from evaluation.errors import BenchmarkError
from evaluation.files.field_mapping import DETAILS, named_fields


def check_mapping(fields: Mapping[str, str], path: str) -> None:
    """Raise `BenchmarkError` if a key of the mapping is no field of ours."""
    ours = dict.fromkeys([*Plain.fields, *SHARED_FIELDS, *(name for form in FORMATS.values() for name in form.fields)])
    for name in fields:
        if name not in ours and not (name.startswith(DETAILS) and len(name) > len(DETAILS)):
            close = get_close_matches(name, list(ours), n=1)
            raise BenchmarkError(
                path,
                "unknown field in the mapping of fields",
                field=name,
                expected=f"one of {', '.join(ours)}, or details.NAME",
                next_step=f"Did you mean {close[0]!r}?" if close else "The mapping goes from our field to the file's",
            )


def without(rows: Iterable[Row], ignored: Collection[str], seen: set[str]) -> Iterator[Row]:
    """Yield the rows without the ignored fields and without a column of row numbers.

    Args:
        rows: The rows.
        ignored: Names as the file has them; `choices.image` is a key of the objects in `choices`.
        seen: Receives the names of those that had a value.
    """
    parts = {name for name in ignored if "." in name}
    for row in rows:
        if row.fault is not None:
            yield row
            continue
        dropped = {name for name in row.values if name in ignored or _is_index(row, name)}
        seen.update(dropped)
        if dropped or parts:
            values = {name: value for name, value in row.values.items() if name not in dropped}
            row = replace(row, values=values, ignored_parts=parts, left_out=seen)
        yield row


def _is_index(row: Row, name: str) -> bool:
    if name not in INDEX_COLUMNS:
        return False
    word = str(row.look_at(name))
    return word in (str(row.number), str(row.number - 1)) if not name else word.isdecimal()


def renamed(rows: Iterable[Row], fields: Mapping[str, str]) -> Iterator[Row]:
    """Yield the rows with our names for the mapped fields.

    Raises:
        BenchmarkError: a mapped field is in no row of the file, or a prompt is not in the first; or a row has both
            the mapped field and one with our name.
    """
    unseen = dict(fields)
    last = None
    for row in rows:
        if row.fault is not None:
            yield row
            continue
        unseen = {ours: theirs for ours, theirs in unseen.items() if theirs not in row.values}
        if "prompt" in unseen:
            raise _no_such_field("prompt", unseen["prompt"], row)
        last = row
        yield rename(row, fields)
    if unseen and last is not None:
        raise _no_such_field(*next(iter(unseen.items())), last)


def rename(row: Row, fields: Mapping[str, str]) -> Row:
    """Return the row with our names for the mapped fields.

    Raises:
        BenchmarkError: it also has a field with one of our names.
    """
    kept = {name: value for name, value in row.values.items() if name not in fields.values()}
    mapped = {ours: row.values[theirs] for ours, theirs in fields.items() if theirs in row.values}
    for ours in mapped.keys() & kept.keys():
        raise row.error(
            f"is given together with {fields[ours]!r}, which the mapping reads as {ours!r}",
            field=ours,
            expected="one field for each of ours",
            next_step=f"Leave it out with `--ignore-field {ours}`, or map it to another field too",
        )
    details = {ours.removeprefix(DETAILS): value for ours, value in mapped.items() if ours.startswith(DETAILS)}
    fields_of_ours = {ours: value for ours, value in mapped.items() if not ours.startswith(DETAILS)}
    return replace(
        row,
        values=kept | fields_of_ours,
        names={**row.names, **fields},
        details={**row.details, **details},
        used=set(),
    )


def _no_such_field(ours: str, theirs: str, row: Row) -> BenchmarkError:
    return row.error(
        f"the mapping reads {ours!r} from {theirs!r}, which is not in the file",
        expected=f"one of its fields: {named_fields(list(row.values))}",
    )


def unknown_fields(row: Row, names: Sequence[str], form: type[Format] | Format) -> BenchmarkError:
    """Return the error that a row has fields which nothing would read.

    Args:
        row: The first that has one.
        names: Of all such fields of the file.
        form: The format in which the rows are read.
    """
    absent = [name for name in form.fields if not row.knows(name)]
    close = next(
        ((name, meant[0]) for name in names if (meant := get_close_matches(name, absent, n=1, cutoff=0.8))), None
    )
    close = close or _usual(row, names, absent)
    field_names = dict.fromkeys([*form.fields, *form.kept_fields, *ID_FIELDS, *SHARED_FIELDS])
    ignoring = " ".join(f"--ignore-field {shlex.quote(name[:60])}" for name in names[:20])
    reading = f"Read it as ours with `--field {close[1]}={shlex.quote(close[0][:60])}`, keep" if close else "Keep"
    keeping = " ".join(f"--field details.{shlex.quote(name[:60])}={shlex.quote(name[:60])}" for name in names[:20])
    pronoun = "them" if len(names) > 1 else "it"
    return row.error(
        f"unknown field{'s' if len(names) > 1 else ''} {named_fields(names)}, which would not be part of any prompt",
        expected=f"the fields of {form.title}: {', '.join(field_names)}",
        next_step=f"{reading} {pronoun} with `{keeping}`, or leave {pronoun} out with `{ignoring}`; "
        "a benchmark's header says the same under 'fields' and 'ignore_fields'",
    )


def _usual(row: Row, names: Sequence[str], absent: Sequence[str]) -> tuple[str, str] | None:
    """Return a (file's name, our name) pair for a usual name of a field that this row lacks; None if there is none."""
    usual = {"prompt": PROMPT_NAMES, "references": REFERENCE_NAMES}
    pairs = ((name, ours) for name in names for ours in usual if ours in absent and name.casefold() in usual[ours])
    return next(pairs, None)
