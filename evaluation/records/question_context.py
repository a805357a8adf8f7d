"""What stood around the question of a call in production: earlier turns, documents and choices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_KEPT_CHARACTERS = 100_000
"""Characters of turns that are kept of a call, and as many of documents."""
_CUT = " […]"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidTurn:
    """One message of a conversation, as text."""

    role: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionContext:
    """What stood around a question, as far as it is kept."""

    before: tuple[SaidTurn, ...] = ()
    """Turns before the question, oldest first."""
    n_before_left_out: int = 0
    """Turns before these that are not kept."""
    after: tuple[SaidTurn, ...] = ()
    """Turns behind the question: calls of functions and their results."""
    documents: tuple[str, ...] = ()
    n_documents_left_out: int = 0
    choices: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing but the question."""
        return not (self.before or self.after or self.documents or self.choices)

    def within(self, n_characters: int) -> "QuestionContext":
        """Return it with so many characters of turns, the newest ones, and as many of documents, the first ones."""
        turns = [*self.before, *self.after]
        n_kept = _n_that_fit([len(turn.text) for turn in reversed(turns)], n_characters)
        kept = [SaidTurn(role=turn.role, text=_cut(turn.text, n_characters)) for turn in turns[len(turns) - n_kept :]]
        n_before = max(0, n_kept - len(self.after))
        n_documents = _n_that_fit([len(each) for each in self.documents], n_characters)
        return QuestionContext(
            before=tuple(kept[:n_before]),
            n_before_left_out=self.n_before_left_out + len(turns) - n_kept,
            after=tuple(kept[n_before:]),
            documents=tuple(_cut(each, n_characters) for each in self.documents[:n_documents]),
            n_documents_left_out=self.n_documents_left_out + len(self.documents) - n_documents,
            choices=self.choices,
        )


def _cut(text: str, n_characters: int) -> str:
    return text if len(text) <= n_characters else text[:n_characters] + _CUT


def _n_that_fit(sizes: Sequence[int], most: int) -> int:
    """Return how many of the first texts fit together; one where the first alone is too long."""
    total = 0
    for n_before, size in enumerate(sizes):
        total += size
        if total > most:
            return max(1, n_before)
    return len(sizes)


def context_as_json(context: QuestionContext | None) -> dict[str, Any] | None:
    """Return a context as plain JSON, as it is stored."""
    if context is None:
        return None
    return {
        "before": [[turn.role, turn.text] for turn in context.before],
        "n_before_left_out": context.n_before_left_out,
        "after": [[turn.role, turn.text] for turn in context.after],
        "documents": list(context.documents),
        "n_documents_left_out": context.n_documents_left_out,
        "choices": list(context.choices),
    }


def context_from_json(stored: Mapping[str, Any] | None) -> QuestionContext | None:
    """Return the context from which `context_as_json` made its result."""
    if stored is None:
        return None
    return QuestionContext(
        before=tuple(SaidTurn(role=role, text=text) for role, text in stored["before"]),
        n_before_left_out=stored["n_before_left_out"],
        after=tuple(SaidTurn(role=role, text=text) for role, text in stored["after"]),
        documents=tuple(stored["documents"]),
        n_documents_left_out=stored["n_documents_left_out"],
        choices=tuple(stored["choices"]),
    )
