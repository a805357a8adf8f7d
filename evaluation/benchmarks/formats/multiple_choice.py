"""Multiple-choice formats with lettered options: MMLU and ARC.

MMLU: Hendrycks et al. 2021, arXiv:2009.03300. ARC: Clark et al. 2018, arXiv:1803.05457.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from evaluation.benchmarks.formats.format import CHOOSE_LETTER, Format, case_of, letter
from evaluation.benchmarks.rows import Row, written
from evaluation.case import Case
from evaluation.files.names import composed

_RIGHT = ("answer", "answer_index", "answer_text")
"""Fields that can name the right option."""


@dataclass(frozen=True)
class Mmlu(Format):
    """Rows with `question`, `choices` (or columns A to D) and `answer` as the right one's index from 0 or letter.

    An `answer` in text that equals the text of more than one option is refused; `answer_index` (an index or a letter)
    and `answer_text` say which reading is meant.
    """

    name: ClassVar[str] = "mmlu"
    title: ClassVar[str] = "MMLU"
    fields: ClassVar[tuple[str, ...]] = ("question", "choices", "A", "B", "C", "D", *_RIGHT, "subject")
    kept_fields: ClassVar[tuple[str, ...]] = ("subject",)
    task_type: ClassVar[str] = "question_answering"
    metrics: ClassVar[tuple[str, ...]] = ("multiple_choice",)
    headline: ClassVar[str] = "multiple_choice"
    template: ClassVar[str] = CHOOSE_LETTER

    def recognises(self, row: Row) -> bool:
        has_answer = any(row.knows(name) for name in _RIGHT)
        return has_answer and row.knows("question") and (row.knows("choices") or row.knows("A", "B", "C", "D"))

    def case(self, row: Row, case_id: str) -> Case:
        choices = row.listed("choices") if row.look_at("choices") is not None else self._columns(row)
        return case_of(
            row,
            case_id,
            prompt=row.text("question"),
            choices=choices,
            references=(_distinct(self._right(row, choices), choices),),
            cluster_field="subject",
        )

    def _columns(self, row: Row) -> tuple[str, ...]:
        words = {name: row.word(name) for name in "ABCD"}
        missing = next((name for name, word in words.items() if word is None), None)
        if missing:
            raise row.error("is missing", field=missing, expected="the text of this option")
        return tuple(word for word in words.values() if word is not None)

    def _right(self, row: Row, choices: Sequence[str]) -> int:
        """Return the index of the right option."""
        present_fields = [field for field in _RIGHT if row.get(field) is not None]
        if len(present_fields) > 1:
            raise row.error(
                f"is given together with {present_fields[0]!r}",
                field=present_fields[1],
                expected="one field for the right option",
            )
        name = present_fields[0] if present_fields else _RIGHT[0]
        by_text = _index_of_text(row, name, choices) if name != "answer_index" else None
        if name == "answer_text":
            if by_text is None:
                raise row.wrong_type(name, "the text of one of the choices")
            return by_text
        index = self._index(row, name, choices)
        if by_text in (None, index) or not self._may_be_text(row, name):
            return index
        raise row.error(
            f"{row.word(name)!r} is both the index or letter of the option {choices[index]!r} and the text of option "
            f"{letter(by_text or 0)}",
            field=name,
            expected="an answer that names one option",
            next_step=f"Say which is meant with `--field answer_index={row.names.get(name, name)}` or "
            f"`--field answer_text={row.names.get(name, name)}`; a benchmark's header says the same under 'fields'",
        )

    def _may_be_text(self, row: Row, name: str) -> bool:
        """Check whether the answer may be the text of a choice.

        Not so for a number beside choices in text, nor for a letter that the file itself uses for its options.
        """
        value = row.look_at(name)
        choices = row.look_at("choices")
        if not isinstance(value, str):
            return isinstance(choices, list) and not all(isinstance(text, str) for text in choices)
        is_number = value.strip().isdecimal()
        return not row.is_class(name) and (choices is not None or is_number)

    def _index(self, row: Row, name: str, choices: Sequence[str]) -> int:
        letters = [letter(index) for index in range(len(choices))]
        expected = f"the index of the right option, 0 to {len(choices) - 1}, or its letter"
        word = (written(row.required(name, expected)) or "").strip().upper()
        if word in letters:
            return letters.index(word)
        if word.isascii() and word.isdecimal() and len(word) < 4 and int(word) < len(letters):
            return int(word)
        raise row.wrong_type(name, expected)


def _index_of_text(row: Row, name: str, choices: Sequence[str]) -> int | None:
    word = _plain(written(row.look_at(name)) or "")
    return next((index for index, text in enumerate(choices) if _plain(text) == word), None)


def _plain(text: str) -> str:
    return composed(text).strip().casefold()


def _distinct(index: int, choices: Sequence[str]) -> str:
    """Return the letter of an option, followed by its text where the letter alone is the text of another option."""
    name = letter(index)
    is_taken = any(_plain(text) == name.casefold() for place, text in enumerate(choices) if place != index)
    return f"{name}) {choices[index]}" if is_taken else name


@dataclass(frozen=True)
class Arc(Format):
    """Rows with `question`, `choices` with their labels (letters or numbers) and `answerKey`."""

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
        row.check_parts("question", question, ("stem", "choices"))
        labels, texts = self._options(row, question)
        key = row.word("answerKey")
        if key not in labels:
            raise row.wrong_type("answerKey", f"one of the labels {', '.join(labels)}")
        return case_of(row, case_id, prompt=stem, choices=texts, references=(_distinct(labels.index(key), texts),))

    def _options(self, row: Row, question: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
        expected = "at least two options, each with a label of its own and a text"
        inner = question.get("choices") if isinstance(question, dict) else None
        options = inner if inner is not None else row.structure("choices", expected)
        row.check_parts("choices" if inner is None else "question.choices", options, ("label", "text"))
        if isinstance(options, dict):
            labels, texts = options.get("label"), options.get("text")
        else:
            pairs = [option for option in options if isinstance(option, dict)] if isinstance(options, list) else []
            labels = [pair.get("label") for pair in pairs]
            texts = [pair.get("text") for pair in pairs]
        named, worded = _words(labels), _words(texts)
        if len(named) < 2 or len(named) != len(worded) or len(set(map(composed, named))) < len(named):
            raise row.wrong_type("choices", expected, options)
        return named, worded


def _words(values: Any) -> tuple[str, ...]:
    """Return the texts of a list; empty where an item is no text."""
    words = [written(value) for value in values] if isinstance(values, list) else []
    return tuple(word for word in words if word) if all(words) else ()
