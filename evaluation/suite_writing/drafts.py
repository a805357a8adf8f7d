"""Drafts of cases: what a model was asked to write, what it wrote, and the check at which a draft was dropped."""

from dataclasses import dataclass
from enum import StrEnum

from evaluation.passage import Passage


class Kind(StrEnum):
    """What a question asks for."""

    FACT = "fact"
    """A fact that one passage states."""
    TWO_PASSAGES = "two_passages"
    """Something that follows from two passages together, and from neither alone."""
    TABLE = "table"
    """A value of a table."""
    UNANSWERABLE = "unanswerable"
    """Something that the corpus does not answer, although it is about its subject."""


class Check(StrEnum):
    """The checks in the order in which a draft passes them."""

    NO_REPLY = "no_reply"
    BROKEN_REPLY = "broken_reply"
    PROOF_NOT_IN_PASSAGE = "proof_not_in_passage"
    PROOF_NOT_IN_TABLE = "proof_not_in_table"
    NUMBER_NOT_IN_PROOF = "number_not_in_proof"
    ANSWER_IN_QUESTION = "answer_in_question"
    POINTS_AT_PASSAGE = "points_at_passage"
    DUPLICATE = "duplicate"
    NO_VERDICT = "no_verdict"
    BROKEN_VERDICT = "broken_verdict"
    KNOWN_WITHOUT_PASSAGE = "known_without_passage"
    NOT_FOUND_AGAIN = "not_found_again"
    OTHER_ANSWER = "other_answer"
    ONE_PASSAGE_IS_ENOUGH = "one_passage_is_enough"
    ANSWERED_AFTER_ALL = "answered_after_all"
    SURPLUS = "surplus"


MEANINGS: dict[Check, str] = {
    Check.NO_REPLY: "the writer's server gave no reply",
    Check.BROKEN_REPLY: "the writer's reply was not what was asked for",
    Check.PROOF_NOT_IN_PASSAGE: "the quoted proof does not stand in the passage",
    Check.PROOF_NOT_IN_TABLE: "the quoted proof is no part of a table",
    Check.NUMBER_NOT_IN_PROOF: "the answer has a number that the proof does not have",
    Check.ANSWER_IN_QUESTION: "the question contains its answer",
    Check.POINTS_AT_PASSAGE: "the question points at a text that whoever is asked does not see",
    Check.DUPLICATE: "an earlier draft asks the same",
    Check.NO_VERDICT: "the checker's server gave no reply",
    Check.BROKEN_VERDICT: "the checker's reply was not what was asked for",
    Check.KNOWN_WITHOUT_PASSAGE: "the checker answered from the question alone",
    Check.NOT_FOUND_AGAIN: "the checker found no answer in the passage",
    Check.OTHER_ANSWER: "the checker found another answer in the passage",
    Check.ONE_PASSAGE_IS_ENOUGH: "one of the two passages alone gives the answer",
    Check.ANSWERED_AFTER_ALL: "the checker answered it from the corpus",
    Check.SURPLUS: "it passed, and there were enough cases",
}
"""What it means that a draft was dropped at a check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WritingTask:
    """One case to be written."""

    number: int
    """Index in the plan, from 0."""
    kind: Kind
    passages: tuple[Passage, ...]
    """What the writer sees: two passages for `two_passages`, one else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A stretch of a document that proves an answer."""

    document: str
    """Path of the document within its corpus."""
    text: str
    """As it stands in the document."""
    passage: int = 0
    """Index, among the passages of the task, of the one that holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the writer wrote for a task."""

    task: WritingTask
    question: str
    answer: str = ""
    """Empty for an unanswerable question."""
    quotes: tuple[str, ...] = ()
    """Proofs as the writer quoted them, one for each passage."""
    proofs: tuple[Proof, ...] = ()
    """The quotes as they stand in the documents; empty until the rules have found them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A draft that a check dropped."""

    task: WritingTask
    check: Check
    reason: str
    """What is wrong with this one, in words; may quote what a model wrote."""
    question: str = ""
    answer: str = ""


def dropped(draft: Draft, check: Check, reason: str) -> Dropped:
    """Return the draft as dropped at a check."""
    return Dropped(task=draft.task, check=check, reason=reason, question=draft.question, answer=draft.answer)
