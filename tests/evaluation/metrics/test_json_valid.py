import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.metrics.json_answers import MAX_DEPTH
from evaluation.metrics.json_valid import JsonValid

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ('{"a": [1, 2.5, null, true]}', "whole"),
        ("\n  [] \n", "whole"),
        ("42", "whole"),
        ('"text"', "whole"),
        ('{"a": "}"}', "whole"),
        ('Here it is:\n```json\n{"a": 1}\n```\nDone.', "fenced"),
        ("```\n[1]\n```", "fenced"),
        ("~~~ JSON\n[1]\n~~~", "fenced"),
        ("````\n```\n````\n```json\n[1]\n```", "fenced"),
        ("```json\n[1]", "fenced"),
        ("```json\nnot this\n```\n```json\n[1]\n```", "fenced"),
    ],
)
def test_json_is_found_and_the_label_says_where(score, answer, label):
    found = score(JsonValid(), answer)
    assert (1.0, label, None) == (found.value, found.label, found.rationale)


@pytest.mark.parametrize(
    ("answer", "rationale"),
    [
        ("", "line 1, column 1: Expecting value"),
        ('{"a": 1,}', "line 1, column 9:"),
        ("{'a': 1}", "line 1, column 2: Expecting property name"),
        ("[1] and [2]", "line 1, column 5: Extra data"),
        ("\n\n[1,\n", "line 1, column 4: Expecting value"),
        ("NaN", "NaN is no JSON number"),
        ("[-Infinity]", "-Infinity is no JSON number"),
        ("```python\n[1]\n```", "line 1, column 1"),
        ("see [1]", "line 1, column 1"),
        ('"a\nb"', "Invalid control character"),
    ],
)
def test_what_is_no_json_says_why(score, answer, rationale):
    found = score(JsonValid(), answer)
    assert (0.0, "not_json") == (found.value, found.label)
    assert rationale in found.rationale


def test_strictly_a_fence_is_no_json(score):
    assert 0.0 == score(JsonValid(strict=True), "```json\n[1]\n```").value
    assert 1.0 == score(JsonValid(strict=True), " [1]\n").value


@pytest.mark.parametrize(("top_level", "values"), [("any", [1, 1, 1]), ("object", [1, 0, 0]), ("array", [0, 1, 0])])
def test_the_outermost_value_can_be_asked_for(score, top_level, values):
    metric = JsonValid(top_level=top_level)
    assert values == [score(metric, answer).value for answer in ('{"a": 1}', "[1]", "1")]
    assert f"JSON, but no {top_level}" == score(JsonValid(top_level=top_level), "1").rationale or top_level == "any"


def test_the_depth_is_counted_outside_of_strings_alone(score):
    def nested(n):
        return "[" * n + "]" * n

    assert 1.0 == score(JsonValid(), nested(MAX_DEPTH)).value
    assert 1.0 == score(JsonValid(), "[" * MAX_DEPTH + "], []" + "]" * (MAX_DEPTH - 1)).value
    deep = score(JsonValid(), nested(MAX_DEPTH + 1))
    assert (0.0, f"nested deeper than {MAX_DEPTH} levels") == (deep.value, deep.rationale)
    assert 0.0 == score(JsonValid(), '{"a":' * (MAX_DEPTH + 1) + "1" + "}" * (MAX_DEPTH + 1)).value
    in_a_string = json.dumps(["\\" + '"' + "[" * 100 + '"' + "{" * 100])
    assert 1.0 == score(JsonValid(), in_a_string).value
    assert 1.0 == score(JsonValid(), "[" + ",".join(["[{}]"] * 100) + "]").value


def test_huge_numbers_and_hostile_brackets_are_read(score):
    assert 1.0 == score(JsonValid(), "9" * 100_000).value
    assert 1.0 == score(JsonValid(), "1e999").value
    assert 0.0 == score(JsonValid(), "[" * 100_000).value
    assert 0.0 == score(JsonValid(), '{"' * 50_000).value
    assert 0.0 == score(JsonValid(), "```" * 30_000).value
    assert 0.0 == score(JsonValid(), "```\n" * 30_000).value


@given(JSON, st.integers(0, 3))
def test_what_json_writes_is_json(score, value, indent):
    text = json.dumps(value, indent=indent or None, ensure_ascii=bool(indent))
    assert 1.0 == score(JsonValid(strict=True), text).value
    assert 1.0 == score(JsonValid(), f"Well:\n```json\n{text}\n```\n").value


def test_a_block_that_is_not_closed_is_read_to_its_end(score):
    assert ("fenced", 1.0) == ((found := score(JsonValid(), '```json\n[1,\n "a"\n]\n')).label, found.value)
