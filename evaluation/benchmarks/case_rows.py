"""Conversion of a document's rows to cases; each field is read, kept, ignored by name, or rejected."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from evaluation.benchmarks.file_reading import Document
from evaluation.benchmarks.formats import FORMATS
from evaluation.benchmarks.formats.format import ID_FIELDS, Format
from evaluation.benchmarks.formats.plain import Plain
from evaluation.benchmarks.mapping import rename, renamed, unknown_fields, without
from evaluation.benchmarks.rows import Row, plain_json
from evaluation.benchmarks.usual_names import PROMPT_NAMES, REFERENCE_NAMES, other_case_mapping, usual_mapping
from evaluation.case import Case
from evaluation.errors import BenchmarkError
from evaluation.files.field_mapping import FieldUse, named_fields
from evaluation.files.names import name_problem, normal_name
from evaluation.fingerprint import canonical_json

PERHAPS_PROMPTS = ("text", "sentence", "content", "body", "message", "title")
"""Field names that may hold the prompt or something else: they are suggested, never assumed."""


def recognised(row: Row) -> Format | None:
    """Return the format of a row; None where no format matches."""
    if row.knows("references") and (row.knows("prompt") or row.knows("messages")):
        return Plain()
    return next((format_type() for format_type in FORMATS.values() if format_type().recognises(row)), None)


def check_same(row: Row, used: Format) -> None:
    """Check that the row is in the same format as the rows before it.

    Raises:
        BenchmarkError: it is in another one.
    """
    form = recognised(row)
    if form is not None and form.name != used.name:
        raise row.error(
            f"looks like {form.title}, the rows before it like {used.title}",
            expected=f"one format in a file: {', '.join(used.fields)}",
            next_step="Put the cases of each format into a file of their own",
        )


def unknown_format(row: Row) -> BenchmarkError:
    """Return the error that no format has these fields, with a mapping that might work."""
    prompt = _first((*PROMPT_NAMES, *PERHAPS_PROMPTS), row) or "QUESTION_FIELD"
    references = _first(REFERENCE_NAMES, row) or "ANSWER_FIELD"
    return row.error(
        f"no known format has the fields {named_fields(list(row.values)) or '(none)'}",
        expected=f"those of {', '.join(format_type.title for format_type in FORMATS.values())}",
        next_step=f"Say which is which: `--field prompt={prompt} --field references={references}`, or in a small YAML "
        f"file beside it, 'data: {Path(row.path).name}' and 'fields: {{prompt: {prompt}, references: {references}}}'; "
        "docs/benchmarks.md lists the fields of each format",
    )


def _first(names: tuple[str, ...], row: Row) -> str | None:
    return next((name for alike in names for name in row.values if name.strip().casefold() == alike), None)


MOST_UNKNOWN = 100
"""Unknown fields that are collected for a message, at most."""
MOST_FAULTS = 1000
"""Faulty rows after which the rest of a file is not checked, which the message says."""


class CaseRows:
    """The rows of one document and their conversion to cases."""

    def __init__(self, document: Document, *, mapping: Mapping[str, str], ignored: Collection[str]) -> None:
        self._path = document.path
        self._mapping = mapping
        self._ignored: set[str] = set()
        self._kept: dict[str, None] = {}
        self._usual: dict[str, str] = {}
        rows = without(document.rows, ignored, self._ignored)
        self._rows = renamed(rows, mapping) if mapping else iter(rows)
        self._is_forced = bool({"prompt", "messages"} & set(mapping))
        self._begun: list[Row] = []
        first = self._first_readable()
        try:
            self.form = self._form(first)
        except BenchmarkError as error:
            raise error.with_others(self._first_faults()) from None

    @property
    def field_use(self) -> FieldUse:
        """How the fields were used, once the cases are read."""
        return FieldUse(
            mapped={**self._usual, **self._mapping},
            kept=tuple(self._kept),
            ignored=tuple(sorted(self._ignored)),
        )

    def cases(self) -> tuple[Case, ...]:
        """Return the cases, in the order of the file.

        Raises:
            BenchmarkError: a row that is no case, or holds what nothing would read.
        """
        return self.form.finished(list(self._cases()))

    def _form(self, first: Row) -> Format:
        """Return the format of the rows, and the names that they use for its fields."""
        form = recognised(first)
        if form is not None and form.name != Plain.name and not self._is_forced:
            return form
        spelling = other_case_mapping(first)
        spelled = recognised(rename(first, spelling))
        if spelled is not None and spelled.name != Plain.name and not self._is_forced:
            field_names = {*spelled.fields, *spelled.id_fields, "cluster", "tags"}
            self._usual = {ours: theirs for ours, theirs in spelling.items() if ours in field_names}
            return spelled
        self._usual = usual_mapping(first)
        if self._is_forced or {"prompt", "messages"} & set(self._usual) or recognised(first) is not None:
            return Plain()
        raise unknown_format(first)

    def _cases(self) -> Iterator[Case]:
        places: dict[str, Row] = {}
        rows = enumerate(self._all_rows(), start=1)
        for ordinal, row in rows:
            try:
                yield self._checked(row, ordinal, places)
            except BenchmarkError as error:
                raise self._with_others(error, rows, places) from error.__cause__

    def _checked(self, row: Row, ordinal: int, places: dict[str, Row]) -> Case:
        """Return a row's case.

        Raises:
            BenchmarkError: it is none, or holds what nothing would read.
        """
        if isinstance(row.look_at("benchmark"), dict):
            raise row.error("is a header", field="benchmark", expected="a header in the first line only")
        if not self._is_forced:
            check_same(row, self.form)
        row = rename(row, self._usual) if self._usual else row
        case = self._case(row, ordinal)
        if unknown := self._unknown(row):
            places.setdefault(case.case_id, row)
            raise _UnknownFieldsError(row, unknown)
        _check_id(case.case_id, row, places, self.form)
        _check_content(case, row)
        return case

    def _with_others(
        self, first: BenchmarkError, rows: Iterator[tuple[int, Row]], places: dict[str, Row]
    ) -> BenchmarkError:
        """Return the first error with those of the rest of the file; unknown fields are one, with the names of all."""
        errors, unknown = [first], first if isinstance(first, _UnknownFieldsError) else None
        for error in self._further(rows, places):
            if not isinstance(error, _UnknownFieldsError):
                errors.append(error)
            elif unknown is None:
                unknown = error
                errors.append(error)
            elif len(unknown.names) <= MOST_UNKNOWN:
                unknown.names |= error.names
            if len(errors) > MOST_FAULTS:
                break
        if unknown is not None:
            errors[errors.index(unknown)] = unknown_fields(unknown.of_row, list(unknown.names), self.form)
        return errors[0].with_others(errors[1:], is_cut=len(errors) > MOST_FAULTS)

    def _further(self, rows: Iterator[tuple[int, Row]], places: dict[str, Row]) -> Iterator[BenchmarkError]:
        try:
            for ordinal, row in rows:
                try:
                    self._checked(row, ordinal, places)
                except BenchmarkError as error:
                    error.__cause__ = error.__context__ = None  # they hold the row
                    yield error.with_traceback(None)
        except BenchmarkError as error:  # nothing after it can be read
            yield error

    def _first_readable(self) -> Row:
        """Return the first row without a fault, by which the format is recognised."""
        for row in self._rows:
            self._begun.append(row)
            if row.fault is None:
                return row
        if not self._begun:
            raise BenchmarkError(self._path, "holds no case", expected="at least one case", next_step="Add a case")
        first, *others = self._first_faults()
        raise first.with_others(others)

    def _first_faults(self) -> list[BenchmarkError]:
        """Return the faults of the rows before the first readable one."""
        return [row.fault for row in self._begun if row.fault is not None]

    def _all_rows(self) -> Iterator[Row]:
        yield from self._begun
        yield from self._rows

    def _case(self, row: Row, ordinal: int) -> Case:
        case_id = next((word for name in self.form.id_fields if (word := row.word(name)) is not None), str(ordinal))
        case = _with_good_names(self.form.case(row, normal_name(case_id)), row)
        kept = {name: row.look_at(name) for name in row.unused() if self._is_kept(name)}
        self._kept |= dict.fromkeys(kept)
        return replace(case, details=_with_details(case, {**kept, **row.details}, row)) if kept or row.details else case

    def _is_kept(self, name: str) -> bool:
        return name in self.form.kept_fields or name in ID_FIELDS

    def _unknown(self, row: Row) -> list[str]:
        return [name for name in row.unused() if not self._is_kept(name)]


class _UnknownFieldsError(BenchmarkError):
    """Fields of a row that nothing would read."""

    def __init__(self, row: Row, names: list[str]) -> None:
        super().__init__(row.path, "unknown fields")
        self.of_row, self.names = row, dict.fromkeys(names)


def _with_details(case: Case, added: Mapping[str, Any], row: Row) -> dict[str, Any]:
    for name in added.keys() & case.details.keys():
        raise row.error(f"has {name!r} already", field="details", expected="each of the details once")
    try:
        return {**case.details, **plain_json(dict(added))}
    except TypeError as error:
        raise row.error(str(error), field="details", expected="plain JSON values") from error


def _with_good_names(case: Case, row: Row) -> Case:
    """Return the case with its id, cluster and tags as normalised names.

    Raises:
        BenchmarkError: one of them cannot be a name.
    """
    tags = tuple(normal_name(tag) for tag in case.tags)
    cluster = None if case.cluster is None else normal_name(case.cluster)
    for field, name in (("id", case.case_id), ("cluster", cluster), *(("tags", tag) for tag in tags)):
        if name is not None and (problem := name_problem(name)):
            raise row.error(problem, field=field, expected="a name that people can read and type")
    return replace(case, cluster=cluster, tags=tags)


def _check_id(case_id: str, row: Row, places: dict[str, Row], form: Format) -> None:
    earlier = places.setdefault(case_id, row)
    if earlier is row:
        return
    name = next((name for name in form.id_fields if row.look_at(name) is not None), None)
    raise row.error(
        f"the id {case_id!r} is already that of {earlier.unit} {earlier.number}",
        field=name,
        expected="an id of its own for each case",
        next_step="Change one of the two, or remove the ids to have the cases numbered",
    )


def _check_content(case: Case, row: Row) -> None:
    """Check that the case has no text that files and databases cannot hold, which is half of a surrogate pair."""
    try:
        canonical_json(case.content).encode()
        case.case_id.encode()
    except UnicodeEncodeError as error:
        raise row.error(
            f"holds the broken character {error.object[error.start]!r}",
            expected="valid Unicode",
            next_step="Remove the character, or write its whole surrogate pair",
        ) from error
