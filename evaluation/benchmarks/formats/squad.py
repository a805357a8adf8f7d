"""SQuAD format: questions on a passage (Rajpurkar et al. 2016 and 2018, arXiv:1606.05250, arXiv:1806.03822)."""

from dataclasses import dataclass
from typing import Any, ClassVar

from evaluation.benchmarks.formats.format import ANSWER_FROM_CONTEXT, Format, case_of
from evaluation.benchmarks.rows import Row, is_blank
from evaluation.case import Case

EXPECTED = "answers with their text: {'text': [...]} or [{'text': ...}]"


@dataclass(frozen=True)
class Squad(Format):
    """Rows with `question`, `context` and `answers`; the reference of an unanswerable question is empty."""

    name: ClassVar[str] = "squad"
    title: ClassVar[str] = "SQuAD"
    fields: ClassVar[tuple[str, ...]] = ("id", "title", "context", "question", "answers")
    kept_fields: ClassVar[tuple[str, ...]] = ("title", "is_impossible", "plausible_answers")
    task_type: ClassVar[str] = "question_answering"
    metrics: ClassVar[tuple[str, ...]] = ("token_f1", "exact_match")
    headline: ClassVar[str] = "token_f1"
    template: ClassVar[str] = ANSWER_FROM_CONTEXT

    def recognises(self, row: Row) -> bool:
        return row.knows("question", "context") and (row.knows("answers") or row.knows("is_impossible"))

    def case(self, row: Row, case_id: str) -> Case:
        return case_of(
            row,
            case_id,
            prompt=row.text("question"),
            context=(row.text("context"),),
            references=self._references(row),
            cluster_field="title",
        )

    def _references(self, row: Row) -> tuple[str, ...]:
        if row.get("is_impossible") is True:
            if _holds_text(row.get("answers")):
                raise row.error("holds answers, yet the question is marked impossible", field="answers")
            return ("",)
        answers = row.structure("answers", EXPECTED)
        row.check_parts("answers", answers, ("text", "answer_start", "answer_end"))
        texts = answers.get("text") if isinstance(answers, dict) else [_text_of(answer) for answer in answers]
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise row.wrong_type("answers", EXPECTED)
        if not texts and row.get("is_impossible") is False:
            raise row.error("has no answer, yet is not marked impossible", field="answers", expected=EXPECTED)
        return tuple(dict.fromkeys(texts)) or ("",)


def _holds_text(answers: Any) -> bool:
    return not is_blank(answers) and answers != "[]"


def _text_of(answer: Any) -> Any:
    return answer.get("text") if isinstance(answer, dict) else None
