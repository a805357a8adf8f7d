"""A small model first, and a larger one where a signal says that the small one is unsure."""

import json
import re
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from evaluation.case import Benchmark
from evaluation.errors import ConfigurationError
from evaluation.pipelines.extraction import EXTRACTORS
from evaluation.pipelines.pipeline import (
    MODEL,
    ChoiceUse,
    Pipeline,
    PipelineInput,
    PipelineResult,
    StageFailedError,
    Stages,
    all_replies,
    one_reply,
)
from evaluation.pipelines.refusals import is_refusal
from evaluation.pipelines.samples import refuse_sampling, usable_samples
from evaluation.pipelines.self_consistency import choices_read, extractor_of
from evaluation.pipelines.stages import AskModel, ModelReply, StageReply, StageRequest

ESCALATED = "escalated"
NO_SIGNAL = "no_signal"
"""Note of an answer whose server told no log-probabilities."""


@dataclass(frozen=True, kw_only=True)
class Cascade(Pipeline):
    """Asks the candidate's model, and `large` where the signal of its answer is below `threshold`.

    The signal is between 0 (unsure) and 1 (sure), but for `logprob`, the mean log-probability of the answer's tokens.
    """

    name: ClassVar[str] = "cascade"
    summary: ClassVar[str] = "asks a small model first, and a larger one where the small one is unsure"
    example: ClassVar[str] = "large=llama3.1:70b"
    source: ClassVar[str] = "Chen et al. 2023, arXiv:2305.05176 (FrugalGPT)"

    large: str = field(metadata=MODEL)
    """Model to ask where the candidate's own is unsure."""
    signal: Literal["agreement", "logprob", "refusal", "format"] = "refusal"
    """`agreement`: share of samples with the same answer; `logprob`: mean log-probability of the answer's tokens, 0
    (sure) or less, told by Ollama from 0.12.11, the embedded server and most OpenAI-compatible ones; where a server
    tells none, the larger model is always asked, and an alarm `no_signal` is raised; `refusal`: 0 where the answer
    refuses or does not know, else 1; `format`: 0 where it does not match `pattern`, or is no JSON where there is none,
    else 1."""
    threshold: float = 0.5
    """A signal below it asks the larger model: from 0 to 1, for `logprob` 0 or less. There -0.5 asks it where the
    tokens had a probability below exp(-0.5) = 61 % in the geometric mean."""
    n: int = 5
    """Samples, for `agreement`."""
    sample_temperature: float = 0.7
    """Temperature of the samples, for `agreement`; at 0 all would be the same."""
    pattern: str = ""
    """Regular expression that a whole answer must match, for `format`; empty: it must be JSON."""
    ask_both: bool = False
    """Ask the larger model in every case, so that one run tells quality and cost at every threshold."""

    def __post_init__(self) -> None:
        """Refuse a cascade without a larger model, and values out of range."""
        if not self.large:
            raise ConfigurationError("cascade: no larger model", "For example large=llama3.1:70b")
        if self.signal == "logprob":
            if self.threshold > 0:
                raise ConfigurationError(
                    f"cascade: threshold={self.threshold:g} is above 0, and a log-probability never is",
                    "For example threshold=-0.5",
                )
        elif not 0 <= self.threshold <= 1:
            raise ConfigurationError(
                f"cascade: threshold={self.threshold:g} must be from 0 to 1", "For example threshold=0.5"
            )
        refuse_sampling(self.name, self.n, self.sample_temperature)
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ConfigurationError(
                f"cascade: pattern={self.pattern!r} is no regular expression: {error}",
                "Mend it, or leave pattern out for JSON.",
            ) from error

    @property
    def never_its_own(self) -> tuple[str, ...]:
        """The larger model."""
        return (self.large,)

    def choice_use(self, benchmark: Benchmark) -> ChoiceUse:
        """Return whether samples are compared by the choices or labels of a case."""
        return choices_read("auto", benchmark) if self.signal == "agreement" else "ignored"

    def run(self, task: PipelineInput) -> Stages:
        """Ask the small model; ask the large one where its signal is low, or always (`ask_both`)."""
        reply, signal = yield from self._small(task)
        is_unsure = signal is None or signal < self.threshold
        notes: dict[str, Any] = {"signal": signal, ESCALATED: is_unsure}
        if reply is not None and signal is None:
            notes[NO_SIGNAL] = True
        request = AskModel(stage=ESCALATED, messages=task.messages, model=self.large)
        if reply is None or is_unsure:
            larger = yield from one_reply(request)
            return PipelineResult(answer=larger.text, notes=notes)
        if self.ask_both:
            yield from all_replies([request])
        return PipelineResult(answer=reply.text, notes=notes)

    def _small(
        self, task: PipelineInput
    ) -> Generator[tuple[StageRequest, ...], tuple[StageReply, ...], tuple[ModelReply | None, float | None]]:
        """Return the small model's answer, and its signal; None: it gave no answer, or its server tells no signal."""
        if self.signal == "agreement":
            try:
                return (yield from self._agreement(task))
            except StageFailedError:
                return None, None
        (reply,) = yield from all_replies(
            [AskModel(stage="answer", messages=task.messages, logprobs=self.signal == "logprob")]
        )
        if reply.failure is not None:
            return None, None
        if self.signal == "logprob":
            return reply, reply.mean_logprob
        if self.signal == "refusal":
            return reply, float(not is_refusal(reply.text))
        return reply, float(self._has_format(reply.text))

    def _agreement(
        self, task: PipelineInput
    ) -> Generator[tuple[StageRequest, ...], tuple[StageReply, ...], tuple[ModelReply | None, float | None]]:
        samples = yield from usable_samples(task.messages, self.n, self.sample_temperature)
        extract = EXTRACTORS[extractor_of("auto", task)]
        keys = [extract(reply.text, task.case) for reply in samples]
        votes = Counter(key for key in keys if key is not None)
        if not votes:
            return samples[0], 0.0
        key, n_votes = votes.most_common(1)[0]
        return samples[keys.index(key)], n_votes / self.n

    def _has_format(self, answer: str) -> bool:
        if self.pattern:
            return re.fullmatch(self.pattern, answer.strip()) is not None
        try:
            json.loads(answer)
        except (ValueError, RecursionError):
            return False
        return True
