"""The provider for OpenAI-compatible servers (llama.cpp, vLLM, LM Studio), with fewer options and figures."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Unpack

from evaluation.errors import FailureKind, ProviderError, TransientProviderError
from evaluation.generation import Generation, GenerationRequest
from evaluation.model_info import ModelInfo
from evaluation.providers.connection import drain, readable
from evaluation.providers.embedding_replies import read_vector, tokens_of_text
from evaluation.providers.error_replies import RequestContext
from evaluation.providers.json_reading import count_of, name_of
from evaluation.providers.model_names import find_model, is_named_alike, other_listed, wrong_model
from evaluation.providers.model_server import Access, ModelServer
from evaluation.providers.ollama import EMBED_TIMEOUT_S, refuse_empty_prompt
from evaluation.providers.openai_wire import SENDABLE, Events, chat_body, listed_models, openai_error
from evaluation.providers.provider import TextEmbedding
from evaluation.providers.streamed_answer import Draft

MAX_BELIEVED = 100


class OpenAICompatibleProvider(ModelServer):
    """One OpenAI-compatible server. Use it as an async context manager, on one event loop."""

    name: str = "openai_compatible"
    may_count_tokens: ClassVar[bool] = True
    owner = "OpenAI's"
    greeting_path = "/v1/models"
    error_of = staticmethod(openai_error)
    sendable_options = frozenset(SENDABLE)
    chat_path = "/v1/chat/completions"
    chat_body = staticmethod(chat_body)
    limits: tuple[str, ...] = (
        "gives no digest: the weights are unverified and their answers are never reused",
        "num_ctx and all load options are those the server was started with",
        "only temperature, top_p, seed, num_predict, stop, presence_penalty and frequency_penalty can be sent",
        "the think mode cannot be set",
        "an answer under a model name that the server does not list cannot be checked against the requested model",
        "models cannot be loaded, unloaded, listed in memory or pulled",
        "queue, load, prompt and generation times are not told apart, nor cold from warm",
    )

    def __init__(self, url: str, **access: Unpack[Access]) -> None:
        """Connect to nothing yet. A `/v1` at the end of the URL is accepted."""
        super().__init__(url, **access)
        self._believed: set[tuple[str, str]] = set()
        """Names under which a model's answers arrive, so that the server is asked about each only once."""

    @classmethod
    def is_greeting(cls, answer: Mapping[str, Any]) -> bool:
        return isinstance(answer.get("data"), list)

    async def version(self) -> str | None:
        """Return the server's version where it has a route for it (vLLM), else None."""
        try:
            answer = await self._connection.ask("GET", "/version", context=self._request_context())
        except ProviderError as error:
            if error.kind is FailureKind.BAD_OPTION:
                return None
            raise
        return name_of(answer, "version")

    async def models(self) -> tuple[ModelInfo, ...]:
        return listed_models(await self._connection.ask("GET", "/v1/models", context=self._request_context()))

    async def show(self, model: str) -> ModelInfo:
        models = await self.models()
        info = find_model(models, model)
        if info is None:
            names = ", ".join(entry.name for entry in models) or "none"
            raise ProviderError(
                f"{self.url}: model {model!r} is not served; it serves: {names}", FailureKind.MODEL_NOT_PULLED
            )
        return info

    async def answer(self, request: GenerationRequest, draft: Draft) -> Generation:
        """Return the answer as `generate` does, without its deadline."""
        self._refuse_remote(request.model)
        context = self._request_context(request.model)
        refuse_empty_prompt(request, context)
        return await self._answered(request, draft, context)

    async def _answered(self, request: GenerationRequest, draft: Draft, context: RequestContext) -> Generation:
        events = Events(draft, context)
        body = chat_body(request)
        async with self._connection.stream(self.chat_path, body, context=context, patient=True) as stream:
            async for line in stream.lines:
                if events.take(line):
                    await drain(stream)
            if not events.is_complete:
                raise draft.ended_early(context)
            generation = events.generation(request)
        await self._refuse_other_model(events.model, context)
        return generation

    async def _refuse_other_model(self, named: str | None, context: RequestContext) -> None:
        """Raise where the answer came from a model that the server lists as another than the requested one."""
        model = str(context.model)
        if named is None or (model, named) in self._believed or is_named_alike(model, named):
            return
        try:
            listing = await self._connection.ask("GET", "/v1/models", context=context)
        except TransientProviderError:
            raise
        except ProviderError:
            listing = {}
        if other := other_listed(model, named, listing):
            raise wrong_model(other, context)
        if len(self._believed) < MAX_BELIEVED:
            self._believed.add((model, named))

    async def count_tokens(self, model: str, texts: Sequence[str]) -> tuple[int, ...] | None:
        """Return the number of tokens in each text by `/tokenize` of llama.cpp and vLLM; None on other servers."""
        context = self._request_context(model)
        counts: list[int] = []
        for text in texts:
            body = {"model": model, "content": text, "prompt": text, "add_special_tokens": False}
            try:
                answer = await self._connection.ask("POST", "/tokenize", body, context=context)
            except TransientProviderError:
                raise
            except ProviderError:
                return None
            tokens = answer.get("tokens")
            with readable(context):
                count = count_of(answer, "count")
            if count is None and isinstance(tokens, list):
                count = len(tokens)
            if count is None:
                return None
            counts.append(count)
        return tuple(counts)

    async def _embedded(self, model: str, text: str) -> TextEmbedding:
        context = self._request_context(model)
        body = {"model": model, "input": [text], "encoding_format": "float"}
        answer = await self._connection.ask("POST", "/v1/embeddings", body, context=context, timeout_s=EMBED_TIMEOUT_S)
        await self._refuse_other_model(name_of(answer, "model"), context)
        rows = answer.get("data")
        vectors = [row.get("embedding") if isinstance(row, Mapping) else None for row in _listed(rows)]
        usage = answer.get("usage")
        return TextEmbedding(
            vector=read_vector(vectors, context),
            prompt_tokens=tokens_of_text(usage, "prompt_tokens") if isinstance(usage, Mapping) else None,
        )


def _listed(rows: Any) -> list[Any]:
    return rows if isinstance(rows, list) else []
