"""Which part of a long answer is shown first: what follows its thinking, or its end where a metric reads that."""

import re
from dataclasses import dataclass

CONCLUSION = 140
"""Characters at the end of an answer of which a metric reads a part; the reasons before them are folded."""
_NAMES = "think|thinking|thought|thoughts|reasoning|reflection|scratchpad"
_CLOSING = re.compile(rf"</(?:{_NAMES})>", re.IGNORECASE)
_OPENING = re.compile(rf"\s*<(?:{_NAMES})>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AnswerParts:
    """A text in two parts."""

    first: str
    """What is shown."""
    folded: str
    """What stands before it, to be opened; empty: nothing does."""


def answer_parts(beginning: str, end: str, *, reads_a_part: bool) -> AnswerParts:
    """Return what is shown of an answer, and what is folded.

    Args:
        beginning: The text, or its beginning.
        end: Its last characters where the beginning is not the whole; may overlap with it.
        reads_a_part: The metric reads a number, a letter or a label of it, which mostly stands at the end.
    """
    last = end or beginning
    closing = list(_CLOSING.finditer(last))
    if closing and (answer := last[closing[-1].end() :].strip()):
        before = beginning + "…" if end else last[: closing[-1].start()]
        return AnswerParts(answer, _OPENING.sub("", before, count=1).strip())
    is_thinking = _OPENING.match(beginning) is not None
    if (reads_a_part or is_thinking) and len(last) > CONCLUSION:
        conclusion = last[-CONCLUSION:]
        return AnswerParts(
            "… " + (conclusion.partition(" ")[2] or conclusion).lstrip(), beginning + ("…" if end else "")
        )
    return AnswerParts(beginning + ("…" if end else ""), "")
