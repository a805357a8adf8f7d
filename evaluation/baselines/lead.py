"""Lead baseline: the first sentences of a document, which are hard to beat as a summary of news."""

from dataclasses import dataclass
from typing import ClassVar

from evaluation.baselines.baseline import Baseline
from evaluation.baselines.prompt_parts import parts_of
from evaluation.baselines.text_processing import sentences


@dataclass(frozen=True, kw_only=True)
class Lead(Baseline):
    """The first sentences of the document (lead-n; Nenkova 2005)."""

    name: ClassVar[str] = "baseline-lead"
    summary: ClassVar[str] = "the document's first sentences"

    n_sentences: int = 2

    def _answer(self, prompt: str, *, seed: int, limit: int | None) -> str:
        return " ".join(sentences(parts_of(prompt).body)[: self.n_sentences])
