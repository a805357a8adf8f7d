"""The interface between the server and a model's engine: a prompt in, pieces of text and one ending out."""

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """Options fixed when a model is loaded: a request with other ones reloads it."""

    num_ctx: int
    num_thread: int = 0
    num_batch: int = 512
    shift: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One prompt to answer."""

    messages: tuple[tuple[str, str], ...] = ()
    """Pairs of role and content."""
    raw_prompt: str | None = None
    """Prompt that goes to the model unchanged, instead of messages."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """All sampling options, in Ollama's names."""
    schema: Mapping[str, Any] | None = None
    """JSON schema that the answer must follow; None: any text."""
    truncate: bool = True
    shift: bool = True
    n_logprobs: int | None = None
    """Number of alternatives for each token's logprob; None: no logprobs."""

    @property
    def last_user_text(self) -> str:
        """Text of the last user message."""
        if self.raw_prompt is not None:
            return self.raw_prompt
        users = [content for role, content in self.messages if role == "user"]
        return users[-1] if users else self.messages[-1][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of the answer's text."""

    text: str
    logprobs: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """End of an answer, with its counts; durations in nanoseconds."""

    reason: str
    """`stop` or `length`."""
    prompt_tokens: int
    prompt_ns: int
    output_tokens: int
    output_ns: int


class Engine(Protocol):
    """A model in memory."""

    context_length: int
    """Context length of each slot, in tokens."""
    size_bytes: int

    def answer(self, job: Job) -> AsyncGenerator[Piece | Ending, None]:
        """Yield the pieces, then one `Ending`. Closing the generator early stops the work.

        Raises:
            WireError: the prompt does not fit, or the options make no sense to this engine.
        """
        ...

    async def token_ids(self, job: Job, answer: str) -> list[int]:
        """Return the ids of the prompt and the answer together, for `context` of `/api/generate`."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedModel:
    """A model that can be loaded, and its description in `/api/tags` and `/api/show`."""

    name: str
    """Full name, `name:tag`."""
    digest: Callable[[], str]
    size_bytes: int
    modified_ns: int
    details: Mapping[str, Any]
    trained_context: int
    capabilities: tuple[str, ...]
    template: str
    parameters: str
    """Lines of text as in `/api/show`; empty for none."""
    own_options: Mapping[str, Any]
    """The options that `parameters` sets."""
    show: Callable[[], Mapping[str, Any]]
    """`model_info`, `tensors` and `license` of `/api/show`."""
    load: Callable[[LoadOptions, int], Engine]
    """Load an engine with the given number of slots; blocks until it is ready."""
    embed: Callable[[str], tuple[float, ...]] | None = None

    @property
    def owner_details(self) -> dict[str, Any]:
        """`details` of `/api/show` and `/api/ps`, without lengths."""
        return {key: value for key, value in self.details.items() if not key.endswith("_length")}
