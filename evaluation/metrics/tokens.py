"""Prompt and output token counts, as counted by the server with the model's own vocabulary.

They do not depend on when or where the request ran, so a reused answer counts like any other.
"""

from abc import abstractmethod
from dataclasses import dataclass
from math import inf
from typing import ClassVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.metric import AnswerMetric
from evaluation.scores import Measurement


@dataclass(frozen=True, kw_only=True)
class _Tokens(AnswerMetric):
    unit: ClassVar[str] = "token"
    value_range: ClassVar[tuple[float, float]] = (0.0, inf)
    higher_is_better: ClassVar[bool] = False
    source: ClassVar[str] = "the server's own count"

    def measure_answer(self, case: Case, generation: Generation) -> Measurement | None:
        n = self._count(generation)
        return None if n is None else Measurement(value=float(n))

    @abstractmethod
    def _count(self, generation: Generation) -> int | None: ...


@dataclass(frozen=True, kw_only=True)
class PromptTokens(_Tokens):
    """Tokens of the prompt as the model read it: question, wording around it, and the template of its chat."""

    name: ClassVar[str] = "prompt_tokens"
    formula: ClassVar[str] = "tokens in, as the server counts them"
    blind_spots: ClassVar[str] = (
        "Models cut text into tokens of their own: equal numbers of two models are not equal lengths. A server may "
        "leave out what it still had in its cache."
    )

    def _count(self, generation: Generation) -> int | None:
        return generation.prompt_tokens


@dataclass(frozen=True, kw_only=True)
class OutputTokens(_Tokens):
    """Tokens that the model wrote, its thinking among them."""

    name: ClassVar[str] = "output_tokens"
    formula: ClassVar[str] = "tokens out, as the server counts them, thinking among them"
    blind_spots: ClassVar[str] = (
        "Models cut text into tokens of their own: equal numbers of two models are not equal lengths. Fewer is "
        "cheaper, not better."
    )

    def _count(self, generation: Generation) -> int | None:
        return generation.output_tokens
