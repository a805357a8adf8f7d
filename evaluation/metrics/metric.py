"""The base classes of metrics: frozen dataclasses with pure steps and no connections."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.requests import Answers, Request
from evaluation.scores import Measurement, ScoreFailure


class Need(StrEnum):
    """Input of a metric in addition to the answer."""

    REFERENCES = "references"
    CONTEXT = "context"
    CHOICES = "choices"
    RELEVANT = "relevant passages"
    TIMING = "timing"
    EMBEDDER = "embedder"
    SANDBOX = "sandbox"
    JUDGE = "judge"


@dataclass(frozen=True, kw_only=True)
class Metric(ABC):
    """A quantity measured on generations. Its fields are its options; its `repr` is its signature."""

    name: ClassVar[str]
    unit: ClassVar[str]
    value_range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    """Least and greatest value, in the metric's unit."""
    higher_is_better: ClassVar[bool] = True
    needs: ClassVar[frozenset[Need]] = frozenset()
    formula: ClassVar[str] = ""
    """Definition in one line of words or symbols."""
    source: ClassVar[str] = ""
    """Paper or implementation with equal results; empty for our own metrics."""
    blind_spots: ClassVar[str] = ""
    """What the metric cannot detect, in one sentence."""
    scorer_version: ClassVar[str] = "1"
    """Raised whenever the value of the same text could change."""
    evidence_names: ClassVar[tuple[str, ...]] = ()
    """Names of the numbers in `evidence`, if the mean of each is worth showing beside that of the value."""
    reads_a_part: ClassVar[bool] = False
    """Whether a number, a letter or a label is read of the answer, which alone counts."""
    chance_level: ClassVar[float | None] = None
    """Expected value of guessing, if it does not depend on the case."""

    @property
    def signature(self) -> str:
        """The metric with all its options and its scorer version: equal signatures are comparable."""
        return f"{self!r}|v{self.scorer_version}"

    @property
    def text(self) -> str:
        """The text from which `parse_metric` rebuilds it: its name with all its options."""
        options = ", ".join(f"{option.name}={getattr(self, option.name)!r}" for option in fields(self))
        return f"{self.name}({options})" if options else self.name

    @property
    def asks_for(self) -> frozenset[Need]:
        """What this instance needs: `needs`, unless its options say otherwise."""
        return self.needs

    @property
    def n_repeats_needed(self) -> int:
        """How often each case must be asked at least."""
        return 1

    def problem(self, case: Case) -> str | None:
        """Return why this metric cannot measure the case, in words to follow "case …"; None where it can.

        Checked before the first token is spent: a reference without a number, a pattern that does not compile.
        """
        return None

    def requests(self, case: Case, generations: Sequence[Generation]) -> tuple[Request, ...]:
        """Return the requests that must be answered before `measure`."""
        return ()

    @abstractmethod
    def measure(
        self, case: Case, generations: Sequence[Generation], answers: Answers
    ) -> Measurement | ScoreFailure | None:
        """Return the value for one case.

        None where the quantity is not defined for it (a timing the server did not give).

        Args:
            case: What was asked.
            generations: One answer; for a pairwise judge one of each of two candidates, the measured one first.
            answers: One for each of `requests`; a `ScoreFailure` where a request could not be answered.
        """

    def combine(self, values: Sequence[float]) -> float:
        """Return the value of a case from those of its repeats, at least one.

        Raises:
            TooFewRepeatsError: too few repeats are left to give a value; the case then has none.
        """
        return values[0] if len(values) == 1 else sum(values) / len(values)


class AnswerMetric(Metric):
    """A metric of a single answer, for which nothing has to be requested."""

    def measure(
        self, case: Case, generations: Sequence[Generation], answers: Answers
    ) -> Measurement | ScoreFailure | None:
        (generation,) = generations
        return self.measure_answer(case, generation)

    @abstractmethod
    def measure_answer(self, case: Case, generation: Generation) -> Measurement | ScoreFailure | None:
        """Return the value for the case's only answer; None where the quantity is not defined for it."""


class TooFewRepeatsError(Exception):
    """Raised when the server failed on so many repeats of a case that the rest cannot give the metric's value."""


@dataclass(frozen=True, kw_only=True)
class ModelMetric(Metric):
    """A metric that uses a model of its own: an embedder or a judge, as given by its `needs`."""

    model: str = ""
    """Empty for the model set by the run."""
    digest: str = ""
    """Digest of the model's weights, filled in before measuring, so that the signature distinguishes weights."""


class CorpusMetric(Metric):
    """A metric whose value over cases is not the mean of the cases' values."""

    @abstractmethod
    def aggregate(self, rows: Sequence[Measurement]) -> float:
        """Return the value over all rows, from their `evidence`."""
