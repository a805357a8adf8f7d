"""Several samples, of which a judge or a metric that needs no reference chooses one."""

import json
import re
from dataclasses import dataclass, field
from typing import ClassVar

from evaluation.case import Message
from evaluation.errors import ConfigurationError
from evaluation.fingerprint import canonical_json
from evaluation.generation import Generation
from evaluation.metrics.metric import Metric
from evaluation.metrics.parsing import parse_metric
from evaluation.pipelines.pipeline import (
    MODEL,
    Pipeline,
    PipelineInput,
    PipelineResult,
    Stages,
    all_replies,
)
from evaluation.pipelines.samples import refuse_sampling, usable_samples
from evaluation.pipelines.stages import OWN_MODEL, AskModel, ModelReply
from evaluation.scores import Measurement

MOST_SAMPLES = 26


@dataclass(frozen=True, kw_only=True)
class BestOf(Pipeline):
    """Asks `n` times, and answers with the sample that a judge prefers or a metric measures highest."""

    name: ClassVar[str] = "best_of"
    summary: ClassVar[str] = "asks n times and keeps the sample that a judge or a metric prefers"
    source: ClassVar[str] = "Stiennon et al. 2020, arXiv:2009.01325 (best of n)"

    n: int = 4
    """Samples of each case."""
    sample_temperature: float = 0.7
    """Temperature of the samples; at 0 all would be the same."""
    judge: str = field(default=OWN_MODEL, metadata=MODEL)
    """Model that chooses; empty for the candidate's own."""
    metric: str = ""
    """Metric that chooses in place of a judge; it may need nothing but the answer: `overall_quality`."""

    def __post_init__(self) -> None:
        """Refuse a number of samples out of range, and a metric that needs more than the answer."""
        refuse_sampling(self.name, self.n, self.sample_temperature, most=MOST_SAMPLES)
        if self.metric and self.judge:
            raise ConfigurationError("best_of: give a judge or a metric, not both", "Leave judge or metric out.")
        if self.metric and (needs := self._metric.asks_for):
            raise ConfigurationError(
                f"best_of: the metric {self.metric!r} needs {', '.join(sorted(needs))} beside the answer",
                "Take one that needs nothing but the answer, such as overall_quality or word_count.",
            )

    @property
    def _metric(self) -> Metric:
        return parse_metric(self.metric, may_name_a_file=False)

    def run(self, task: PipelineInput) -> Stages:
        """Ask all samples side by side, then let one of them be chosen."""
        samples = yield from usable_samples(task.messages, self.n, self.sample_temperature)
        if len({sample.text for sample in samples}) == 1:
            return PipelineResult(answer=samples[0].text, notes={"samples": len(samples), "chosen": 1})
        if self.metric:
            values = [self._value(task, sample) for sample in samples]
            best = max(range(len(samples)), key=lambda index: values[index])
            notes = {"samples": len(samples), "chosen": best + 1, self._metric.name: values}
            return PipelineResult(answer=samples[best].text, notes=notes)
        request = self._choice(task, samples)
        (verdict,) = yield from all_replies([request])
        chosen = read_choice(verdict.text, len(samples))
        notes = {"samples": len(samples), "chosen": chosen, "choice_read": chosen is not None}
        return PipelineResult(answer=samples[(chosen or 1) - 1].text, notes=notes)

    def _value(self, task: PipelineInput, sample: ModelReply) -> float:
        measured = self._metric.measure(task.case, [Generation(answer=sample.text, text=sample.text)], {})
        if not isinstance(measured, Measurement):
            return float("-inf")
        return measured.value if self._metric.higher_is_better else -measured.value

    def _choice(self, task: PipelineInput, samples: list[ModelReply]) -> AskModel:
        prompt = "\n\n".join(turn.content for turn in task.messages if turn.role != "assistant")
        listed = "\n\n".join(f"[Answer {i}]\n{sample.text}" for i, sample in enumerate(samples, 1))
        criteria = f"\n\nWhat makes a good answer: {task.benchmark.criteria}" if task.benchmark.criteria else ""
        text = (
            f"Several answers to one task follow. Choose the best one.{criteria}\n\n[Task]\n{prompt}\n\n{listed}\n\n"
            f'Reply with JSON: {{"best": number of the best answer, 1 to {len(samples)}}}.'
        )
        schema = {
            "type": "object",
            "properties": {"best": {"type": "integer", "minimum": 1, "maximum": len(samples)}},
            "required": ["best"],
        }
        return AskModel(
            stage="choice",
            model=self.judge,
            messages=(Message(role="user", content=text),),
            options={"temperature": 0.0, "num_predict": 64},
            schema=canonical_json(schema),
        )


def read_choice(text: str, n: int) -> int | None:
    """Return the number from 1 to `n` that a judge's reply chooses; None: it names none of them, or several."""
    try:
        value = json.loads(text)
        number = value.get("best") if isinstance(value, dict) else value
        if type(number) is int:
            return number if 1 <= number <= n else None
    except (ValueError, RecursionError):
        pass
    numbers = {int(digits) for digits in re.findall(r"(?<![\d.])\d{1,2}(?![\d.]\d)", text)}
    return numbers.pop() if len(numbers) == 1 and 1 <= min(numbers) <= n else None
