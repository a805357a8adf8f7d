"""The base class of HTTP providers: one connection, the refusal of remote models, and the deadline of an answer."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar, Self, TypedDict, Unpack

import httpx

from evaluation.errors import FailureKind, ProviderError
from evaluation.generation import Generation, GenerationRequest
from evaluation.model_info import ModelInfo
from evaluation.providers.connection import Connection, readable
from evaluation.providers.error_replies import Refusal, RequestContext
from evaluation.providers.model_names import is_remote, remote_refused
from evaluation.providers.provider import LoadedModel, PullProgress, TextEmbedding
from evaluation.providers.streamed_answer import Draft


class Access(TypedDict, total=False):
    """Settings for reaching a server."""

    api_key: str | None
    """Bearer token, for servers behind a proxy that requires one."""
    allow_remote: bool
    """Allow prompts to models that run on another party's machine."""
    transport: httpx.AsyncBaseTransport | None
    """Transport to use instead of the network."""


class ModelServer(ABC):
    """One server. Use it as an async context manager, on one event loop.

    Class attributes give the protocol's name and capabilities. Code that depends on the protocol reads them, so that a
    new protocol works everywhere once it is in the catalogue.
    """

    name: str
    """Name in the catalogue, on the command line and in the store."""
    owner: ClassVar[str]
    """Owner of the protocol in messages: `Ollama's`."""
    greeting_path: ClassVar[str]
    """Path requested to detect whether a server speaks this protocol; see `is_greeting`."""
    limits: tuple[str, ...] = ()
    """Limitations of this protocol, as sentences for users."""
    tells_what_is_loaded: bool = False
    """False if `loaded` is always empty."""
    may_count_tokens: ClassVar[bool] = False
    """False if `count_tokens` is always None; True where some servers of this protocol count."""
    sendable_options: ClassVar[frozenset[str] | None] = None
    """Options that can be sent, by our names; None for all."""
    ends_at_context: ClassVar[bool] = False
    """True if an answer may be as long as the context, where the server ends it. False: such a limit is refused."""
    loads_with_options: ClassVar[bool] = False
    """A model is loaded with the options of the request, and again for others."""
    can_pull: ClassVar[bool] = False
    can_copy: ClassVar[bool] = False
    """True if a model can be given another name, and a name can be removed."""
    takes_modelfiles: ClassVar[bool] = False
    """True if a model can be created from a Modelfile."""
    chat_path: ClassVar[str | None] = None
    """Path to which `chat_body` is sent, for programs that ask without us; None if no such program can be written."""
    run_command: ClassVar[str | None] = None
    """Command by which a person asks a model of such a server in a terminal: `COMMAND MODEL PROMPT`; None: no such."""
    digests_path: ClassVar[str | None] = None
    """Path at which the server lists `models`, each with its `name` and `digest`; None if it gives no digests."""

    def __init__(self, url: str, **access: Unpack[Access]) -> None:
        """Connect to nothing yet.

        Args:
            url: As `normalise_url` gives it; `/v1` at its end belongs to the paths of the protocol.
            access: How the server is reached.
        """
        self.url = url.rstrip("/")
        self._connection = Connection(
            self.url.removesuffix("/v1"),
            error_of=self.error_of,
            api_key=access.get("api_key"),
            transport=access.get("transport"),
        )
        self._allow_remote = access.get("allow_remote", False)

    @staticmethod
    @abstractmethod
    def error_of(refusal: Refusal, context: RequestContext) -> ProviderError:
        """Return the error for a server's refusal."""

    @classmethod
    @abstractmethod
    def is_greeting(cls, answer: Mapping[str, Any]) -> bool:
        """Check whether the answer at `greeting_path` is one of this protocol."""

    @classmethod
    def sent_options(cls, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options that can be sent; the others are fixed by how the server was started."""
        sendable = options.keys() if cls.sendable_options is None else cls.sendable_options
        return {name: value for name, value in options.items() if name in sendable}

    @staticmethod
    def chat_body(request: GenerationRequest) -> dict[str, Any]:
        """Return the body of a request for a streamed answer.

        Raises:
            NotImplementedError: the protocol has no `chat_path`.
        """
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._connection.close()

    async def generate(self, request: GenerationRequest) -> Generation:
        """Return the answer, complete and checked, within its deadline; cancelling it closes the connection."""
        draft = Draft()
        try:
            async with asyncio.timeout(request.timeout_s):
                return await self.answer(request, draft)
        except TimeoutError as error:
            raise draft.timed_out(request, self._request_context(request.model)) from error

    @abstractmethod
    async def version(self) -> str | None:
        """Return the server's version; None where it does not say."""

    @abstractmethod
    async def models(self) -> tuple[ModelInfo, ...]:
        """Return the models that the server has."""

    @abstractmethod
    async def show(self, model: str) -> ModelInfo:
        """Return the server's full description of a model."""

    async def loaded(self) -> tuple[LoadedModel, ...]:
        """Return the models in the server's memory; empty where the protocol does not tell."""
        return ()

    async def load(  # noqa: B027 - nothing to do is the rule
        self, model: str, options: Mapping[str, Any], *, keep_alive: str | int, timeout_s: float
    ) -> None:
        """Load a model; do nothing where the server loads models by itself."""

    async def unload(self, model: str, *, wait: bool = True) -> None:  # noqa: B027 - nothing to do is the rule
        """Unload a model; do nothing where the server keeps its model."""

    async def pull(self, model: str) -> AsyncIterator[PullProgress]:
        """Refuse to pull, where a server is given its models when it is started.

        Raises:
            ProviderError: always.
        """
        raise ProviderError(
            f"{self.url}: {self.owner} protocol cannot pull {model!r}",
            FailureKind.BAD_OPTION,
            "Start the server with the model.",
        )
        yield  # makes this an asynchronous generator

    async def copy(self, model: str, destination: str) -> None:
        """Refuse to give a model another name.

        Raises:
            ProviderError: always.
        """
        raise ProviderError(
            f"{self.url}: {self.owner} protocol cannot give {model!r} another name", FailureKind.BAD_OPTION
        )

    async def delete(self, model: str) -> None:
        """Refuse to remove a name.

        Raises:
            ProviderError: always.
        """
        raise ProviderError(f"{self.url}: {self.owner} protocol cannot remove {model!r}", FailureKind.BAD_OPTION)

    @abstractmethod
    async def answer(self, request: GenerationRequest, draft: Draft) -> Generation:
        """Return the answer as `generate` does, without its deadline."""

    async def count_tokens(self, model: str, texts: Sequence[str]) -> tuple[int, ...] | None:
        """Return None: most protocols have no route that counts tokens."""
        return None

    async def embed(self, model: str, texts: Sequence[str]) -> tuple[TextEmbedding, ...]:
        """Return one embedding for each text, in order.

        Texts are sent one by one: batches have given wrong vectors on servers with several slots, one text that is
        refused fails its batch, and a server reports the tokens of a batch together.
        """
        self._refuse_remote(model)
        with readable(self._request_context(model)):
            return tuple([await self._embedded(model, text) for text in texts])

    @abstractmethod
    async def _embedded(self, model: str, text: str) -> TextEmbedding: ...

    def _refuse_remote(self, model: str) -> None:
        if not self._allow_remote and is_remote(model):
            raise remote_refused(model)

    def _request_context(self, model: str | None = None, options: Mapping[str, Any] | None = None) -> RequestContext:
        num_ctx = (options or {}).get("num_ctx")
        return RequestContext(url=self.url, model=model, num_ctx=num_ctx if isinstance(num_ctx, int) else None)
