"""Several samples of one question, and the answer that most of them give.

Confidence is that answer's share of all samples that the model could give (`vote_confidence`); the share of those that
were asked, which is higher, stands among the notes.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import ClassVar, Literal

from evaluation.case import Benchmark
from evaluation.pipelines.chain_of_thought import INSTRUCTION, split_answer
from evaluation.pipelines.extraction import EXTRACTORS
from evaluation.pipelines.pipeline import (
    ChoiceUse,
    Pipeline,
    PipelineInput,
    PipelineResult,
    Stages,
    with_instruction,
)
from evaluation.pipelines.samples import refuse_sampling, usable_samples
from evaluation.pipelines.vote_confidence import chance_of_agreement

_BY_HEADLINE = {
    "numeric_match": "number",
    "multiple_choice": "choice",
    "accuracy": "label",
    "macro_f1": "label",
    "weighted_f1": "label",
    "mcc": "label",
}


@dataclass(frozen=True, kw_only=True)
class SelfConsistency(Pipeline):
    """Asks `n` times at a temperature above 0 and takes the most frequent answer.

    Its confidence is the chance that one more sample agrees, which is below its share.
    """

    name: ClassVar[str] = "self_consistency"
    summary: ClassVar[str] = "asks n times and takes the answer that most samples give"
    source: ClassVar[str] = "Wang et al. 2022, arXiv:2203.11171"

    n: int = 5
    """Samples of each case."""
    sample_temperature: float = 0.7
    """Sampling temperature; at 0 all samples would be the same."""
    extractor: Literal["auto", "number", "choice", "label", "text"] = "auto"
    """How answers are read to be counted. `number`: the number that the answer gives; `choice`: the option that it
    chooses; `label`: the label; `text`: its words, 12 at most; `auto`: as the benchmark's headline metric reads."""
    reasoning: bool = False
    """Ask for steps before the answer, as in the paper."""

    def __post_init__(self) -> None:
        """Refuse a number of samples or a temperature that cannot vote."""
        refuse_sampling(self.name, self.n, self.sample_temperature)

    def choice_use(self, benchmark: Benchmark) -> ChoiceUse:
        """Return whether answers are counted by the choices or labels of a case."""
        return choices_read(self.extractor, benchmark)

    def run(self, task: PipelineInput) -> Stages:
        """Ask all samples side by side, and count their answers."""
        messages = with_instruction(task.messages, INSTRUCTION) if self.reasoning else task.messages
        samples = yield from usable_samples(messages, self.n, self.sample_temperature)
        texts = [split_answer(sample.text)[1] or sample.text for sample in samples]
        votes = self._votes(texts, task)
        if not votes:
            return PipelineResult(answer=texts[0], confidence=None, notes={"samples": self.n, "read": 0})
        winner = max(votes.values(), key=len)
        shares = {key: len(positions) / self.n for key, positions in votes.items()}
        n_read = sum(map(len, votes.values()))
        # A sample without an answer that can be read agrees with no other.
        counts = [*map(len, votes.values()), *[1] * (self.n - n_read)]
        return PipelineResult(
            answer=texts[winner[0]],
            confidence=chance_of_agreement(counts),
            notes={"samples": self.n, "read": n_read, "share": len(winner) / self.n, "shares": shares},
        )

    def _votes(self, texts: list[str], task: PipelineInput) -> dict[str, list[int]]:
        """Return the indices of the texts with each answer, in the order in which answers first appear."""
        extract = EXTRACTORS[extractor_of(self.extractor, task)]
        votes: dict[str, list[int]] = defaultdict(list)
        for index, answer in enumerate(texts):
            if (key := extract(answer, task.case)) is not None:
                votes[key].append(index)
        return dict(votes)


def extractor_of(name: str, task: PipelineInput) -> str:
    """Return the name of the extractor; `auto`: as the benchmark's headline metric reads answers."""
    if name != "auto":
        return name
    return _by_headline(task.benchmark) or ("choice" if task.case.choices else "text")


def _by_headline(benchmark: Benchmark) -> str | None:
    return _BY_HEADLINE.get(benchmark.headline.partition("(")[0])


def choices_read(name: str, benchmark: Benchmark) -> ChoiceUse:
    """Return whether an extractor reads the choices of a case beside the answer."""
    extractor = _by_headline(benchmark) if name == "auto" else name
    if extractor is None:
        return "used"
    return "needed" if extractor in ("choice", "label") else "ignored"
