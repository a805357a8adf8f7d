"""Which reply of a pipeline says how its answer ended?"""

import pytest

from evaluation.generation import Generation
from evaluation.records.stages import finish_reason_of


def reply(text: str, finish_reason: str | None = "stop") -> Generation:
    return Generation(answer=text, text=text, finish_reason=finish_reason)


@pytest.mark.parametrize(
    ("answer", "replies", "expected"),
    [
        # A vote or a choice: the reply that was taken, whoever came last.
        ("Rome", [("Rome", "stop"), ("Rome", "stop"), ("Rome, in", "length")], "stop"),
        ("Each may be", [("Each may be", "length"), ("Each.", "stop"), ("1", "stop")], "length"),
        # The same text cut and whole: it is whole.
        (" Rome\n", [("Rome", "stop"), ("Rome", "length")], "stop"),
        ("Rome", [("Rome", "length"), ("Rome", "length")], "length"),
        # Put together of parts.
        ("# A\nfirst\n# B\nsecond", [("first", "length"), ("second", "stop")], "length"),
        ("# A\nfirst\n# B\nsecond", [("first", "stop"), ("second", "stop")], "stop"),
        # Taken out of a reply.
        ("42", [("The answer is 42.", "stop"), ("It is 41, I", "length")], "stop"),
        # In no reply, and nothing at all.
        ("something else", [("a", "stop"), ("b", "length")], "length"),
        ("", [("a", "stop"), ("", "length")], "length"),
        ("x", [], None),
        ("x", [("x", None)], None),
    ],
)
def test_an_answer_ended_as_the_reply_that_it_is(
    answer: str, replies: list[tuple[str, str | None]], expected: str | None
) -> None:
    assert expected == finish_reason_of(answer, [reply(text, reason) for text, reason in replies])
