"""Values cross the line unchanged, and nothing else does."""

import math
from collections import Counter, OrderedDict, deque
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.sandbox.inside.errors import described, rebuilt
from evaluation.sandbox.inside.shared import GarbageError
from evaluation.sandbox.inside.values import Decoder, Encoder, NotCarriedError, PlainOnly, drained

ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers(allow_nan=False)
    | st.text(st.characters(codec=None, exclude_categories=()))
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.fractions()
    | st.dates()
    | st.datetimes().map(lambda each: each.replace(fold=0))
    | st.timedeltas()
    | st.just(...)
)
KEYS = st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.tuples(st.integers(), st.text())
VALUES = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(KEYS, inner)
        | st.sets(KEYS)
        | st.frozensets(KEYS)
        | st.lists(inner).map(deque)
        | st.lists(KEYS).map(Counter)
        | st.dictionaries(KEYS, inner).map(OrderedDict)
    ),
    max_leaves=20,
)


def _carried(value: object) -> object:
    return Decoder(PlainOnly(), Encoder(PlainOnly()).encoded(value)).decoded()


@settings(max_examples=150, deadline=None, derandomize=True)
@given(VALUES)
def test_a_plain_value_arrives_as_it_was_sent(value: object) -> None:
    assert _shape(value) == _shape(_carried(value))


def _shape(value: object) -> object:
    """The value in words that tell types, -0.0 and not-a-number apart, and no order of sets."""
    match value:
        case dict():
            return type(value), [(_shape(key), _shape(each)) for key, each in value.items()]
        case set() | frozenset():
            return type(value), sorted(repr(each) for each in value)
        case list() | tuple() | deque():
            return type(value), [_shape(each) for each in value]
    return type(value), repr(value)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=200) | st.from_regex(rb"([a-zA-Z#@][0-9]{1,3}:){1,20}[ -~]*", fullmatch=True))
def test_garbage_is_refused_or_is_a_value(data: bytes) -> None:
    try:
        Decoder(PlainOnly(), data).decoded()
    except GarbageError:
        return


@settings(max_examples=100, deadline=None, derandomize=True)
@given(VALUES, st.integers(0, 10_000), st.integers(0, 255))
def test_a_damaged_value_is_refused_or_is_another(value: object, place: int, byte: int) -> None:
    data = bytearray(Encoder(PlainOnly()).encoded(value))
    data[place % len(data)] = byte
    try:
        Decoder(PlainOnly(), bytes(data)).decoded()
    except GarbageError:
        return


def test_what_is_larger_than_any_limit_of_text_is_carried() -> None:
    big = 7**200_000
    assert [big, -big] == _carried([big, -big])
    assert list(range(100_000)) == _carried(list(range(100_000)))
    assert math.isnan(_carried(float("nan")))  # type: ignore[arg-type]
    assert "-0.0" == str(_carried(-0.0))
    assert datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=2))) == _carried(
        datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    )
    assert [Decimal("1.10"), Fraction(1, 3), date(2024, 1, 1)] == _carried(
        [Decimal("1.10"), Fraction(1, 3), date(2024, 1, 1)]
    )


def test_what_holds_itself_and_what_is_held_twice_stay_so() -> None:
    loop: list[object] = []
    row = [0]
    loop += [loop, row, row, {"row": row}]
    found = _carried(loop)
    assert isinstance(found, list)
    assert found[0] is found
    assert found[1] is found[2] is found[3]["row"]


class _Boast(int):
    def __eq__(self, other: object) -> bool:
        return True

    def __index__(self) -> int:
        return 8

    __hash__ = None  # type: ignore[assignment]


class _Liar:
    __class__ = list  # type: ignore[assignment]


def test_of_a_subclass_only_the_plain_value_arrives() -> None:
    found = _carried([_Boast(7)])
    assert [7] == found
    assert int is type(found[0])  # type: ignore[index]


@pytest.mark.parametrize("value", [object(), _Liar(), print, int, [object()], {1: open}, iter([])])
def test_what_is_no_plain_value_is_not_carried(value: object) -> None:
    with pytest.raises(NotCarriedError, match="a value of type"):
        _carried(value)


def test_a_value_too_large_or_too_deep_is_not_carried() -> None:
    deep: list[object] = []
    for _ in range(300):
        deep = [deep]
    with pytest.raises(NotCarriedError, match="nested more than 200 deep"):
        _carried(deep)
    with pytest.raises(NotCarriedError, match="more than 16000000 bytes"):
        _carried(bytes(17_000_000))
    with pytest.raises(NotCarriedError, match="an iterator of more than 100000 values"):
        drained(iter(range(10**9)))


@pytest.mark.parametrize(
    "error", [ValueError("a", 3), KeyError("k"), OSError(2, "gone"), ZeroDivisionError(), UnicodeError("x")]
)
def test_an_exception_is_rebuilt_of_its_class_with_its_words(error: BaseException) -> None:
    found = rebuilt(described(error), {})
    assert (type(error), str(error)) == (type(found), str(found))


def test_an_exception_that_says_too_much_or_nothing_readable_is_cut() -> None:
    class OddError(LookupError):
        def __str__(self) -> str:
            raise RuntimeError

    assert LookupError is type(rebuilt(described(OddError(object())), {}))
    assert 2000 == len(str(rebuilt(described(ValueError("x" * 10_000)), {})))
    for nonsense in (None, 3, ("x",), ((), (), ""), (("Nothing",), (), ""), ((3,), 4, 5), (("int",), (), "")):
        assert "an exception that cannot be read" == str(rebuilt(nonsense, {}))
