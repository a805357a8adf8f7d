"""JSON validity: whether the answer is JSON."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.json_answers import NOT_JSON, find_json
from evaluation.metrics.metric import AnswerMetric
from evaluation.scores import Measurement

_KINDS: dict[str, type | tuple[type, ...]] = {"any": object, "object": dict, "array": list}


@dataclass(frozen=True, kw_only=True)
class JsonValid(AnswerMetric):
    """1 where the answer is JSON, or holds a fenced code block that is, else 0.

    The label says where it was found: `whole` (nothing else is in the answer), `fenced`, or `not_json`. By RFC 8259: no
    NaN, no comments, no comma before a closing bracket; a bare number or word in quotes is JSON too, unless
    `top_level` says otherwise. Nested deeper than 64 levels is not read.
    """

    name: ClassVar[str] = "json_valid"
    unit: ClassVar[str] = "fraction"
    formula: ClassVar[str] = "1 if the whole answer, else a fenced block without another language, is JSON; else 0"
    source: ClassVar[str] = "RFC 8259; Python's json without NaN and Infinity"
    blind_spots: ClassVar[str] = (
        "Says nothing about what the JSON holds (json_schema does); JSON in the middle of a sentence is not looked "
        "for, and a key that occurs twice is not seen."
    )

    strict: bool = False
    """Require the whole answer to be JSON: a fenced block is not accepted."""
    top_level: Literal["any", "object", "array"] = "any"
    """Required type of the outermost value."""

    def measure_answer(self, case: Case, generation: Generation) -> Measurement:
        json_answer = find_json(generation.answer, strict=self.strict)
        if isinstance(json_answer, str):
            return Measurement(value=0.0, label=NOT_JSON, rationale=json_answer)
        right = isinstance(json_answer.value, _KINDS[self.top_level])
        rationale = None if right else f"JSON, but no {self.top_level}"
        return Measurement(value=float(right), label=json_answer.place, rationale=rationale)
