"""What the tests' interpreter says is taken once, in its turn, and nothing else is."""

from typing import Any

import pytest

from evaluation.program import ProgramEnd
from evaluation.sandbox.inside.values import Encoder, PlainOnly
from evaluation.sandbox.supervision import MAX_VERDICT_BYTES, Verdicts

READY, PASSED, FAILED, END = ("ready",), ("test", True, "", ""), ("test", False, "failed", "no"), ("end",)


BROKEN = (ProgramEnd.CRASHED, "the tests broke their interpreter")


def _frame(*words: Any) -> bytes:
    data = Encoder(PlainOnly()).encoded(words)
    return len(data).to_bytes(4, "big") + data


def _heard(*messages: tuple[Any, ...], n_tests: int = 2) -> Verdicts:
    verdicts = Verdicts(n_tests)
    for message in messages:
        verdicts.read(_frame(*message))
    return verdicts


def test_messages_in_their_turn_are_taken_however_they_are_cut() -> None:
    verdicts = Verdicts(2)
    data = b"".join(_frame(*message) for message in (READY, PASSED, FAILED, END))
    for byte in data:
        assert verdicts.end is None
        verdicts.read(bytes([byte]))
    assert [True, False] == verdicts.passed
    assert (ProgramEnd.FINISHED, "no") == verdicts.end


@pytest.mark.parametrize(
    "messages",
    [
        (READY, READY),
        (READY, PASSED, READY),
        (PASSED,),
        (END,),
        (READY, END),
        (READY, PASSED, END),
        (READY, PASSED, PASSED, PASSED),
        (READY, ("test", 1, "", "")),
        (READY, ("test", True, "")),
        (READY, ("failed", None, "")),
        (READY, ("something",)),
        (READY, (), END),
        (("ready", "now"),),
    ],
)
def test_a_message_out_of_turn_or_of_another_shape_breaks_it(messages: tuple[tuple[Any, ...], ...]) -> None:
    assert BROKEN == _heard(*messages).end


def test_nothing_is_taken_after_the_end() -> None:
    verdicts = _heard(READY, ("failed", "syntax", "line 1"), READY, PASSED, PASSED, END)
    assert (ProgramEnd.SYNTAX_ERROR, "line 1") == verdicts.end
    assert [] == verdicts.passed


def test_a_program_that_was_gone_leaves_the_tests_after_it_unreached() -> None:
    verdicts = _heard(READY, PASSED, ("test", False, "gone", "the line ended"), END, n_tests=9)
    assert [True, False] == verdicts.passed
    assert verdicts.is_gone


@pytest.mark.parametrize("data", [(MAX_VERDICT_BYTES + 1).to_bytes(4, "big"), b"\xff" * 4, bytes(4), b"\0\0\0\1x"])
def test_what_is_no_message_breaks_it(data: bytes) -> None:
    verdicts = _heard(READY)
    verdicts.read(data)
    assert BROKEN == verdicts.end
