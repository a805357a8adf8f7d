import json
import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.generation import Generation
from evaluation.metrics import bounded_schema, bounded_search
from evaluation.metrics.json_schema import JsonSchema
from evaluation.scores import Measurement, ScoreFailure

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "ages": {"type": "array", "items": {"type": "integer", "minimum": 0}}},
    "required": ["name"],
    "additionalProperties": False,
}


def measured(answer, schema=None, metric=None):
    case = Case(case_id="q", details={} if schema is None else {"schema": schema})
    return (metric or JsonSchema()).measure(case, (Generation(text=answer, answer=answer),), {})


def problem(schema):
    return JsonSchema().problem(Case(case_id="q", details={"schema": schema}))


@pytest.mark.parametrize(
    ("answer", "value", "label", "rationale"),
    [
        ('{"name": "Ann", "ages": [1, 2]}', 1.0, "whole", None),
        ('```json\n{"name": "Ann"}\n```', 1.0, "fenced", None),
        ('{"name": 1}', 0.0, "whole", "$.name: 1 is not of type 'string'"),
        ('{"name": "Ann", "ages": [1, -2]}', 0.0, "whole", "$.ages[1]: -2 is less than the minimum of 0"),
        ('{"ages": []}', 0.0, "whole", "$: 'name' is a required property"),
        ('{"name": "Ann", "b": 1, "a": 2}', 0.0, "whole", "$: no property 'a', 'b' is allowed"),
        ("[]", 0.0, "whole", "$: [] is not of type 'object'"),
        ("Ann", 0.0, "not_json", "line 1, column 1: Expecting value"),
    ],
)
def test_the_first_violation_is_named_with_its_place(answer, value, label, rationale):
    found = measured(answer, PERSON)
    assert (value, label, rationale) == (found.value, found.label, found.rationale)


def test_names_that_are_no_plain_words_are_quoted_in_the_place():
    schema = {"additionalProperties": {"type": "integer"}}
    assert "$[\"a b\\u0007\"]: 'x' is not of type 'integer'" == measured('{"a b\\u0007": "x"}', schema).rationale


def test_the_schema_may_be_text_an_option_or_true():
    text = json.dumps(PERSON)
    assert 1.0 == measured('{"name": "Ann"}', text).value
    assert 1.0 == measured('{"name": "Ann"}', None, JsonSchema(schema=text)).value
    assert 0.0 == measured('{"name": "Ann"}', True, JsonSchema(schema="false")).value
    assert 1.0 == measured("1", True).value
    assert 0.0 == measured("1", False).value


def test_strictly_a_fence_is_no_json():
    assert 0.0 == measured('```\n{"name": "Ann"}\n```', PERSON, JsonSchema(strict=True)).value


def test_a_case_without_a_schema_has_no_value_and_is_reported_before_anything_is_asked():
    assert measured("{}") is None
    assert "has no `schema` in its details, and no schema option is given" == (JsonSchema().problem(Case(case_id="q")))
    assert JsonSchema(schema="{}").problem(Case(case_id="q")) is None
    assert problem(PERSON) is None


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "text"}, "is not valid at $.type: 'text'"),
        ("{", "is no JSON: line 1"),
        ([1], "is a list, neither an object nor true or false"),
        ({"pattern": "("}, "is not valid at $.pattern"),
        ({"patternProperties": {"(": {}}}, "("),
        ({"$ref": "#/definitions/gone"}, "refers to '#/definitions/gone', which it does not hold"),
        ({"items": {"$ref": "http://127.0.0.1:9/schema.json"}}, "refers to 'http://127.0.0.1:9/schema.json'"),
        ({"allOf": [{"$ref": "#/gone"}]}, "refers to '#/gone'"),
        ({"$schema": "http://json-schema.org/draft-04/schema#", "patternProperties": {"(": {}}}, "has a pattern '('"),
        ({"patternProperties": {"a": {}}, "unevaluatedProperties": False}, "cannot be bounded"),
    ],
)
def test_a_schema_that_cannot_be_used_is_reported_before_anything_is_asked(schema, words):
    assert words in problem(schema)
    failed = measured("{}", schema)
    assert isinstance(failed, ScoreFailure)
    assert ("schema_unusable", True) == (failed.kind, words in failed.message)


def test_an_option_that_is_no_schema_is_refused():
    with pytest.raises(ConfigurationError, match="is no JSON"):
        JsonSchema(schema="{")


def test_nothing_is_fetched(monkeypatch):
    asked, this = [], threading.get_ident()

    def noted(plain):
        """Notes what this test's thread asks for; those of Prefect, which other tests left, go on as before."""

        def call(*words, **more):
            return asked.append(words) if threading.get_ident() == this else plain(*words, **more)

        return call

    monkeypatch.setattr(socket.socket, "connect", noted(socket.socket.connect))
    monkeypatch.setattr(socket, "getaddrinfo", noted(socket.getaddrinfo))
    # with an address of its own, the reference is resolved against it when it is used
    schema = {"$id": "http://127.0.0.1:9/a.json", "properties": {"a": {"$ref": "b.json"}}}
    assert problem(schema) is None
    assert "schema_unusable" == measured('{"a": 1}', schema).kind
    assert "schema_unusable" == measured("1", {"$ref": "http://127.0.0.1:9/schema.json"}).kind
    assert [] == asked


def test_references_within_a_schema_and_to_a_drafts_own_are_followed():
    tree = {"$schema": "http://json-schema.org/draft-07/schema#", "type": "array", "items": {"$ref": "#"}}
    assert 1.0 == measured("[[], [[]]]", tree).value
    assert "$[1][0]: 1 is not of type 'array'" == measured("[[], [1]]", tree).rationale
    meta = {"$ref": "http://json-schema.org/draft-07/schema#"}
    assert [1.0, 0.0] == [measured(text, meta).value for text in ('{"type": "object"}', '{"type": 1}')]


def test_the_draft_that_a_schema_names_is_used():
    # items as a list was a tuple up to draft 2019-09, and is refused in 2020-12
    old = {"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "string"}]}
    assert [1.0, 0.0] == [measured(text, old).value for text in ('["a"]', "[1]")]
    assert "is not valid at $.items" in problem({"items": [{"type": "string"}]})


def test_a_careless_pattern_fails_the_score_and_not_the_run(monkeypatch):
    monkeypatch.setattr(bounded_search, "TIMEOUT_S", 0.05)
    answer = json.dumps({"a" * 60 + "b": "a" * 60 + "b"})
    for schema in (
        {"additionalProperties": {"pattern": "(a|aa)+$"}},
        {"patternProperties": {"(a|aa)+$": {}}},
        {"patternProperties": {"(a|aa)+$": {}}, "additionalProperties": False},
        {
            "$schema": "http://json-schema.org/draft-04/schema#",
            "propertyNames": {},
            "patternProperties": {"(a|aa)+$": {}},
        },
    ):
        failed = measured(answer, schema)
        assert "timed_out" == failed.kind
        assert "(a|aa)+$" in failed.message


def test_references_that_multiply_are_given_up(monkeypatch):
    monkeypatch.setattr(bounded_schema, "MAX_CHECKS", 1000)
    parts = {f"a{i}": {"allOf": [{"$ref": f"#/$defs/a{i + 1}"}] * 2} for i in range(30)}
    schema = {"$defs": {**parts, "a30": {"type": "integer"}}, "$ref": "#/$defs/a0"}
    failed = measured("1", schema)
    assert ("timed_out", "the value takes more than 1,000 checks of the schema") == (failed.kind, failed.message)


def test_a_reference_to_itself_is_given_up():
    failed = measured("1", {"$ref": "#"})
    assert "timed_out" == failed.kind


def test_the_members_of_a_long_list_are_compared_in_one_pass():
    unique = {"uniqueItems": True}
    mixed = [{"a": i} for i in range(20_000)] + [[i] for i in range(20_000)]
    assert 1.0 == measured(json.dumps(mixed), unique).value
    assert "$: item 40000 occurs twice" == measured(json.dumps([*mixed, [5]]), unique).rationale
    assert 1.0 == measured("[1, true, 0, false, null]", unique).value
    assert 0.0 == measured("[1, 1.0]", unique).value
    assert 0.0 == measured('[{"a": 1, "b": 2}, {"b": 2, "a": 1}]', unique).value
    assert 1.0 == measured("[1, 1]", {"uniqueItems": False}).value


def test_patterns_of_names_take_part_in_what_is_additional():
    schema = {"properties": {"a": {}}, "patternProperties": {"^x_": {"type": "integer"}}, "additionalProperties": False}
    assert 1.0 == measured('{"a": null, "x_b": 1}', schema).value
    assert "$.x_b: 's' is not of type 'integer'" == measured('{"x_b": "s"}', schema).rationale
    assert "$: no property 'y' is allowed" == measured('{"y": 1}', schema).rationale
    assert "$: 'b' does not match '^a'" == measured('"b"', {"pattern": "^a"}).rationale
    assert (
        1.0 == measured("1", {"pattern": "^a", "patternProperties": {"a": False}, "additionalProperties": False}).value
    )


def test_numbers_beyond_all_bounds_are_no_error():
    for schema in ({"multipleOf": 3}, {"multipleOf": 0.1}, {"type": "integer"}, {"maximum": 5}):
        for answer in ("1e999", "-1e999", "9" * 5000):
            assert measured(answer, schema).value in (0.0, 1.0)


def test_long_violations_are_cut():
    found = measured(json.dumps("x" * 10_000), {"type": "integer"})
    assert len(found.rationale) < 400
    assert found.rationale.endswith(" …")


@given(st.text(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_any_answer_is_measured(answer):
    found = measured(answer, {"type": ["array", "string"], "items": {"type": "integer"}})
    assert isinstance(found, Measurement)
    assert found.value in (0.0, 1.0)


def test_what_is_plain_data_is_no_part_of_the_schema():
    data = {"$ref": "http://127.0.0.1:9/gone", "pattern": "(", "$schema": "no draft"}
    for keyword, value in (("const", data), ("enum", [data]), ("default", data), ("examples", [data])):
        assert problem({keyword: value}) is None
    assert [1.0, 0.0] == [measured(text, {"const": data}).value for text in (json.dumps(data), "{}")]


def test_a_part_that_names_its_draft_is_bounded_too(monkeypatch):
    monkeypatch.setattr(bounded_search, "TIMEOUT_S", 0.05)
    part = {"$schema": "http://json-schema.org/draft-07/schema#", "pattern": "(a|aa)+$"}
    assert "timed_out" == measured(json.dumps(["a" * 60 + "b"]), {"items": part}).kind


def test_lists_and_objects_are_told_apart_among_the_members_of_a_list():
    unique = {"uniqueItems": True}
    assert [1.0, 0.0, 0.0] == [measured(text, unique).value for text in ("[[], {}]", "[[1], [1]]", "[{}, {}]")]
