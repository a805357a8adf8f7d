"""Benchwright's own format: a prompt or a conversation, with the references."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from evaluation.benchmarks.formats.format import (
    ANSWER_FROM_CONTEXT,
    CHOOSE_LABEL,
    CHOOSE_LETTER,
    SUMMARIZE,
    Format,
    case_of,
    letter,
)
from evaluation.benchmarks.rows import Row, is_blank, plain_json, shown
from evaluation.case import Case, Message
from evaluation.files.names import composed
from evaluation.relevant_passages import EXPECTED, KEYS, RELEVANT, entry_problem

ROLES = ("system", "user", "assistant")
MESSAGES = "a list of objects with role (system, user or assistant) and content, at least one of them the user's"


@dataclass(frozen=True)
class Plain(Format):
    """Rows with `prompt` or `messages`, and any other field of a case."""

    name: ClassVar[str] = "plain"
    title: ClassVar[str] = "plain cases"
    fields: ClassVar[tuple[str, ...]] = (
        "case_id",
        "prompt",
        "messages",
        "references",
        "context",
        "choices",
        "cluster",
        "tags",
        "relevant",
        "details",
    )
    task_type: ClassVar[str] = "generation"
    metrics: ClassVar[tuple[str, ...]] = ("exact_match", "token_f1")
    headline: ClassVar[str] = "exact_match"
    is_one_benchmark: ClassVar[bool] = False

    def recognises(self, row: Row) -> bool:
        return any(row.knows(name) for name in ("prompt", "messages", "references"))

    def case(self, row: Row, case_id: str) -> Case:
        messages = _messages(row)
        if messages and row.look_at("prompt") is not None:
            raise row.error("is given together with messages", field="prompt", expected="either a prompt or messages")
        choices = row.listed("choices") if row.get("choices") not in (None, []) else ()
        return case_of(
            row,
            case_id,
            prompt="" if messages else row.text("prompt"),
            messages=messages,
            references=_references(row, choices),
            context=row.texts("context", "text or a list of texts"),
            choices=choices,
            details=_details(row) | _relevant(row),
        )

    def task_type_of(self, cases: Sequence[Case]) -> str:
        return "question_answering" if all(case.context for case in cases) else self.task_type

    def template_for(self, cases: Sequence[Case], task_type: str) -> str:
        """Return a template that shows what every case has besides its prompt."""
        if all(_has_unseen(case, case.context) for case in cases):
            return SUMMARIZE if task_type == "summarization" else ANSWER_FROM_CONTEXT
        if all(_has_unseen(case, case.choices) for case in cases):
            return CHOOSE_LETTER if all(_wants_letter(case) for case in cases) else CHOOSE_LABEL
        return self.template


def _references(row: Row, choices: Sequence[str]) -> tuple[str, ...]:
    """Return the references; where there are choices, each is one of them or the letter of one."""
    references = row.texts("references")
    right = {
        composed(form).strip().casefold()
        for index, choice in enumerate(choices)
        for form in (choice, letter(index), f"{letter(index)}) {choice}")
    }
    other = next(
        (text for text in references if choices and text.strip() and composed(text).strip().casefold() not in right),
        None,
    )
    if other is not None:
        raise row.error(
            f"{shown(other).removeprefix('text: ')} is not one of the choices",
            field="references",
            expected="the text or the letter of a choice",
            next_step="Write the choice itself; an index is read as in MMLU, from 'question', 'choices' and 'answer'",
        )
    return references


def _has_unseen(case: Case, texts: Sequence[str]) -> bool:
    """Check whether some of these texts do not occur in the case's own words."""
    own = "\n".join([case.prompt, *(message.content for message in case.messages)])
    return any(text not in own for text in texts)


def _wants_letter(case: Case) -> bool:
    letters = {letter(index) for index in range(len(case.choices))}
    return bool(case.references) and letters.issuperset(case.references) and not letters.intersection(case.choices)


def _messages(row: Row) -> tuple[Message, ...]:
    if row.get("messages") is None:
        return ()
    turns = row.structure("messages", MESSAGES)
    if isinstance(turns, list):
        row.check_parts("messages", turns, ("role", "content"), expected=MESSAGES)
    messages = tuple(_message(row, turn) for turn in turns) if isinstance(turns, list) else ()
    if not any(message.role == "user" for message in messages):
        raise row.wrong_type("messages", MESSAGES)
    if messages[-1].role == "assistant":
        raise row.error(
            "ends with the assistant's message, which answers the question",
            field="messages",
            expected="a conversation in which the assistant has yet to answer",
            next_step="Move that message to 'references'",
        )
    return messages


def _message(row: Row, turn: Any) -> Message:
    if not isinstance(turn, dict) or not {"role", "content"} <= set(turn):
        raise row.wrong_type("messages", MESSAGES, turn)
    if turn["role"] not in ROLES:
        problem = f"has a message with the role {shown(turn['role']).removeprefix('text: ')}"
        raise row.error(problem, field="messages", expected=MESSAGES)
    if not isinstance(turn["content"], str) or not turn["content"].strip():
        problem = f"has a message whose content is {shown(turn['content'])}"
        raise row.error(problem, field="messages", expected="content that is text and not empty")
    return Message(role=turn["role"], content=turn["content"])


def _details(row: Row) -> dict[str, Any]:
    if row.get("details") is None:
        return {}
    details = row.structure("details", "an object")
    if not isinstance(details, dict):
        raise row.wrong_type("details", "an object")
    try:
        return dict(plain_json(details))
    except TypeError as error:
        raise row.error(str(error), field="details", expected="plain JSON values") from error


def _relevant(row: Row) -> dict[str, Any]:
    """Return the relevant passages as a part of the case's details; empty where the row names none."""
    if row.get(RELEVANT) in (None, ""):
        return {}
    if RELEVANT in (_details(row) or {}):
        raise row.error(f"has {RELEVANT!r} already", field="details", expected="each of the details once")
    value = row.structure(RELEVANT, EXPECTED)
    row.check_parts(RELEVANT, value, KEYS, expected=EXPECTED)
    entries = [value] if isinstance(value, dict) else value
    passages = [_without_blanks(entry) if isinstance(entry, dict) else entry for entry in entries]
    for number, passage in enumerate(passages, 1):
        if (problem := entry_problem(passage)) is not None:
            raise row.error(f"entry {number} {problem}", field=RELEVANT, expected=EXPECTED)
    return {RELEVANT: passages}


def _without_blanks(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the keys that are ours, without those that hold nothing, as tables in Parquet have them."""
    return {key: value for key, value in entry.items() if key in KEYS and not is_blank(value)}
