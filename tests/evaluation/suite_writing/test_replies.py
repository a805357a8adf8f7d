"""What models reply: read as it is, or refused by a named reason."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.passage import Passage
from evaluation.suite_writing.drafts import Kind, WritingTask
from evaluation.suite_writing.replies import BrokenReplyError, read_answer, read_draft

PASSAGE = Passage(document="a.md", position=0, text="The station was founded by Marta Eklund.")
TASK = WritingTask(number=0, kind=Kind.FACT, passages=(PASSAGE,))
WHOLE = {"question": "Who founded it?", "answer": "Marta Eklund", "proofs": ["founded by Marta Eklund"]}


def test_a_whole_reply_is_a_draft() -> None:
    draft = read_draft(json.dumps(WHOLE | {"remark": "a key that nobody asked for"}), TASK)

    assert ("Who founded it?", "Marta Eklund", ("founded by Marta Eklund",)) == (
        draft.question,
        draft.answer,
        draft.quotes,
    )


def test_an_unanswerable_question_needs_no_answer() -> None:
    task = WritingTask(number=0, kind=Kind.UNANSWERABLE, passages=(PASSAGE,))

    assert ("Who paid?", "") == ((draft := read_draft('{"question": " Who paid? "}', task)).question, draft.answer)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "it is no JSON"),
        ("```json\n{}\n```", "it is no JSON"),
        ("[1]", "it is no JSON object"),
        ('{"question": "a", "question": "b"}', "appears twice"),
        ("[" * 15_000, "it is no JSON"),
        ("{" + " " * 20_001 + "}", "20,003 characters, more than the 20,000 allowed"),
        (json.dumps(WHOLE | {"question": None}), "'question' is no text, or empty"),
        (json.dumps(WHOLE | {"question": "  "}), "'question' is no text, or empty"),
        (json.dumps(WHOLE | {"question": "w" * 601}), "'question' has 601 characters"),
        (json.dumps(WHOLE | {"answer": "a\x1b[2J"}), "'answer' holds control characters"),
        (json.dumps(WHOLE | {"answer": "\ud800"}), "'answer' holds control characters"),
        (json.dumps({"question": "Who?", "proofs": ["x"]}), "'answer' is missing"),
        (json.dumps(WHOLE | {"proofs": "founded"}), "'proofs' is not a list of 1"),
        (json.dumps(WHOLE | {"proofs": ["a", "b"]}), "'proofs' is not a list of 1"),
        (json.dumps(WHOLE | {"proofs": [{"text": "a"}]}), "'proofs' is no text"),
        ('{"question": ' + "9" * 5000 + "}", "it is no JSON"),
        ('{"question": 1e-999999}', "it is no JSON"),
    ],
)
def test_a_broken_reply_is_refused_by_name(reply: str, reason: str) -> None:
    with pytest.raises(BrokenReplyError, match=reason):
        read_draft(reply, TASK)


@given(st.text() | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(json.dumps))
def test_whatever_a_model_replies_is_read_or_refused(reply: str) -> None:
    for read in (lambda: read_draft(reply, TASK), lambda: read_answer(reply, flag="known")):
        with suppress(BrokenReplyError):
            read()


def test_a_checker_says_true_or_false_and_nothing_else() -> None:
    assert read_answer('{"known": false, "answer": "what it does not know"}', flag="known").answer is None
    assert "oxygen" == read_answer('{"known": true, "answer": "oxygen"}', flag="known").answer
    with pytest.raises(BrokenReplyError, match="'known' is neither true nor false"):
        read_answer('{"known": "yes", "answer": "oxygen"}', flag="known")
    with pytest.raises(BrokenReplyError, match="'answer' is no text"):
        read_answer('{"known": true, "answer": ""}', flag="known")
