"""JSON is read as it is defined, to a depth that no honest answer reaches."""

import json

import pytest

from evaluation.providers.json_reading import MAX_DEPTH, OddRecordError, parse_json


@pytest.mark.parametrize(
    "value", [{"a": [1, {"b": "]}[{" * 200}]}, [[]] * 5_000, {"\\\\": '"[' * 300}, "[" * 1_000, [{"a": []}] * 1_000]
)
def test_brackets_in_texts_and_beside_one_another_are_no_depth(value: object) -> None:
    assert value == parse_json(json.dumps(value).encode())


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
def test_the_bound_of_depth_is_met_exactly(opening: str, closing: str) -> None:
    levels = MAX_DEPTH // (opening.count("[") + opening.count("{"))
    assert parse_json((opening * levels + "1" + closing * levels).encode())
    with pytest.raises(OddRecordError, match="more than 100 levels"):
        parse_json((opening * (levels + 1) + "1" + closing * (levels + 1)).encode())


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000, "[" * 200_000 + "]" * 200_000, "[]" * 10**6 + "["])
def test_what_is_deep_or_cut_is_an_error_and_never_a_recursion(text: str) -> None:
    with pytest.raises(ValueError, match=r"levels|Extra data"):
        parse_json(text.encode())


def test_a_record_that_was_cut_inside_a_text_is_cut_and_not_odd() -> None:
    with pytest.raises(ValueError, match="Unterminated") as caught:
        parse_json(b'{"message": {"content": "' + b"[" * 1_000)
    assert not isinstance(caught.value, OddRecordError)


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}', "1" * 5_000])
def test_numbers_that_json_does_not_know_are_odd(text: str) -> None:
    with pytest.raises(OddRecordError):
        parse_json(text.encode())
