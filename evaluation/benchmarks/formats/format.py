"""The base class of file formats: how rows are recognised and converted to cases."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from evaluation.benchmarks.rows import Row
from evaluation.case import Case

ANSWER_FROM_CONTEXT = (
    "Context:\n{context}\n\nQuestion: {prompt}\n\nAnswer in as few words as possible, using the context."
)
SUMMARIZE = "Document:\n{context}\n\n{prompt}"
CHOOSE_LABEL = "Text:\n{prompt}\n\nLabels: {labels}\n\nAnswer with one label from the list and nothing else."
CHOOSE_LETTER = "{prompt}\n\n{choices}\n\nAnswer with the letter of the right option only."

ID_FIELDS = ("case_id", "id", "task_id", "qid")
"""Fields that may hold a case's id. The first one present is used; the others are kept in the case's details."""
SHARED_FIELDS = (*ID_FIELDS, "cluster", "tags")
"""Fields that a row of any format may have."""


@dataclass(frozen=True)
class Format(ABC):
    """A layout of rows, with the prompt and the metrics that apply unless a header sets others."""

    name: ClassVar[str]
    title: ClassVar[str]
    """Name as shown to people."""
    fields: ClassVar[tuple[str, ...]]
    """Fields of the format, for messages and for field mappings."""
    kept_fields: ClassVar[tuple[str, ...]] = ()
    """Further fields of published files of this format, which are kept in a case's details."""
    id_fields: ClassVar[tuple[str, ...]] = ID_FIELDS
    task_type: ClassVar[str]
    metrics: ClassVar[tuple[str, ...]]
    headline: ClassVar[str]
    template: ClassVar[str] = "{prompt}"
    is_one_benchmark: ClassVar[bool] = True
    """True where the format belongs to one published benchmark, which then names a file called `test` or `train`."""

    @abstractmethod
    def recognises(self, row: Row) -> bool:
        """Check whether a row has this format's fields."""

    @abstractmethod
    def case(self, row: Row, case_id: str) -> Case:
        """Return the case that the row describes. Raises `BenchmarkError` where it is broken."""

    def finished(self, cases: Sequence[Case]) -> tuple[Case, ...]:
        """Return the cases, completed with what is known only from all of them together."""
        return tuple(cases)

    def task_type_of(self, cases: Sequence[Case]) -> str:
        """Return the task type of these cases."""
        return self.task_type

    def template_for(self, cases: Sequence[Case], task_type: str) -> str:
        """Return the default prompt template for these cases."""
        return self.template


def case_of(row: Row, case_id: str, *, cluster_field: str | None = None, **parts: Any) -> Case:
    """Return a case with the row's own cluster and tags, where it has them; else the cluster of `cluster_field`."""
    cluster = row.word("cluster")
    if cluster is None and cluster_field is not None:
        cluster = row.word(cluster_field)
    return Case(case_id=case_id, cluster=cluster, tags=row.texts("tags"), **parts)


def letter(index: int) -> str:
    """Return the letter of an option: A for 0, Z for 25, AA for 26."""
    return (letter(index // 26 - 1) if index >= 26 else "") + chr(ord("A") + index % 26)
