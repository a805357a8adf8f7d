"""Classification format: a text and its label; the possible labels are all those in the file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from evaluation.benchmarks.formats.format import CHOOSE_LABEL, Format, case_of
from evaluation.benchmarks.rows import Row
from evaluation.case import Case
from evaluation.files.names import normal_name


@dataclass(frozen=True)
class Classification(Format):
    """Rows with `text` and `label`."""

    name: ClassVar[str] = "classification"
    title: ClassVar[str] = "classification"
    fields: ClassVar[tuple[str, ...]] = ("text", "label")
    kept_fields: ClassVar[tuple[str, ...]] = ("label_text", "idx")
    task_type: ClassVar[str] = "classification"
    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "macro_f1")
    headline: ClassVar[str] = "accuracy"
    template: ClassVar[str] = CHOOSE_LABEL
    is_one_benchmark: ClassVar[bool] = False

    def recognises(self, row: Row) -> bool:
        return row.knows("text", "label")

    def case(self, row: Row, case_id: str) -> Case:
        label = row.word("label")
        if label is None:
            raise row.error("is missing", field="label", expected="a word or a number")
        return case_of(row, case_id, prompt=row.text("text"), references=(normal_name(label),))

    def finished(self, cases: Sequence[Case]) -> tuple[Case, ...]:
        labels = _sorted({label for case in cases for label in case.references})
        return tuple(replace(case, choices=labels) for case in cases)


def _sorted(labels: Iterable[str]) -> tuple[str, ...]:
    """Sort numerically where all are whole numbers, else as texts."""
    words = sorted(labels)
    if all(word.isascii() and word.isdecimal() and len(word) < 400 for word in words):
        words.sort(key=int)
    return tuple(words)
