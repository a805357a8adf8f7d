"""Summarization format: a document and its human-written summary."""

from dataclasses import dataclass
from typing import ClassVar

from evaluation.benchmarks.formats.format import SUMMARIZE, Format, case_of
from evaluation.benchmarks.rows import Row
from evaluation.case import Case

INSTRUCTION = "Summarize the document in one or two sentences."


@dataclass(frozen=True)
class Summarization(Format):
    """Rows with `document` and `summary`, or `article` and `highlights`."""

    name: ClassVar[str] = "summarization"
    title: ClassVar[str] = "summarization"
    fields: ClassVar[tuple[str, ...]] = ("document", "summary", "article", "highlights", "prompt")
    task_type: ClassVar[str] = "summarization"
    metrics: ClassVar[tuple[str, ...]] = ("rouge_1", "rouge_2", "rouge_l")
    headline: ClassVar[str] = "rouge_l"
    template: ClassVar[str] = SUMMARIZE
    is_one_benchmark: ClassVar[bool] = False

    def recognises(self, row: Row) -> bool:
        return row.knows("document", "summary") or row.knows("article", "highlights")

    def case(self, row: Row, case_id: str) -> Case:
        document, summary = ("document", "summary") if row.knows("document", "summary") else ("article", "highlights")
        references = row.texts(summary, "text or a list of texts")
        if not any(reference.strip() for reference in references):
            raise row.error("is missing", field=summary, expected="the text of a summary")
        prompt = row.text("prompt") if row.get("prompt") is not None else INSTRUCTION
        return case_of(row, case_id, prompt=prompt, context=(row.text(document),), references=references)
