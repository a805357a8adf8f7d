"""Serialisation of values between two interpreters that do not trust each other, as plain data of known types.

A value is a tag, a number and a colon, followed by that many bytes or values. What is written is what `type` reports
and the value it holds, so only the plain value of a subclass arrives, and reading creates nothing but plain values.
Lists, dictionaries and the like have numbers (`shared`): values that both sides hold are referred to and not sent
again.
"""

from __future__ import annotations

import sys
from itertools import islice

from evaluation.sandbox.inside.shared import GarbageError, Shared, contents, replace

TYPE_CHECKING = False  # typing's own takes longer to import than a small program to run
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Protocol

    class Exchange(Protocol):
        """Handling of objects that are not plain data."""

        def export(self, value: Any) -> tuple[bytes, tuple[Any, ...]]:
            """Return the tag and words by which the other side identifies an object, or `NotCarriedError`."""

        def take(self, tag: bytes, words: tuple[Any, ...]) -> Any:
            """Return the object that the other side refers to, or `GarbageError`."""


MAX_BYTES = 16_000_000
MAX_DEPTH = 200
MAX_DRAINED = 100_000


class NotCarriedError(Exception):
    """Raised for a value that is not plain data and cannot be referred to by number."""


class Encoder:
    """Encodes values."""

    def __init__(self, exchange: Exchange, shared: Shared | None = None) -> None:
        self._exchange = exchange
        self._shared = shared or Shared()
        self._parts: list[bytes] = []
        self._size = 0
        self._depth = 0

    def encoded(self, value: Any) -> bytes:
        """Return `value` as bytes.

        Raises:
            NotCarriedError: it, or something in it, is too large, too deep, or no plain data.
        """
        self._put(value)
        return b"".join(self._parts)

    def _put(self, value: Any) -> None:
        number = self._shared.number_of(value)
        if number is not None:
            self._word(b"@", b"%d" % number)
            return
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise NotCarriedError(f"a value nested more than {MAX_DEPTH} deep")
        _WRITERS.get(type(value), Encoder._put_other)(self, value)
        self._depth -= 1

    def _word(self, tag: bytes, data: bytes) -> None:
        self._add(b"%b%d:%b" % (tag, len(data), data))

    def _add(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > MAX_BYTES:
            raise NotCarriedError(f"a value of more than {MAX_BYTES} bytes")
        self._parts.append(part)

    def _items(self, tag: bytes, items: Iterable[Any]) -> None:
        values = tuple(items)
        self._add(b"%b%d:" % (tag, len(values)))
        for value in values:
            self._put(value)

    def _number(self, value: Any) -> bytes:
        return b"%d" % self._shared.add(value)

    def _put_list(self, value: list[Any]) -> None:
        if list.__len__(value) > 8 and set(map(type, list.__iter__(value))) == {int}:
            hexadecimals = b",".join(b"%x" % each for each in list.__iter__(value))
            self._word(b"I", b"%b:%b" % (self._number(value), hexadecimals))
        else:
            self._put_changeable(b"l", value)

    def _put_changeable(self, tag: bytes, value: Any, name: str = "") -> None:
        held = contents(value)
        self._add(b"%b%d:" % (tag, len(held) + (2 if name else 1)))
        self._word(b"#", self._number(value))
        for each in (name, *held) if name else held:
            self._put(each)

    def _put_other(self, value: Any) -> None:
        for name, tag in _LIBRARY_TYPES:
            kind = _library_type(name)
            if kind is not None and type(value) is kind:
                _put_library(self, tag, value)
                return
        # By its type, since a value may say that it is of another class.
        if issubclass(type(value), tuple) and type(names := getattr(type(value), "_fields", None)) is tuple:
            fields = tuple(map(str, names))
            self._items(b"n", (type(value).__name__, fields, tuple(tuple.__iter__(value))))
            return
        for kind in _PLAIN_BASES:
            if issubclass(type(value), kind):
                _WRITERS[kind](self, value)
                return
        tag, words = self._exchange.export(value)
        if tag == b"p":
            self._put_changeable(tag, value, *words)
        else:
            self._items(tag, words)


class Decoder:
    """Decodes values and refuses invalid data."""

    def __init__(self, exchange: Exchange, data: bytes, shared: Shared | None = None) -> None:
        self._exchange = exchange
        self._data = data
        self._at = 0
        # Jobs and verdicts are read by a side that gives no numbers.
        self._shared = shared or Shared(1)
        self._depth = 0

    def decoded(self) -> Any:
        """Return the one value that the bytes encode.

        Raises:
            GarbageError: they encode no value.
        """
        try:
            value = self._get()
        except (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError, ArithmeticError) as error:
            raise GarbageError(f"unreadable value: {type(error).__name__}") from None
        if self._at != len(self._data):
            raise GarbageError("bytes after the value")
        return value

    def _get(self) -> Any:
        colon = self._data.index(b":", self._at, self._at + 20)
        tag, number = self._data[self._at : self._at + 1], self._data[self._at + 1 : colon]
        if not number.isdigit() or int(number) > len(self._data):
            raise GarbageError("no number after a tag")
        self._at = colon + 1
        self._depth += 1
        if self._depth > MAX_DEPTH + 10:
            raise GarbageError("nested too deep")
        value = _READERS[tag](self, int(number))
        self._depth -= 1
        return value

    def bytes_of(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        self._at += size
        if self._at > len(self._data):
            raise GarbageError("cut off")
        return self._data[self._at - size : self._at]

    def text_of(self, size: int) -> str:
        """Return the next `size` bytes as text."""
        return self.bytes_of(size).decode("utf-8", "surrogatepass")

    def items(self, count: int) -> list[Any]:
        """Return the next `count` values."""
        return [self._get() for _ in range(count)]

    def changeable(self, empty: Any, count: int) -> Any:
        """Return a mutable container, numbered before it is filled, since it may contain itself."""
        self._shared.accept(self._get(), empty)
        replace(empty, self.items(count - 1))
        return empty

    def integers(self, size: int) -> list[int]:
        """Return a list of nothing but integers."""
        number, _, hexadecimals = self.bytes_of(size).partition(b":")
        values = [int(each, 16) for each in hexadecimals.split(b",")]
        self._shared.accept(int(number), values)
        return values

    def mentioned(self, size: int) -> Any:
        """Return a value that both sides already hold."""
        return self._shared.value_of(int(self.bytes_of(size)))

    def instance(self, count: int) -> Any:
        """Return an object of a class that both sides have."""
        number, name = self._get(), self._get()
        value = self._exchange.take(b"p", (name,))
        self._shared.accept(number, value)
        self._shared.fill(value, self.items(count - 2))
        return value

    def exported(self, tag: bytes, count: int) -> Any:
        """Return an object of the other side, identified by its words."""
        return self._exchange.take(tag, tuple(self.items(count)))


def drained(value: Iterable[Any]) -> tuple[Any, ...]:
    """Return all remaining items of an iterator.

    Raises:
        NotCarriedError: there are more than can be sent.
    """
    values = tuple(islice(value, MAX_DRAINED + 1))
    if len(values) > MAX_DRAINED:
        raise NotCarriedError(f"an iterator of more than {MAX_DRAINED} values")
    return values


def _library_type(name: str) -> Any:
    """Return a standard library class, if its module is loaded; else no value of it can exist here."""
    module, _, attribute = name.rpartition(".")
    return getattr(sys.modules.get(module), attribute, None)


def _imported(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    return getattr(__import__(module), attribute)


_LIBRARY_TYPES = (
    ("collections.Counter", b"C"),
    ("collections.OrderedDict", b"D"),
    ("collections.deque", b"Q"),
    ("decimal.Decimal", b"m"),
    ("fractions.Fraction", b"x"),
    ("datetime.datetime", b"Y"),
    ("datetime.date", b"y"),
    ("datetime.time", b"h"),
    ("datetime.timedelta", b"w"),
)


def _put_library(encoder: Encoder, tag: bytes, value: Any) -> None:
    if tag in b"CDQ":
        encoder._put_changeable(tag, value)
    elif tag == b"m":
        encoder._word(tag, str(value).encode())
    elif tag == b"x":
        encoder._items(tag, (value.numerator, value.denominator))
    elif tag == b"w":
        encoder._items(tag, (value.days, value.seconds, value.microseconds))
    else:
        encoder._word(tag, value.isoformat().encode())


# Each asks the plain type, never the value, which may be of a subclass with ideas of its own.
_WRITERS: dict[type, Callable[[Encoder, Any], None]] = {
    type(None): lambda encoder, _: encoder._add(b"N0:"),
    type(...): lambda encoder, _: encoder._add(b"E0:"),
    bool: lambda encoder, value: encoder._add(b"T0:" if value else b"F0:"),
    int: lambda encoder, value: encoder._word(b"i", b"%x" % value),
    float: lambda encoder, value: encoder._word(b"f", float.hex(value).encode()),
    complex: lambda encoder, value: encoder._items(b"c", (value.real, value.imag)),
    str: lambda encoder, value: encoder._word(b"s", str.encode(value, "utf-8", "surrogatepass")),
    bytes: lambda encoder, value: encoder._word(b"b", bytes.__getitem__(value, slice(None))),
    tuple: lambda encoder, value: encoder._items(b"t", tuple.__iter__(value)),
    frozenset: lambda encoder, value: encoder._items(b"Z", frozenset.__iter__(value)),
    range: lambda encoder, value: encoder._items(b"R", (value.start, value.stop, value.step)),
    slice: lambda encoder, value: encoder._items(b"L", (value.start, value.stop, value.step)),
    list: Encoder._put_list,
    dict: lambda encoder, value: encoder._put_changeable(b"d", value),
    set: lambda encoder, value: encoder._put_changeable(b"S", value),
    bytearray: lambda encoder, value: encoder._put_changeable(b"B", value),
    type({}.keys()): lambda encoder, value: encoder._items(b"K", value),
    type({}.values()): lambda encoder, value: encoder._items(b"V", value),
    type({}.items()): lambda encoder, value: encoder._items(b"M", value),
}
_PLAIN_BASES = (int, float, complex, str, bytes, bytearray, tuple, list, dict, set, frozenset)


def _named_tuple(decoder: Decoder, count: int) -> Any:
    name, fields, values = decoder.items(count)
    if not all(type(field) is str and field.isidentifier() and not field.startswith("__") for field in fields):
        raise GarbageError("no names of fields")
    places = {field: _place(number) for number, field in enumerate(fields)}
    return type(str(name), (tuple,), {"__slots__": (), "_fields": fields, **places})(values)


def _place(number: int) -> property:
    return property(lambda row: row[number])


_READERS: dict[bytes, Callable[[Decoder, int], Any]] = {
    b"N": lambda decoder, _: None,
    b"E": lambda decoder, _: ...,
    b"T": lambda decoder, _: True,
    b"F": lambda decoder, _: False,
    b"i": lambda decoder, size: int(decoder.bytes_of(size), 16),
    b"f": lambda decoder, size: float.fromhex(decoder.text_of(size)),
    b"c": lambda decoder, count: complex(*decoder.items(count)),
    b"s": Decoder.text_of,
    b"b": Decoder.bytes_of,
    b"t": lambda decoder, count: tuple(decoder.items(count)),
    b"Z": lambda decoder, count: frozenset(decoder.items(count)),
    b"R": lambda decoder, count: range(*decoder.items(count)),
    b"L": lambda decoder, count: slice(*decoder.items(count)),
    b"l": lambda decoder, count: decoder.changeable([], count),
    b"I": Decoder.integers,
    b"d": lambda decoder, count: decoder.changeable({}, count),
    b"S": lambda decoder, count: decoder.changeable(set(), count),
    b"B": lambda decoder, count: decoder.changeable(bytearray(), count),
    b"#": lambda decoder, size: int(decoder.bytes_of(size)),
    b"@": Decoder.mentioned,
    b"K": lambda decoder, count: dict.fromkeys(decoder.items(count)).keys(),
    b"V": lambda decoder, count: dict(enumerate(decoder.items(count))).values(),
    b"M": lambda decoder, count: dict(decoder.items(count)).items(),
    b"G": lambda decoder, count: iter(decoder.items(count)),
    b"n": _named_tuple,
    b"C": lambda decoder, count: decoder.changeable(_imported("collections.Counter")(), count),
    b"D": lambda decoder, count: decoder.changeable(_imported("collections.OrderedDict")(), count),
    b"Q": lambda decoder, count: decoder.changeable(_imported("collections.deque")(), count),
    b"m": lambda decoder, size: _imported("decimal.Decimal")(decoder.text_of(size)),
    b"x": lambda decoder, count: _imported("fractions.Fraction")(*decoder.items(count)),
    b"Y": lambda decoder, size: _imported("datetime.datetime").fromisoformat(decoder.text_of(size)),
    b"y": lambda decoder, size: _imported("datetime.date").fromisoformat(decoder.text_of(size)),
    b"h": lambda decoder, size: _imported("datetime.time").fromisoformat(decoder.text_of(size)),
    b"w": lambda decoder, count: _imported("datetime.timedelta")(*decoder.items(count)),
    b"o": lambda decoder, count: decoder.exported(b"o", count),
    b"O": lambda decoder, count: decoder.exported(b"O", count),
    b"k": lambda decoder, count: decoder.exported(b"k", count),
    b"p": Decoder.instance,
}


class PlainOnly:
    """Exchange of a side that transfers only plain data."""

    def export(self, value: Any) -> tuple[bytes, tuple[Any, ...]]:
        raise NotCarriedError(f"a value of type {type(value).__name__!r}")

    def take(self, tag: bytes, words: tuple[Any, ...]) -> Any:
        raise GarbageError("an object where plain data was expected")
