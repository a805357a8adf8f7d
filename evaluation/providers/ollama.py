"""The Ollama provider, over Ollama's own API: the only one that sets every option and reports timings."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, Unpack

from evaluation.errors import FailureKind, ProviderError, TransientProviderError
from evaluation.generation import Generation, GenerationRequest
from evaluation.model_info import ModelInfo
from evaluation.providers.connection import drain
from evaluation.providers.context_overflow import n_telling_characters, sign_of_truncation
from evaluation.providers.embedding_replies import read_vector, tokens_of_text
from evaluation.providers.error_replies import RequestContext
from evaluation.providers.json_reading import name_of, seconds_of
from evaluation.providers.model_names import (
    find_model,
    is_named_alike,
    other_weights,
    remote_refused,
    same_model,
    wrong_model,
)
from evaluation.providers.model_server import Access, ModelServer
from evaluation.providers.ndjson import read_object
from evaluation.providers.ollama_errors import ollama_error
from evaluation.providers.ollama_wire import (
    chat_body,
    expect_done,
    finished,
    listed_models,
    load_body,
    loaded_models,
    pull_progress,
    shown_model,
    take_line,
)
from evaluation.providers.provider import LoadedModel, PullProgress, TextEmbedding
from evaluation.providers.streamed_answer import Draft

EMBED_TIMEOUT_S = 300.0


class OllamaProvider(ModelServer):
    """One Ollama server. Use it as an async context manager, on one event loop."""

    name: str = "ollama"
    owner = "Ollama's"
    greeting_path = "/api/version"
    error_of = staticmethod(ollama_error)
    tells_what_is_loaded: bool = True
    ends_at_context = True
    loads_with_options = True
    can_pull = True
    can_copy = True
    takes_modelfiles = True
    chat_path = "/api/chat"
    digests_path = "/api/tags"
    run_command = "ollama run"
    chat_body = staticmethod(chat_body)

    def __init__(self, url: str, *, unload_timeout_s: float = 60.0, **access: Unpack[Access]) -> None:
        """Connect to nothing yet.

        Args:
            url: As `normalise_url` gives it.
            unload_timeout_s: How long `unload` waits for a model to be gone.
            access: How the server is reached.
        """
        # Ollama's compatibility layer; its own API, which can do more, stands beside it.
        super().__init__(url.rstrip("/").removesuffix("/v1"), **access)
        self._unload_timeout_s = unload_timeout_s

    @classmethod
    def is_greeting(cls, answer: Mapping[str, Any]) -> bool:
        return isinstance(answer.get("version"), str)

    async def version(self) -> str | None:
        answer = await self._connection.ask("GET", "/api/version", context=self._request_context())
        return name_of(answer, "version")

    async def models(self) -> tuple[ModelInfo, ...]:
        return listed_models(await self._connection.ask("GET", self.digests_path, context=self._request_context()))

    async def show(self, model: str) -> ModelInfo:
        answer = await self._connection.ask("POST", "/api/show", {"model": model}, context=self._request_context(model))
        return shown_model(model, answer, find_model(await self.models(), model))

    async def loaded(self) -> tuple[LoadedModel, ...]:
        return loaded_models(await self._connection.ask("GET", "/api/ps", context=self._request_context()))

    async def load(self, model: str, options: Mapping[str, Any], *, keep_alive: str | int, timeout_s: float) -> None:
        """Load the model with the options with which it will be used; other options would load it again."""
        self._refuse_remote(model)
        context = self._request_context(model, options)
        answer = await self._connection.ask(
            "POST",
            "/api/generate",
            load_body(model, options, keep_alive),
            context=context,
            timeout_s=timeout_s,
            too_late=FailureKind.LOADING_TIMED_OUT,
        )
        expect_done(answer, context, "loading")

    async def unload(self, model: str, *, wait: bool = True) -> None:
        """Unload the model; return when it is gone from memory, or with `wait` false as soon as the server was told.

        Raises:
            TransientProviderError: it is still there after a while, because somebody uses it.
        """
        context = self._request_context(model)
        body = {"model": model, "keep_alive": 0, "stream": False}
        expect_done(await self._connection.ask("POST", "/api/generate", body, context=context), context, "unloading")
        if not wait:
            return
        try:
            async with asyncio.timeout(self._unload_timeout_s):
                await self._gone(model)
        except TimeoutError as error:
            raise TransientProviderError(
                f"{context.subject}: still loaded {self._unload_timeout_s:g} s after it was told to unload",
                FailureKind.TIMED_OUT,
                next_step="Someone else may be using it: `ollama ps`.",
            ) from error

    async def _gone(self, model: str) -> None:
        pause_s = 0.05
        while any(same_model(loaded.name, model) for loaded in await self.loaded()):
            await asyncio.sleep(pause_s)
            pause_s = min(1.0, 2 * pause_s)

    async def answer(self, request: GenerationRequest, draft: Draft) -> Generation:
        """Return the answer as `generate` does, without its deadline."""
        self._refuse_remote(request.model)
        context = self._request_context(request.model, request.options)
        refuse_empty_prompt(request, context)
        generation = await self._answered(request, draft, context)
        await self._refuse_truncation(request, generation, context)
        return generation

    async def _answered(self, request: GenerationRequest, draft: Draft, context: RequestContext) -> Generation:
        async with self._connection.stream(self.chat_path, chat_body(request), context=context, patient=True) as stream:
            async for line in stream.lines:
                final = take_line(line, draft, context)
                if final is not None:
                    self._refuse_remote_answer(final, context)
                    generation = finished(final, draft, request, context)
                    await drain(stream)
                    await self._refuse_other_model(final, context)
                    return generation
            raise draft.ended_early(context, was_whole=stream.content_type.startswith("application/json"))

    def _refuse_remote_answer(self, final: Mapping[str, Any], context: RequestContext) -> None:
        """Refuse the answer of a remote model under a local name: only the answer shows that it is remote."""
        if not self._allow_remote and final.get("remote_host"):
            raise remote_refused(str(context.model), str(final["remote_host"]))

    async def _refuse_other_model(self, record: Mapping[str, Any], context: RequestContext) -> None:
        """Raise where the answer came from other weights than those requested."""
        named = name_of(record, "model")
        if named is None or is_named_alike(str(context.model), named):
            return
        try:
            models = await self.models()
        except TransientProviderError:
            raise
        except ProviderError:
            return  # a server that lists nothing cannot be judged
        if other := other_weights(str(context.model), record, models):
            raise wrong_model(other, context)

    async def _refuse_truncation(
        self, request: GenerationRequest, generation: Generation, context: RequestContext
    ) -> None:
        sign = sign_of_truncation(
            n_telling_characters(request.messages),
            prompt_tokens=generation.prompt_tokens,
            options=dict(request.options),
        ) or await self._sign_of_shift(generation, context)
        if sign:
            raise ProviderError(
                f"{context.subject}: the server truncated the prompt although `truncate` is false: {sign}",
                FailureKind.PROMPT_TRUNCATED,
                "Raise num_ctx, or update the server; old versions ignore `truncate` and `shift`.",
            )

    async def _sign_of_shift(self, generation: Generation, context: RequestContext) -> str | None:
        """Return a note where there are more tokens than the context holds, so that some were dropped on the way."""
        if generation.prompt_tokens is None or context.num_ctx is None:
            return None
        n_tokens = generation.prompt_tokens + (generation.output_tokens or 0)
        if n_tokens <= context.num_ctx:
            return None
        # A small num_ctx is rounded up by some engines: the server knows what it really holds.
        n_context = max(context.num_ctx, await self._effective_context(str(context.model)) or 0)
        return f"{n_tokens} tokens of prompt and answer in a context of {n_context}" if n_tokens > n_context else None

    async def _effective_context(self, model: str) -> int | None:
        try:
            loaded = await self.loaded()
        except ProviderError:
            return None
        return next((entry.context_length for entry in loaded if same_model(entry.name, model)), None)

    async def _embedded(self, model: str, text: str) -> TextEmbedding:
        context = self._request_context(model)
        body = {"model": model, "input": [text], "truncate": False}
        answer = await self._connection.ask("POST", "/api/embed", body, context=context, timeout_s=EMBED_TIMEOUT_S)
        await self._refuse_other_model(answer, context)
        return TextEmbedding(
            vector=read_vector(answer.get("embeddings"), context),
            prompt_tokens=tokens_of_text(answer, "prompt_eval_count"),
            loading_s=seconds_of(answer, "load_duration"),
        )

    async def pull(self, model: str) -> AsyncIterator[PullProgress]:
        """Yield the steps of the pull as they arrive, the last one `success`."""
        context = self._request_context(model)
        last = ""
        body = {"model": model, "stream": True}
        async with self._connection.stream("/api/pull", body, context=context, patient=False, is_kept=False) as stream:
            async for line in stream.lines:
                progress = pull_progress(read_object(line) or {}, context)
                last = progress.status or last
                yield progress
        if last != "success":
            raise TransientProviderError(
                f"{context.url}: pulling {model!r} ended early, at {last!r}",
                FailureKind.CUT_STREAM,
                next_step="Pull again; what has come is kept.",
            )

    async def copy(self, model: str, destination: str) -> None:
        """Give a model's weights another name too; the blobs are shared, so that it costs no space."""
        await self._connection.tell(
            "POST", "/api/copy", {"source": model, "destination": destination}, context=self._request_context(model)
        )

    async def delete(self, model: str) -> None:
        """Remove a name; the weights go with the last name that they have."""
        await self._connection.tell("DELETE", "/api/delete", {"model": model}, context=self._request_context(model))


def refuse_empty_prompt(request: GenerationRequest, context: RequestContext) -> None:
    """Refuse a prompt that a server would answer by only loading the model.

    Raises:
        ProviderError: no message but the system's has any text.
    """
    if not any(message.content.strip() for message in request.messages if message.role != "system"):
        raise ProviderError(
            f"{context.subject}: the prompt is empty",
            FailureKind.BAD_OPTION,
            "Give the case a prompt, and the template a `{prompt}`.",
        )
