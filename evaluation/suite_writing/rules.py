"""Checks of a draft that need no model: its proof, its numbers, its question, and whether it was asked before."""

import re
from collections.abc import Sequence
from dataclasses import replace
from unicodedata import east_asian_width

from evaluation.formatting import excerpt
from evaluation.passage import Passage
from evaluation.suite_writing.drafts import Check, Draft, Dropped, Kind, Proof, dropped
from evaluation.suite_writing.wording import contains_answer, numbers, same_answer, same_question, similar_question
from evaluation.suite_writing.writing_plan import is_table_line
from evaluation.words import stretches

FEWEST_LETTERS = 8
"""Letters of a proof at least: a shorter one stands in many places. A wide letter, such as an ideograph, is two."""
_POINTS = re.compile(
    r"\b(?:in|from|of|by|to)\s+(?:this|the|the\s+(?:above|given|following))\s+"
    r"(?:passages?|texts?|excerpts?|paragraphs?|documents?|tables?|quotes?)\b",
    re.IGNORECASE,
)


def checked(draft: Draft) -> Draft | Dropped:
    """Return the draft with its proofs as they stand in the documents, or the first rule that it breaks."""
    if (match := _POINTS.search(draft.question)) is not None:
        return dropped(draft, Check.POINTS_AT_PASSAGE, f"it asks about {match.group()!r}")
    if draft.task.kind is Kind.UNANSWERABLE:
        return draft
    proofs: list[Proof] = []
    for place, (quote, passage) in enumerate(zip(draft.quotes, draft.task.passages, strict=True)):
        text = stands_in(quote, passage)
        if text is None:
            return dropped(
                draft, Check.PROOF_NOT_IN_PASSAGE, f"{excerpt(quote, 160)!r} does not stand in {passage.passage_id}"
            )
        proofs.append(Proof(document=passage.document, text=text, passage=place))
    return _checked_answer(replace(draft, proofs=tuple(proofs)))


def stands_in(quote: str, passage: Passage) -> str | None:
    """Return the stretch of the passage that the quote repeats, blanks and case of letters aside; None: none does."""
    if sum(2 if east_asian_width(letter) in "FW" else 1 for letter in "".join(quote.split())) < FEWEST_LETTERS:
        return None
    match = re.search(_pattern(quote), passage.text, re.IGNORECASE)
    return match.group() if match else None


def _pattern(quote: str) -> str:
    """Return a pattern for the quote: blanks stand where it has some, and may beside letters of scripts without."""
    return r"\s*".join(
        r"\s*".join(map(re.escape, stretch)) if is_unspaced else r"\s+".join(map(re.escape, stretch.split()))
        for stretch, is_unspaced in stretches(" ".join(quote.split()))
        if not stretch.isspace()
    )


def _checked_answer(draft: Draft) -> Draft | Dropped:
    if contains_answer(draft.question, draft.answer):
        return dropped(draft, Check.ANSWER_IN_QUESTION, f"the question has {excerpt(draft.answer, 160)!r} in it")
    if draft.task.kind is Kind.TABLE and not _is_of_table(draft.proofs[0]):
        return dropped(draft, Check.PROOF_NOT_IN_TABLE, f"{excerpt(draft.proofs[0].text, 160)!r} is no row")
    missing = numbers(draft.answer) - numbers(" ".join(proof.text for proof in draft.proofs))
    if draft.task.kind is Kind.FACT and missing:
        return dropped(
            draft, Check.NUMBER_NOT_IN_PROOF, f"{excerpt(', '.join(sorted(missing)), 160)} is not in the proof"
        )
    return draft


def _is_of_table(proof: Proof) -> bool:
    return all(is_table_line(line, proof.document) for line in proof.text.splitlines() if line.strip())


def without_duplicates(drafts: Sequence[Draft]) -> tuple[list[Draft], list[Dropped]]:
    """Return the drafts that ask something new, and the others with the earlier one that each repeats."""
    first: list[Draft] = []
    repeated: list[Dropped] = []
    for draft in drafts:
        earlier = next((other for other in first if _repeats(draft, other)), None)
        if earlier is None:
            first.append(draft)
        else:
            repeated.append(dropped(draft, Check.DUPLICATE, f"the earlier one is {excerpt(earlier.question, 160)!r}"))
    return first, repeated


def _repeats(draft: Draft, earlier: Draft) -> bool:
    """Check whether a draft has the other's question, or asks for the same answer with like words or proof."""
    if same_question(draft.question, earlier.question):
        return True
    if draft.answer and earlier.answer:
        is_alike = similar_question(draft.question, earlier.question) or _shares_proof(draft, earlier)
        return is_alike and same_answer(draft.answer, earlier.answer)
    return draft.answer == earlier.answer and similar_question(draft.question, earlier.question)


def _shares_proof(draft: Draft, other: Draft) -> bool:
    return len(draft.proofs) == len(other.proofs) and all(
        any(proof.document == of_other.document and _overlap(proof.text, of_other.text) for of_other in other.proofs)
        for proof in draft.proofs
    )


def _overlap(first: str, second: str) -> bool:
    first_letters, second_letters = "".join(first.casefold().split()), "".join(second.casefold().split())
    return first_letters in second_letters or second_letters in first_letters
