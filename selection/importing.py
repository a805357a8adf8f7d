"""Import of results from elsewhere: a CSV or Parquet file with a row for each answer of a candidate to a case.

Columns: `candidate, task, case_id, prompt, quality`; optional `latency_s, cost_usd, energy_j, memory_gb, family`.
Quality is a fraction in [0, 1], higher being better. Several rows of one candidate, task and case are repeats.
"""

import shlex
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from hashlib import file_digest
from math import inf, isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from evaluation.benchmarks.rows import Row
from evaluation.errors import BenchmarkError
from evaluation.files.field_mapping import named_fields
from evaluation.files.names import LONGEST_NAME, LONGEST_TITLE, name_problem, normal_name
from evaluation.files.number_parsing import read_number
from evaluation.records.selection import ImportedCase, ScoreboardContent, ScoreboardRecord
from selection.repeated_answers import NAMES, RepeatedAnswers

if TYPE_CHECKING:
    from evaluation.store.session import Store

REQUIRED = ("candidate", "task", "case_id", "prompt", "quality")
FIGURES = ("latency_s", "cost_usd", "energy_j", "memory_gb")
OPTIONAL = (*FIGURES, "family")
SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """Result of importing a file."""

    record: ScoreboardRecord
    is_new: bool
    """False where this very file was imported before, and nothing was stored."""
    notes: tuple[str, ...]
    """Remarks for the user."""


def import_scoreboard(
    store: "Store", path: str | Path, *, name: str | None = None, ignore: Sequence[str] = ()
) -> Import:
    """Import a file as a whole, or nothing, and return the result.

    Args:
        store: The store.
        path: CSV, TSV, Parquet or JSONL, also as `.gz`.
        name: Name of the import; None: that of the file.
        ignore: Columns to leave out.

    Raises:
        BenchmarkError: the file cannot be used, or has a column that nothing reads; names the file, the row, the
            column, and what was expected.
        StoreError: it could not be stored.
    """
    from evaluation.store.scoreboard_imports import list_imports, save_import

    file = Path(path).expanduser()
    content, ignored = read_scoreboard(file, name=name, ignore=ignore)
    twin = next(
        (stored_import for stored_import in list_imports(store) if stored_import.import_id == content.sha256), None
    )
    if twin is not None:
        return Import(record=twin, is_new=False, notes=(f"this file was imported already, as {twin.name!r}",))
    record, is_new = save_import(store, content)
    return Import(record=record, is_new=is_new, notes=ignored)


def read_scoreboard(
    path: Path, *, name: str | None = None, ignore: Sequence[str] = ()
) -> tuple[ScoreboardContent, tuple[str, ...]]:
    """Read and check the file; return its content, with remarks for the user.

    Args:
        path: The file.
        name: Its name; None: that of the file.
        ignore: Columns to leave out.

    Raises:
        BenchmarkError: the file cannot be used, or has a column that nothing reads.
    """
    from evaluation.benchmarks.file_reading import read_document, stem_of
    from evaluation.benchmarks.mapping import without

    ignored: set[str] = set()
    try:
        _check_suffix(path)
        table = _Table()
        document = read_document(path)
        if document.header.model_fields_set:
            raise BenchmarkError(
                str(path),
                "begins with a benchmark's header, which an import does not read",
                line=1,
                field="benchmark",
                expected=_expected_columns(),
                next_step="Remove that line, and import the file again; nothing was stored",
            )
        for row in without(document.rows, ignore, ignored):
            table.add(row)
        table.check_repeats(path)
    except BenchmarkError as error:
        raise _of_a_scoreboard(error) from None
    if not table.n_rows:
        raise BenchmarkError(
            str(path), "has no rows", expected="a row for each answer", next_step=f"Its columns: {_expected_columns()}"
        )
    with path.open("rb") as handle:
        sha256 = file_digest(handle, "sha256").hexdigest()
    called = _checked_name(name or stem_of(path), path)
    notes = (*((f"left out: {named_fields(sorted(ignored))}",) if ignored else ()), *table.notes())
    return table.content(sha256=sha256, name=called, source=str(path)), notes


class _Table:
    """Rows read so far, by column."""

    def __init__(self) -> None:
        self._candidates: dict[str, int] = {}
        self._cases: dict[tuple[str, str], int] = {}
        self._texts: list[tuple[str, str | None, int]] = []
        """Prompt, family and first row of each case."""
        self._positions = array("q"), array("q")
        self._answers = RepeatedAnswers()
        self._quality = array("d")
        self._figures = {name: array("d") for name in FIGURES}

    @property
    def n_rows(self) -> int:
        """Number of rows added."""
        return len(self._quality)

    def add(self, row: Row) -> None:
        """Add a row.

        Raises:
            BenchmarkError: the row is invalid.
        """
        if not self.n_rows:
            self._check_columns(row)
        candidate, task, case_id = self._answers.add(row, [_word(row, name) for name in NAMES])
        of_candidate, of_case = self._positions
        of_case.append(self._case(row, task, case_id))
        of_candidate.append(self._candidates.setdefault(candidate, len(self._candidates)))
        for name, column in self._figures.items():
            column.append(_number(row, name, most=inf) if row.get(name) is not None else float("nan"))
        self._quality.append(_number(row, "quality", most=1.0))
        if unused := row.unused():
            raise _unknown_columns(row, unused)

    def check_repeats(self, path: Path) -> None:
        """Raise `BenchmarkError` where it is ambiguous whether rows are repeats of one answer."""
        self._answers.check(path, *self._positions)

    def notes(self) -> tuple[str, ...]:
        """Return remarks for the user on how the names were read."""
        return self._answers.notes()

    def _check_columns(self, row: Row) -> None:
        missing = [name for name in REQUIRED if name not in row.values]
        if missing:
            raise BenchmarkError(
                row.path,
                f"lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}",
                expected=_expected_columns(),
                next_step="Name the columns like this in the first line",
            )

    def _case(self, row: Row, task: str, case_id: str) -> int:
        prompt, family = row.text("prompt"), row.word("family")
        index = self._cases.get((task, case_id))
        if index is None:
            self._texts.append((prompt, family, row.number))
            return self._cases.setdefault((task, case_id), len(self._cases))
        for name, value, before in zip(("prompt", "family"), (prompt, family), self._texts[index][:2], strict=True):
            if value != before:
                raise row.error(
                    f"is another than in {row.unit} {self._texts[index][2]}, which has the same task and case_id",
                    field=name,
                    expected="one question under one case_id",
                    next_step="Give each question a case_id of its own",
                )
        return index

    def content(self, *, sha256: str, name: str, source: str) -> ScoreboardContent:
        """Return all rows."""
        import numpy as np

        of_candidate, of_case = (np.array(column, dtype=np.int64) for column in self._positions)
        return ScoreboardContent(
            sha256=sha256,
            name=name,
            source=source,
            candidates=tuple(self._candidates),
            cases=tuple(
                ImportedCase(task=task, case_id=case_id, prompt=prompt, family=family)
                for (task, case_id), (prompt, family, _) in zip(self._cases, self._texts, strict=True)
            ),
            candidate=of_candidate,
            case=of_case,
            quality=np.array(self._quality),
            **{name: np.array(column) for name, column in self._figures.items()},
        )


def _word(row: Row, name: str) -> str:
    word = row.word(name)
    if word is None:
        raise row.error("is missing", field=name, expected="text")
    if problem := name_problem(normal_name(word), longest=LONGEST_NAME if name == "case_id" else LONGEST_TITLE):
        raise row.error(problem, field=name, expected="a name that people can read and type")
    return word


def _checked_name(name: str, path: Path) -> str:
    name = normal_name(name)
    if problem := name_problem(name, longest=LONGEST_TITLE):
        raise BenchmarkError(
            str(path), f"the import's name {problem}", expected="a shorter name, to be typed", next_step="Give --name"
        )
    return name


def _unknown_columns(row: Row, names: Sequence[str]) -> BenchmarkError:
    absent = [name for name in OPTIONAL if not row.knows(name)]
    meant = [match for name in names for match in get_close_matches(name.lower(), absent, n=1, cutoff=0.7)]
    hint = f"Did you mean {meant[0]!r}? Otherwise leave" if meant else "Leave"
    ignoring = " ".join(f"--ignore-field {shlex.quote(name[:60])}" for name in names[:20])
    return row.error(
        f"unknown column{'s' if len(names) > 1 else ''} {named_fields(names)}",
        expected=_expected_columns(),
        next_step=f"{hint} out unused columns: `{ignoring}`",
    )


def _number(row: Row, name: str, *, most: float) -> float:
    value = row.required(name, _expected_number(most))
    try:
        number = float(value) if isinstance(value, Decimal) else read_number(value)
    except (TypeError, ValueError):
        raise row.wrong_type(name, _expected_number(most)) from None
    if not (isfinite(number) and 0 <= number <= most):
        next_step = "Divide percentages by 100, and ratings by their scale" if name == "quality" else None
        raise row.error(f"is {number:g}", field=name, expected=_expected_number(most), next_step=next_step)
    return number


def _expected_number(most: float) -> str:
    return "a number from 0 to 1" if most == 1 else "a number that is zero or more, or nothing"


def _check_suffix(path: Path) -> None:
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    if suffix not in SUFFIXES:
        raise BenchmarkError(
            str(path),
            f"unknown suffix {suffix!r}",
            expected=f"one of {', '.join(SUFFIXES)}, each also with .gz",
            next_step="Save the table as CSV or Parquet",
        )


def _of_a_scoreboard(error: BenchmarkError) -> BenchmarkError:
    """Return the error without advice that is meant for benchmarks."""
    next_step = error.next_step
    if next_step is None or "benchmarks validate" in next_step or "a case a line" in next_step:
        place = "the file" if error.line is None and error.row is None else "this row"
        next_step = f"Fix {place} and import it again; nothing was stored"
    return BenchmarkError(
        error.path,
        error.problem,
        line=error.line,
        row=error.row,
        field=error.field,
        expected=error.expected,
        next_step=next_step,
    )


def _expected_columns() -> str:
    return f"{', '.join(REQUIRED)}; optional {', '.join(OPTIONAL)}"
