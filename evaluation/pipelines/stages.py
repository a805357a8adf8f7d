"""What a pipeline wants answered at a stage, and the answers it receives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from evaluation.case import Message
from evaluation.errors import FailureKind
from evaluation.generation import Generation
from evaluation.passage import Passage

OWN_MODEL = ""
"""Stands for the candidate's own model in a stage's `model`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskModel:
    """A chat request. The answer is a `ModelReply`."""

    stage: str
    """Name of the stage, unique within its case: `draft`, `map 3`. The sampling seed is derived from it."""
    messages: tuple[Message, ...]
    model: str = OWN_MODEL
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options that replace the candidate's: `temperature`, `num_predict`."""
    schema: str = ""
    """JSON schema of the answer, as canonical JSON; empty for free text."""
    logprobs: bool = False
    """Ask for the log-probabilities of the answer's tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedTexts:
    """Texts to embed. The answer is `Vectors`, one for each text."""

    stage: str
    texts: tuple[str, ...]
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CountTokens:
    """Texts whose tokens the model's server should count. The answer is `TokenCounts`."""

    stage: str
    texts: tuple[str, ...]
    model: str = OWN_MODEL


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPassages:
    """A query to the pipeline's corpus. The answer is `Passages`, best first."""

    stage: str
    query: str
    top_k: int
    method: str
    """`dense`, `bm25` or `hybrid`."""
    vector: tuple[float, ...] = ()
    """The query's embedding; empty for `bm25`."""
    min_similarity: float = -1.0
    """Least cosine of a passage that the embedding finds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReply:
    """A model's answer to `AskModel`."""

    generation: Generation
    mean_logprob: float | None = None
    """Mean log-probability of the answer's tokens; None where the server does not report it."""

    @property
    def text(self) -> str:
        """The answer, without thinking; empty where the model failed."""
        return self.generation.answer

    @property
    def failure(self) -> FailureKind | None:
        """Kind of the model's own failure: an empty answer, a prompt that is too long, …; None: it answered."""
        return self.generation.own_failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Vectors:
    """Embeddings, one for each text of `EmbedTexts`."""

    values: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCounts:
    """Counts of tokens, one for each text of `CountTokens`; None where the server cannot count."""

    values: tuple[int, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passages:
    """Passages found, best first."""

    passages: tuple[Passage, ...]


StageRequest: TypeAlias = AskModel | EmbedTexts | CountTokens | SearchPassages
StageReply: TypeAlias = ModelReply | Vectors | TokenCounts | Passages
