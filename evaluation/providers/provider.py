"""The provider interface: one server, one wire protocol, no state between calls."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from evaluation.generation import Generation, GenerationRequest
from evaluation.model_info import ModelInfo

if TYPE_CHECKING:
    from evaluation.providers.streamed_answer import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model in a server's memory."""

    name: str
    digest: str | None
    context_length: int | None
    size_bytes: int
    vram_bytes: int

    @property
    def vram_share(self) -> float | None:
        """Share of the model in GPU memory, in [0, 1]; None where its size is unknown."""
        return self.vram_bytes / self.size_bytes if self.size_bytes else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PullProgress:
    """One step of a pull."""

    status: str
    digest: str | None = None
    total_bytes: int | None = None
    completed_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextEmbedding:
    """The embedding of one text, with what the server reported of its request."""

    vector: tuple[float, ...]
    prompt_tokens: int | None = None
    """Tokens of the text; None where the server does not report them."""
    loading_s: float | None = None
    """Seconds of loading the model; None where the server does not report them."""


class Provider(Protocol):
    """Interface of one server. Used as an async context manager, on one event loop.

    Every method raises `ProviderError` (permanent) or `TransientProviderError` (retry later).
    """

    name: str
    """Name in the catalogue of providers."""
    url: str
    limits: tuple[str, ...]
    """Limitations of this protocol, as sentences for users."""
    tells_what_is_loaded: bool
    """False if `loaded` is always empty."""

    def sent_options(self, options: Mapping[str, Any]) -> dict[str, Any]: ...
    async def __aenter__(self) -> "Provider": ...
    async def __aexit__(self, *exc: object) -> None: ...
    async def version(self) -> str | None: ...
    async def models(self) -> tuple[ModelInfo, ...]: ...
    async def show(self, model: str) -> ModelInfo: ...
    async def loaded(self) -> tuple[LoadedModel, ...]: ...
    async def load(
        self, model: str, options: Mapping[str, Any], *, keep_alive: str | int, timeout_s: float
    ) -> None: ...
    async def unload(self, model: str, *, wait: bool = True) -> None: ...
    async def generate(self, request: GenerationRequest) -> Generation:
        """Return the answer, complete and checked, within the request's `timeout_s`.

        Raises:
            CandidateFailureError: the candidate's own failure, with what it produced.
            TransientProviderError: asking again may help.
            ProviderError: asking again will not help.
        """
        ...

    async def answer(self, request: GenerationRequest, draft: "Draft") -> Generation:
        """Return the answer as `generate` does, however long it takes.

        The caller keeps the time, and sees the progress in `draft`.
        """
        ...

    async def count_tokens(self, model: str, texts: Sequence[str]) -> tuple[int, ...] | None:
        """Return the number of the model's tokens in each text; None where the server cannot count them."""
        ...

    async def embed(self, model: str, texts: Sequence[str]) -> tuple[TextEmbedding, ...]:
        """Return one embedding for each text, in order."""
        ...

    def pull(self, model: str) -> AsyncIterator[PullProgress]: ...
    async def copy(self, model: str, destination: str) -> None: ...
    async def delete(self, model: str) -> None: ...
