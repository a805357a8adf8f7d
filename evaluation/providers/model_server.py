"""What every protocol over HTTP shares: one connection, the refusal of remote models, and the deadline of an answer."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, TypedDict, Unpack

import httpx

from evaluation.generation import Generation, GenerationRequest
from evaluation.providers.connection import Connection, ErrorOf
from evaluation.providers.draft import Draft
from evaluation.providers.error_replies import RequestContext
from evaluation.providers.model_names import is_remote, remote_refused
from evaluation.providers.request_phase import Phase


class Access(TypedDict, total=False):
    """How a server is reached."""

    api_key: str | None
    """Sent as a bearer token; for servers behind a proxy that requires one."""
    allow_remote: bool
    """Let prompts go to models that run on somebody else's machine."""
    transport: httpx.AsyncBaseTransport | None
    """Instead of the network."""


class ModelServer(ABC):
    """One server. Use it as an async context manager, on one event loop."""

    def __init__(self, url: str, *, error_of: ErrorOf, **access: Unpack[Access]) -> None:
        """Connect to nothing yet.

        Args:
            url: Without a slash at its end; `/v1` there belongs to the paths of the protocol.
            error_of: Turns a refusal into our error.
            access: How the server is reached.
        """
        self.url = url
        self._connection = Connection(
            url.removesuffix("/v1"),
            error_of=error_of,
            api_key=access.get("api_key"),
            transport=access.get("transport"),
        )
        self._allow_remote = access.get("allow_remote", False)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._connection.close()

    async def generate(
        self, request: GenerationRequest, *, on_phase: Callable[[Phase], None] | None = None
    ) -> Generation:
        """Return the answer in time, complete and checked. Cancelling it closes the connection."""
        draft = Draft(on_phase)
        try:
            async with asyncio.timeout(request.timeout_s):
                return await self.answer(request, draft)
        except TimeoutError as error:
            raise draft.timed_out(request, self._asked(request.model)) from error

    @abstractmethod
    async def answer(self, request: GenerationRequest, draft: Draft) -> Generation:
        """As `generate`, without its deadline."""

    async def embed(self, model: str, texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
        """Return one vector a text, shape (n_texts, n_dimensions).

        Sent one by one: batches have given wrong vectors on servers with several slots.
        """
        self._refuse_remote(model)
        return tuple([await self._embedded(model, text) for text in texts])

    @abstractmethod
    async def _embedded(self, model: str, text: str) -> tuple[float, ...]: ...

    def _refuse_remote(self, model: str) -> None:
        if not self._allow_remote and is_remote(model):
            raise remote_refused(model)

    def _asked(self, model: str | None = None, options: Mapping[str, Any] | None = None) -> RequestContext:
        num_ctx = (options or {}).get("num_ctx")
        return RequestContext(url=self.url, model=model, num_ctx=num_ctx if isinstance(num_ctx, int) else None)
