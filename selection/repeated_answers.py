"""Check whether rows of an import repeat an answer, or have names that differ only in their Unicode form."""

from array import array
from collections.abc import Sequence
from pathlib import Path

from evaluation.benchmarks.rows import Row
from evaluation.errors import BenchmarkError
from evaluation.files.field_mapping import named_fields
from evaluation.files.names import Spellings

NAMES = ("candidate", "task", "case_id")
"""Columns that identify an answer: rows with equal values are repeats, and are averaged."""


class RepeatedAnswers:
    """Identifiers of all rows, in the Unicode forms in which the file writes them."""

    def __init__(self) -> None:
        self._spellings = tuple(Spellings() for _ in NAMES)
        self._forms: dict[tuple[int, ...], int] = {}
        self._unit = "row"
        self._numbers = array("q")
        self._form_of_row = array("q")

    def add(self, row: Row, words: Sequence[str]) -> tuple[str, ...]:
        """Return the names of a row in the form in which they are stored."""
        pairs = [spellings.add(word) for spellings, word in zip(self._spellings, words, strict=True)]
        form = tuple(form for _, form in pairs)
        self._unit = row.unit
        self._numbers.append(row.number)
        self._form_of_row.append(self._forms.setdefault(form, len(self._forms)))
        return tuple(name for name, _ in pairs)

    def check(self, path: Path, candidates: Sequence[int], cases: Sequence[int]) -> None:
        """Raise `BenchmarkError` where rows are repeats only after their Unicode forms are made equal.

        Args:
            path: The file.
            candidates: Number of each row's candidate, shape (n_rows,).
            cases: Number of each row's case.
        """
        if len(self._forms) < 2:
            return
        first: dict[tuple[int, int], int] = {}
        for place, pair in enumerate(zip(candidates, cases, strict=True)):
            earlier = first.setdefault(pair, place)
            if self._form_of_row[earlier] != self._form_of_row[place]:
                raise self._error(path, earlier, place)

    def notes(self) -> tuple[str, ...]:
        """Return remarks for the user on how names were read."""
        return tuple(
            f"{named_fields(merged)} ({name}): written in more than one Unicode form, read as one name"
            for name, spellings in zip(NAMES, self._spellings, strict=True)
            if (merged := spellings.merged)
        )

    def _error(self, path: Path, earlier: int, place: int) -> BenchmarkError:
        forms = list(self._forms)
        pairs = zip(NAMES, forms[self._form_of_row[earlier]], forms[self._form_of_row[place]], strict=True)
        field = next(name for name, form, other in pairs if form != other)
        number = self._numbers[place]
        return BenchmarkError(
            str(path),
            f"looks like that of {self._unit} {self._numbers[earlier]} but has another Unicode form, so the two may "
            "or may not be the same answer",
            line=number if self._unit == "line" else None,
            row=number if self._unit == "row" else None,
            field=field,
            expected="the same spelling in all rows of one candidate, task and case_id",
            next_step="Write it the same way in both rows if they are repeats, else give each a name of its own",
        )
