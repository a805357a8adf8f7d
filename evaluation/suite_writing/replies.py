"""Reads what models reply: JSON of a stated form and bounded size. Nothing is repaired; a broken reply says why."""

import unicodedata
from dataclasses import dataclass
from typing import Any

from evaluation.errors import BenchwrightError
from evaluation.files.exact_json import read_json
from evaluation.suite_writing.drafts import Draft, Kind, WritingTask

LONGEST_REPLY = 20_000
"""Characters of a reply."""
LONGEST_QUESTION = 600
LONGEST_ANSWER = 400
LONGEST_QUOTE = 1_500
_HARMFUL = frozenset({"Cc", "Cs"})


class BrokenReplyError(BenchwrightError):
    """Raised where a reply is not what was asked for, with the reason in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAnswer:
    """What the checker found in the passages, or knew without them."""

    answer: str | None
    """None: it says that there is no answer."""


def read_draft(text: str, task: WritingTask) -> Draft:
    """Return the draft in a writer's reply.

    Raises:
        BrokenReplyError: the reply is no JSON, too long, or lacks what was asked for.
    """
    values = _object(text)
    question = _text(values, "question", LONGEST_QUESTION)
    if task.kind is Kind.UNANSWERABLE:
        return Draft(task=task, question=question)
    quotes = values.get("proofs")
    if not isinstance(quotes, list) or len(quotes) != len(task.passages):
        raise BrokenReplyError(f"'proofs' is not a list of {len(task.passages)}")
    return Draft(
        task=task,
        question=question,
        answer=_text(values, "answer", LONGEST_ANSWER),
        quotes=tuple(_checked(quote, "proofs", LONGEST_QUOTE) for quote in quotes),
    )


def read_answer(text: str, *, flag: str) -> FoundAnswer:
    """Return the answer in a checker's reply.

    Args:
        text: The reply.
        flag: The key that says whether there is an answer.

    Raises:
        BrokenReplyError: the reply is no JSON, too long, or lacks what was asked for.
    """
    values = _object(text)
    has_answer = values.get(flag)
    if not isinstance(has_answer, bool):
        raise BrokenReplyError(f"{flag!r} is neither true nor false")
    return FoundAnswer(answer=_text(values, "answer", LONGEST_ANSWER) if has_answer else None)


def _object(text: str) -> dict[str, Any]:
    if len(text) > LONGEST_REPLY:
        raise BrokenReplyError(f"it has {len(text):,} characters, more than the {LONGEST_REPLY:,} allowed")
    try:
        values = read_json(text)
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise BrokenReplyError(f"it is no JSON: {error or type(error).__name__}") from error
    if not isinstance(values, dict):
        raise BrokenReplyError("it is no JSON object")
    return values


def _text(values: dict[str, Any], key: str, longest: int) -> str:
    if key not in values:
        raise BrokenReplyError(f"{key!r} is missing")
    return _checked(values[key], key, longest)


def _checked(value: Any, key: str, longest: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BrokenReplyError(f"{key!r} is no text, or empty")
    if len(value) > longest:
        raise BrokenReplyError(f"{key!r} has {len(value):,} characters, more than the {longest:,} allowed")
    if any(unicodedata.category(letter) in _HARMFUL and letter not in "\n\t\r" for letter in value):
        raise BrokenReplyError(f"{key!r} holds control characters")
    return value.strip()
