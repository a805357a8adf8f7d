"""Lettered options: MMLU (Hendrycks et al. 2021, arXiv:2009.03300) and ARC (Clark et al. 2018, arXiv:1803.05457)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from evaluation.benchmarks.formats.format import CHOOSE_LETTER, Format, case_of, letter
from evaluation.benchmarks.rows import Row, written
from evaluation.case import Case


@dataclass(frozen=True)
class Mmlu(Format):
    """`question`, `choices` (or columns A to D) and `answer` as the index from 0 or the letter of the right one."""

    name: ClassVar[str] = "mmlu"
    title: ClassVar[str] = "MMLU"
    fields: ClassVar[tuple[str, ...]] = ("question", "choices", "A", "B", "C", "D", "answer", "subject")
    kept_fields: ClassVar[tuple[str, ...]] = ("subject",)
    task_type: ClassVar[str] = "question_answering"
    metrics: ClassVar[tuple[str, ...]] = ("multiple_choice",)
    headline: ClassVar[str] = "multiple_choice"
    template: ClassVar[str] = CHOOSE_LETTER

    def recognises(self, row: Row) -> bool:
        return row.knows("question", "answer") and (row.knows("choices") or row.knows("A", "B", "C", "D"))

    def case(self, row: Row, case_id: str) -> Case:
        choices = row.listed("choices") if row.look_at("choices") is not None else self._columns(row)
        return case_of(
            row,
            case_id,
            prompt=row.text("question"),
            choices=choices,
            references=(self._right_letter(row, choices),),
            cluster_field="subject",
        )

    def _columns(self, row: Row) -> tuple[str, ...]:
        words = {name: row.word(name) for name in "ABCD"}
        missing = next((name for name, word in words.items() if word is None), None)
        if missing:
            raise row.error("is missing", field=missing, expected="the text of this option")
        return tuple(word for word in words.values() if word is not None)

    def _right_letter(self, row: Row, choices: Sequence[str]) -> str:
        letters = [letter(index) for index in range(len(choices))]
        expected = f"the index of the right option, 0 to {len(choices) - 1}, or its letter"
        word = (written(row.required("answer", expected)) or "").strip().upper()
        if word in letters:
            return word
        if word.isascii() and word.isdecimal() and len(word) < 4 and int(word) < len(letters):
            return letters[int(word)]
        raise row.wrong_type("answer", expected)


@dataclass(frozen=True)
class Arc(Format):
    """`question`, `choices` with their labels (letters or numbers) and `answerKey`."""

    name: ClassVar[str] = "arc"
    title: ClassVar[str] = "ARC"
    fields: ClassVar[tuple[str, ...]] = ("id", "question", "choices", "answerKey")
    task_type: ClassVar[str] = "question_answering"
    metrics: ClassVar[tuple[str, ...]] = ("multiple_choice",)
    headline: ClassVar[str] = "multiple_choice"
    template: ClassVar[str] = CHOOSE_LETTER

    def recognises(self, row: Row) -> bool:
        return row.knows("question", "answerKey")

    def case(self, row: Row, case_id: str) -> Case:
        question = row.get("question")
        stem = question.get("stem") if isinstance(question, dict) else question
        if not isinstance(stem, str) or not stem.strip():
            raise row.wrong_type("question", "text, or an object with stem and choices")
        labels, texts = self._options(row, question)
        key = row.word("answerKey")
        if key not in labels:
            raise row.wrong_type("answerKey", f"one of the labels {', '.join(labels)}")
        return case_of(row, case_id, prompt=stem, choices=texts, references=(letter(labels.index(key)),))

    def _options(self, row: Row, question: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
        expected = "at least two options, each with a label of its own and a text"
        inner = question.get("choices") if isinstance(question, dict) else None
        options = inner if inner is not None else row.structure("choices", expected)
        if isinstance(options, dict):
            labels, texts = options.get("label"), options.get("text")
        else:
            pairs = [option for option in options if isinstance(option, dict)] if isinstance(options, list) else []
            labels = [pair.get("label") for pair in pairs]
            texts = [pair.get("text") for pair in pairs]
        named, worded = _words(labels), _words(texts)
        if len(named) < 2 or len(named) != len(worded) or len(set(named)) < len(named):
            raise row.wrong_type("choices", expected, options)
        return named, worded


def _words(values: Any) -> tuple[str, ...]:
    """The texts of a list; empty where one of them is none."""
    words = [written(value) for value in values] if isinstance(values, list) else []
    return tuple(word for word in words if word) if all(words) else ()
