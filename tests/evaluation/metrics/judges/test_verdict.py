import json

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.metrics.judges.verdict import (
    MAX_RATIONALE_CHARACTERS,
    MAX_REPLY_CHARACTERS,
    PAIRWISE_SCHEMA,
    RUBRIC_SCHEMA,
    PairVerdict,
    RubricVerdict,
    excerpt,
    read_pair_verdict,
    read_rubric_verdict,
)
from evaluation.scores import ScoreFailure

MALFORMED_GRADES = {
    "": "is empty",
    " \n\t ": "is empty",
    "I'm sorry, I can't help with that.": "is not valid JSON",
    "4": "is a whole number, not an object",
    '"4"': "is a text, not an object",
    "null": "is null, not an object",
    "true": "is a truth value, not an object",
    "[]": "is a list, not an object",
    '[{"rationale": "r", "score": 4}]': "is a list, not an object",
    "[4": "is not valid JSON (",
    "{}": "lacks 'rationale' and 'score'",
    '{"score": 4}': "lacks 'rationale'",
    '{"rationale": "r"}': "lacks 'score'",
    '{"rationale": "r", "Score": 4}': "lacks 'score'",
    '{"rationale": "r", "score": 0}': "has the score 0, which is not from 1 to 5",
    '{"rationale": "r", "score": 6}': "has the score 6, which is not from 1 to 5",
    '{"rationale": "r", "score": -1}': "has the score -1, which is not from 1 to 5",
    '{"rationale": "r", "score": 999999999}': "has the score 999999999, which is not from 1 to 5",
    '{"rationale": "r", "score": -1000000000}': "has the score a number of many digits, which is not from 1 to 5",
    '{"rationale": "r", "score": 10000000000}': "has the score a number of many digits, which is not from 1 to 5",
    '{"rationale": "r", "score": 4.0}': "has a decimal number for a score, not a whole number",
    '{"rationale": "r", "score": 4.5}': "has a decimal number for a score, not a whole number",
    '{"rationale": "r", "score": 4e0}': "has a decimal number for a score, not a whole number",
    '{"rationale": "r", "score": "4"}': "has a text for a score, not a whole number",
    '{"rationale": "r", "score": "four"}': "has a text for a score, not a whole number",
    '{"rationale": "r", "score": true}': "has a truth value for a score, not a whole number",
    '{"rationale": "r", "score": null}': "has null for a score, not a whole number",
    '{"rationale": "r", "score": [4]}': "has a list for a score, not a whole number",
    '{"rationale": "r", "score": {"value": 4}}': "has an object for a score, not a whole number",
    '{"rationale": "r", "score": NaN}': "is not valid JSON: NaN is not a JSON value",
    '{"rationale": "r", "score": Infinity}': "is not valid JSON: Infinity is not a JSON value",
    '{"rationale": "r", "score": 04}': "is not valid JSON (",
    '{"rationale": "r", "score": +4}': "is not valid JSON (",
    '{"rationale": "r", "score": 4, "score": 5}': "has the field 'score' twice",
    '{"rationale": "r", "score": 4, "score": 4}': "has the field 'score' twice",
    '{"rationale": "r", "score": 4, "confidence": 0.9}': "has the unexpected field 'confidence'",
    '{"rationale": 7, "score": 4}': "has a whole number for a rationale, not a text",
    '{"rationale": "", "score": 4}': "has an empty rationale",
    '{"rationale": " \\n", "score": 4}': "has an empty rationale",
    '{"rationale": "r", "score": 4': "is not valid JSON (",
    '{"rationale": "r": "score": 4}': "is not valid JSON (",
    '{"rationale": "r", "score": 4,}': "is not valid JSON (",
    "{'rationale': 'r', 'score': 4}": "is not valid JSON (",
    '{"rationale": "a\nb", "score": 4}': "is not valid JSON (",
    '{rationale: "r", score: 4}': "is not valid JSON (",
    '{"rationale": "r", "score": 4} I hope this helps!': "is followed by more text, from character 32 on",
    '{"rationale": "r", "score": 4}{"rationale": "r", "score": 4}': "is followed by more text, from character 31 on",
    'Here it is: {"rationale": "r", "score": 4}': "is not valid JSON",
    '```json\n{"rationale": "r", "score": 4}\n```': "is not valid JSON",
    '\ufeff{"rationale": "r", "score": 4}': "is not valid JSON",
    '<think>hm</think>{"rationale": "r", "score": 4}': "is not valid JSON",
    "[" * 10_000: "is not readable JSON: it is nested too deeply",
    '{"rationale": "r", "score": '
    + "4" * 5_000
    + "}": "is not readable JSON: it contains a number with too many digits",
    '{"rationale": "'
    + "r" * MAX_REPLY_CHARACTERS
    + '", "score": 4}': "is 20029 characters long, more than the 20000 that are read",
}

MALFORMED_PREFERENCES = {
    '{"rationale": "r", "verdict": "a"}': "prefers 'a', which is not one of A, B, tie",
    '{"rationale": "r", "verdict": "TIE"}': "prefers 'TIE', which is not one of A, B, tie",
    '{"rationale": "r", "verdict": "C"}': "prefers 'C', which is not one of A, B, tie",
    '{"rationale": "r", "verdict": "A "}': "prefers 'A', which is not one of A, B, tie",
    '{"rationale": "r", "verdict": ""}': "prefers '', which is not one of A, B, tie",
    '{"rationale": "r", "verdict": 1}': "has a whole number for a preference, not one of A, B, tie",
    '{"rationale": "r", "verdict": ["A"]}': "has a list for a preference, not one of A, B, tie",
    '{"rationale": "r", "verdict": null}': "has null for a preference, not one of A, B, tie",
    '{"rationale": "r", "verdict": "' + "neither " * 6 + '"}': (
        "prefers 'neither neither neither neither neither …', which is not one of A, B, tie"
    ),
    '{"rationale": "r", "winner": "A"}': "lacks 'verdict'",
    '{"rationale": "r", "score": 4}': "lacks 'verdict'",
    '{"rationale": "r", "verdict": "A", "verdict": "B"}': "has the field 'verdict' twice",
    "[[A]]": "is not valid JSON (",
}


def says(message: str, problem: str) -> bool:
    """Whether the message says just this; after `(`, the words of the Python at hand."""
    said = message.removeprefix("the verdict ").split("; the judge wrote: ")[0]
    return said.startswith(problem) if problem.endswith("(") else said == problem


def names(malformed: dict[str, str]) -> list[str]:
    return [excerpt(reply, max_characters=50) for reply in malformed]


@pytest.mark.parametrize(("reply", "problem"), MALFORMED_GRADES.items(), ids=names(MALFORMED_GRADES))
def test_a_grade_that_breaks_the_schema_is_unreadable_and_says_why(reply, problem):
    found = read_rubric_verdict(reply)
    assert isinstance(found, ScoreFailure)
    assert "verdict_unreadable" == found.kind
    assert says(found.message, problem)


@pytest.mark.parametrize(("reply", "problem"), MALFORMED_PREFERENCES.items(), ids=names(MALFORMED_PREFERENCES))
def test_a_preference_that_breaks_the_schema_is_unreadable_and_says_why(reply, problem):
    found = read_pair_verdict(reply)
    assert isinstance(found, ScoreFailure)
    assert "verdict_unreadable" == found.kind
    assert says(found.message, problem)


def test_there_are_more_than_thirty_kinds_of_malformed_verdicts():
    assert 30 < len(MALFORMED_GRADES)


def test_where_json_breaks_is_counted_from_one():
    found = read_rubric_verdict("{x")
    assert isinstance(found, ScoreFailure)
    assert "at character 2); the judge wrote: {x" in found.message


def test_what_the_judge_wrote_is_quoted_up_to_160_characters():
    found = read_rubric_verdict("x" * 161)
    assert isinstance(found, ScoreFailure)
    assert "the verdict is not valid JSON; the judge wrote: " + "x" * 160 + "…" == found.message


@pytest.mark.parametrize("score", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("layout", ['{"rationale":"r","score":%d}', ' {\n"score": %d,\r\n\t"rationale": "r"}\n'])
def test_a_grade_is_read_whatever_its_blanks_and_its_order(score, layout):
    assert RubricVerdict(score=score, rationale="r") == read_rubric_verdict(layout % score)


@pytest.mark.parametrize("preference", ["A", "B", "tie"])
def test_a_preference_is_read(preference):
    reply = json.dumps({"rationale": "A is shorter.", "verdict": preference})
    assert PairVerdict(preference=preference, rationale="A is shorter.") == read_pair_verdict(reply)


def test_a_failure_shows_the_beginning_of_what_the_judge_wrote_as_a_harmless_line():
    found = read_rubric_verdict("No\x1b[2J\u202e way\n\n\ud800" + "x" * 10_000)
    assert isinstance(found, ScoreFailure)
    assert found.message.startswith("the verdict is not valid JSON; the judge wrote: No\ufffd[2J\ufffd way \ufffdxxx")
    assert found.message.endswith("x…")
    assert len(found.message) < 300


def test_a_rationale_is_kept_in_bounds_and_without_characters_that_a_terminal_obeys():
    found = read_rubric_verdict(
        json.dumps({"rationale": "\x1b[2J\ud800\u2028\u2029\ue000\u202e" + "e" * 5_000, "score": 2})
    )
    assert isinstance(found, RubricVerdict)
    assert MAX_RATIONALE_CHARACTERS == len(found.rationale)
    assert found.rationale.startswith("\ufffd[2J\ufffd\ufffd\ufffd\ufffd\ufffdee")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        (" a \n b ", "a b"),
        ("abcd", "abcd"),
        ("abcdef", "abcd…"),
        ("a      b", "a b"),
        ("a       b", "a…"),
        ("a" + " " * 99, "a…"),
    ],
)
def test_an_excerpt_is_one_line_and_says_where_it_stops(text, shown):
    assert shown == excerpt(text, max_characters=4)


@settings(max_examples=200)
@given(st.text() | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_any_text_is_a_failure_unless_the_schema_allows_it(reply):
    assert isinstance(read_rubric_verdict(reply), ScoreFailure)
    assert isinstance(read_pair_verdict(reply), ScoreFailure)


fields = st.dictionaries(
    st.sampled_from(["rationale", "score", "verdict"]),
    st.sampled_from([0, 1, 5, 6, 3.5, True, None, "", "A", "tie", "good", "4"]),
)


@settings(max_examples=300)
@given(fields)
def test_a_verdict_is_read_if_and_only_if_the_schema_that_was_sent_allows_it(verdict):
    reply = json.dumps(verdict)
    for schema, read in ((RUBRIC_SCHEMA, read_rubric_verdict), (PAIRWISE_SCHEMA, read_pair_verdict)):
        allowed = jsonschema.Draft202012Validator(json.loads(schema)).is_valid(verdict)
        assert allowed == (not isinstance(read(reply), ScoreFailure))


@pytest.mark.parametrize("schema", [RUBRIC_SCHEMA, PAIRWISE_SCHEMA])
def test_a_schema_is_canonical_and_asks_for_the_reasons_before_the_verdict(schema):
    assert schema == json.dumps(json.loads(schema), sort_keys=True, separators=(",", ":"))
    assert "rationale" == next(iter(json.loads(schema)["properties"]))


@pytest.mark.parametrize(
    ("schema", "verdict"),
    [
        (RUBRIC_SCHEMA, {"score": {"type": "integer", "enum": [1, 2, 3, 4, 5]}}),
        (PAIRWISE_SCHEMA, {"verdict": {"type": "string", "enum": ["A", "B", "tie"]}}),
    ],
)
def test_a_schema_asks_for_a_short_rationale_and_a_verdict_and_nothing_else(schema, verdict):
    properties = {"rationale": {"type": "string", "minLength": 1, "maxLength": 400}, **verdict}
    expected = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    assert expected == json.loads(schema)
