"""What every metric is: a frozen dataclass with pure steps, connected to nothing."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.score import Measurement


class Need(StrEnum):
    """What a metric must be given beside the answer."""

    REFERENCES = "references"
    CONTEXT = "context"
    CHOICES = "choices"
    TIMING = "timing"
    EMBEDDER = "embedder"
    SANDBOX = "sandbox"
    JUDGE = "judge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Something to be answered before a metric can measure: a text to embed, a judge prompt, a program to run."""

    need: Need
    key: str
    payload: str


Answers = Mapping[str, Any]
"""Answers to a metric's requests, by their key."""


@dataclass(frozen=True, kw_only=True)
class Metric(ABC):
    """A quantity measured on generations. Its fields are its options; its `repr` is its signature."""

    name: ClassVar[str]
    unit: ClassVar[str]
    higher_is_better: ClassVar[bool] = True
    needs: ClassVar[frozenset[Need]] = frozenset()
    scorer_version: ClassVar[str] = "1"
    """Raised whenever the same text could get another value."""
    chance_level: ClassVar[float | None] = None

    @property
    def signature(self) -> str:
        """The metric with all its options and its scorer version: equal signatures are comparable."""
        return f"{self!r}|v{self.scorer_version}"

    def problem(self, case: Case) -> str | None:
        """Why this metric cannot measure the case, in words to follow "case …"; None where it can.

        Asked before the first token is spent: a reference without a number, a pattern that does not compile.
        """
        return None

    def requests(self, case: Case, generations: Sequence[Generation]) -> tuple[Request, ...]:
        """What this metric wants answered before `measure`."""
        return ()

    @abstractmethod
    def measure(self, case: Case, generations: Sequence[Generation], answers: Answers) -> Measurement | None:
        """The value for one case; None where the quantity is not defined for it (a timing the server did not give)."""


class CorpusMetric(Metric):
    """A metric whose value over cases is not the mean of its values."""

    @abstractmethod
    def aggregate(self, rows: Sequence[Measurement]) -> float:
        """The value over all rows, from their `evidence`."""
