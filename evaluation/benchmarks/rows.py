"""Rows of a benchmark file with their location, and all error messages about a row."""

import json
import math
import reprlib
import shlex
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NoReturn

from evaluation.errors import BenchmarkError
from evaluation.files.exact_json import read_json
from evaluation.files.field_mapping import named_fields
from evaluation.files.names import composed


@dataclass(frozen=True, slots=True)
class _Unreadable(Mapping[str, Any]):
    """The values of a row that cannot be read: whoever asks for one gets the fault."""

    fault: BenchmarkError

    def _refuse(self) -> NoReturn:
        raise self.fault.with_traceback(None)

    def __getitem__(self, name: str) -> Any:
        self._refuse()

    def __iter__(self) -> Iterator[str]:
        self._refuse()

    def __len__(self) -> int:
        self._refuse()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a file with its position. A null or NaN value counts as missing."""

    path: str
    number: int
    """Position from 1: the line of a JSONL file, else the row of the table or list."""
    unit: Literal["line", "row"]
    values: Mapping[str, Any]
    names: Mapping[str, str] = field(default_factory=dict)
    """The file's field names by our field names, for fields renamed by a field mapping."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Values that a field mapping adds to the case's details."""
    used: set[str] = field(default_factory=set, compare=False, repr=False)
    """Names of the fields that were read, so that unread ones can be reported."""
    ignored_parts: Collection[str] = ()
    """Keys to ignore in the objects of the row's fields, such as `choices.image`."""
    left_out: set[str] = field(default_factory=set, compare=False, repr=False)
    """Collects those of `ignored_parts` that had a value."""
    classes: Collection[str] = ()
    """The file's fields whose values are class numbers, for which the file itself has names."""
    fault: BenchmarkError | None = None
    """Why it could not be read; the rows after it can be. To ask for one of its values raises it."""

    def knows(self, *names: str) -> bool:
        """Check whether the row has all these fields, with or without a value."""
        return all(name in self.values for name in names)

    def get(self, name: str) -> Any:
        """Return the value, or None where it is missing."""
        self.used.add(name)
        return self.look_at(name)

    def look_at(self, name: str) -> Any:
        """Return the value, or None where it is missing, without marking the field as read."""
        value = self.values.get(name)
        return None if isinstance(value, float) and math.isnan(value) else value

    def unused(self) -> tuple[str, ...]:
        """Return the fields with a value that nothing has read."""
        return tuple(name for name, value in self.values.items() if name not in self.used and not is_blank(value))

    def is_class(self, name: str) -> bool:
        """Check whether the file itself names the classes that the field's numbers stand for."""
        return self.names.get(name, name) in self.classes

    def check_parts(self, name: str, value: Any, allowed_keys: Collection[str], *, expected: str | None = None) -> None:
        """Raise `BenchmarkError` if an object, or one in a list, has a key that is neither read nor left out."""
        theirs = self.names.get(name, name)
        parts = [part for part in (value if isinstance(value, list) else [value]) if isinstance(part, dict)]
        keys = [
            str(key) for part in parts for key, held in part.items() if key not in allowed_keys and not is_blank(held)
        ]
        unread = [key for key in dict.fromkeys(keys) if f"{theirs}.{key}" not in self.ignored_parts]
        if unread:
            ignoring = " ".join(f"--ignore-field {shlex.quote(f'{theirs}.{key}'[:120])}" for key in unread[:20])
            raise self.error(
                f"unknown field{'s' if len(unread) > 1 else ''} {named_fields(unread)} in it, "
                "which would not be part of any prompt",
                field=name,
                expected=expected or f"objects with {' and '.join(allowed_keys)}",
                next_step=f"Leave {'them' if len(unread) > 1 else 'it'} out with `{ignoring}`; "
                "a benchmark's header says the same under 'ignore_fields'",
            )
        self.left_out.update(f"{theirs}.{key}" for key in keys)

    def error(
        self, problem: str, *, field: str | None = None, expected: str | None = None, next_step: str | None = None
    ) -> BenchmarkError:
        """Return an error about this row, with its place and the file's own name of the field."""
        return BenchmarkError(
            self.path,
            problem,
            line=self.number if self.unit == "line" else None,
            row=self.number if self.unit == "row" else None,
            field=self.names.get(field, field) if field else None,
            expected=expected,
            next_step=next_step,
        )

    def with_fault(self, fault: BenchmarkError) -> "Row":
        """Return the row with a fault for its values, which cannot be read."""
        return replace(self, values=_Unreadable(fault), fault=fault)

    def wrong_type(self, name: str, expected: str, value: Any = None) -> BenchmarkError:
        """Return the error that a field does not hold what was `expected`."""
        return self.error(f"got {shown(self.get(name) if value is None else value)}", field=name, expected=expected)

    def required(self, name: str, expected: str) -> Any:
        """Return the value, which must not be missing."""
        value = self.get(name)
        if value is None:
            raise self.error("is missing", field=name, expected=expected)
        return value

    def text(self, name: str) -> str:
        """Return a text that is not blank."""
        value = self.required(name, "text")
        if not isinstance(value, str):
            raise self.wrong_type(name, "text")
        if not value.strip():
            raise self.error("is empty", field=name, expected="text")
        return value

    def word(self, name: str) -> str | None:
        """Return a text or number, written as usual; None where it is missing or blank."""
        value = self.get(name)
        if value is None:
            return None
        word = written(value)
        if word is None:
            raise self.wrong_type(name, "text or a number")
        return word if word.strip() else None

    def texts(self, name: str, expected: str = "text, a number, or a list of them") -> tuple[str, ...]:
        """Return one text or a list of them; empty where the field is missing."""
        value = self.get(name)
        if value is None:
            return ()
        items = _listed_texts(value)
        words = [written(item) for item in items]
        for item, word in zip(items, words, strict=True):
            if word is None:
                raise self.error(f"got {shown(item)}", field=name, expected=expected)
        return tuple(word for word in words if word is not None)

    def structure(self, name: str, expected: str) -> Any:
        """Return a list or object, given as such or, in a table's cell, as JSON text; it must not be missing."""
        value = self.required(name, expected)
        if isinstance(value, str):
            try:
                value = read_json(value)
            except (ValueError, RecursionError):
                raise self.wrong_type(name, expected) from None
        if not isinstance(value, list | dict):
            raise self.wrong_type(name, expected)
        return value

    def listed(self, name: str, expected: str = "a list of at least two different texts") -> tuple[str, ...]:
        """Return a list of at least two different texts, such as choices."""
        value = self.structure(name, expected)
        words = [written(item) for item in value] if isinstance(value, list) else []
        different = {composed(word) for word in words if word}
        if len(words) < 2 or len(different) < len(words) or any(not (word and word.strip()) for word in words):
            raise self.wrong_type(name, expected)
        return tuple(word for word in words if word)


def _listed_texts(value: Any) -> list[Any]:
    """Return the items of `value`.

    A cell with a JSON list of nothing but texts counts as a list; `[1, 2]` is an answer.
    """
    if isinstance(value, list):
        return value
    if isinstance(value, str) and value.startswith('["'):
        try:
            items = json.loads(value)
        except (ValueError, RecursionError):
            return [value]
        if isinstance(items, list) and all(isinstance(item, str) for item in items):
            return items
    return [value]


def written(value: Any) -> str | None:
    """Return `value` written as usual: `3` for 3 and 3.0, `0.00001` for 1e-05.

    None where it is no text or number.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _written_decimal(Decimal(repr(value)))
    if isinstance(value, Decimal):
        return _written_decimal(value)
    return value.isoformat() if isinstance(value, date) else None


def _written_decimal(value: Decimal) -> str | None:
    if not value.is_finite():
        return None
    digits = format(abs(value) if value == 0 else value, "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def is_blank(value: Any) -> bool:
    """Check whether the value is missing, an empty text or container, or a container of such: nothing is lost."""
    if isinstance(value, Mapping):
        return all(is_blank(item) for item in value.values())
    if isinstance(value, list | tuple):
        return all(is_blank(item) for item in value)
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxlist, _SHORT.maxdict, _SHORT.maxstring, _SHORT.maxother = 4, 20, 20, 80, 80


def shown(value: Any) -> str:
    """Return `value` in a few words, for a message."""
    kinds = {str: "text", bool: "a truth value", int: "a number", float: "a number", list: "a list", dict: "an object"}
    kind = kinds.get(type(value), type(value).__name__)
    text = repr(value[:80]) if isinstance(value, str) else _SHORT.repr(value)
    return "nothing" if value is None else f"{kind}: {text if len(text) <= 60 else text[:57] + '...'}"


def plain_json(value: Any) -> Any:
    """Convert `value` to plain JSON: dates and decimals as text, NaN as null. Raises TypeError for the rest."""
    if isinstance(value, Mapping):
        return {str(key): plain_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        if math.isnan(value):
            return None
        raise TypeError(f"{value} is no JSON")
    if value is None or isinstance(value, str | bool | int | float):
        return value
    word = written(value)
    if word is None:
        raise TypeError(f"{shown(value)} is no JSON")
    return word
