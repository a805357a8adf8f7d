"""GSM8K format, grade-school arithmetic (Cobbe et al. 2021, arXiv:2110.14168): the reference follows `####`."""

from dataclasses import dataclass
from typing import ClassVar

from evaluation.benchmarks.formats.format import Format, case_of
from evaluation.benchmarks.rows import Row
from evaluation.case import Case


@dataclass(frozen=True)
class Gsm8k(Format):
    """Rows with `question` and an `answer` that ends in `#### 18`."""

    name: ClassVar[str] = "gsm8k"
    title: ClassVar[str] = "GSM8K"
    fields: ClassVar[tuple[str, ...]] = ("question", "answer")
    task_type: ClassVar[str] = "reasoning"
    metrics: ClassVar[tuple[str, ...]] = ("numeric_match",)
    headline: ClassVar[str] = "numeric_match"

    def recognises(self, row: Row) -> bool:
        return row.knows("question", "answer") and "####" in str(row.look_at("answer"))

    def case(self, row: Row, case_id: str) -> Case:
        solution = row.text("answer")
        _, marker, end = solution.rpartition("####")
        number = end.strip().replace(",", "")
        if not marker or not number:
            raise row.error("has no number after '####'", field="answer", expected="a solution that ends in '#### 18'")
        return case_of(row, case_id, prompt=row.text("question"), references=(number,), details={"solution": solution})
