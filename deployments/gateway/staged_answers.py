"""The answer of a candidate's pipeline: its stages are asked by the code of evaluations, on the gateway's servers."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, TypeVar

from deployments.gateway.dialects import AnswerWriter
from deployments.gateway.plans import Target
from deployments.gateway.staged_targets import Asked, Staged
from deployments.gateway.upstream import Upstream
from deployments.gateway.usage import Rates, StageUse, use_of_stage
from deployments.tracing import span
from evaluation.chat_protocols.deltas import Delta, Ending
from evaluation.errors import FailureKind, ProviderError, TransientProviderError
from evaluation.gather import gather_or_cancel
from evaluation.generation import Generation, GenerationRequest
from evaluation.pipelines.pipeline import PipelineResult
from evaluation.pipelines.stages import AskModel, CountTokens, EmbedTexts, SearchPassages, StageRequest
from evaluation.pipelines.walk import PipelineFailedError
from evaluation.providers.provider import TextEmbedding
from evaluation.records.stages import StageRow
from evaluation.retrieval.search import Index
from tasks.generation.attempt import answered
from tasks.generation.corpus_index import open_index
from tasks.generation.embedded import Embedded, embedded_by, figures_of
from tasks.generation.staged_case import LastError, Place, StagedCase

Turn: TypeAlias = Callable[[Upstream, str], AbstractAsyncContextManager[None]]
"""Holds a place on a server for one request to a model."""
T = TypeVar("T")
_TIMEOUT_S = GenerationRequest(model="", messages=()).timeout_s
_OF_NO_RUN = Place(run_candidate_id=0, case_id="call", repeat=0)
_AT_ONCE = 4
"""Passages of a corpus that are embedded side by side, where it was not embedded before."""


@asynccontextmanager
async def turn_of_client(upstream: Upstream, model: str) -> AsyncGenerator[None]:
    """Count a request as on its way for a client.

    Raises:
        TransientProviderError: the server failed lately, and is left alone.
    """
    if not upstream.breakers.allows(model, time.monotonic()):
        raise TransientProviderError(
            f"{upstream.name}, model {model!r}: it failed lately and is left alone for a while",
            FailureKind.SERVER_DOWN,
        )
    with upstream.asked(model):
        yield


class StageError(LastError):
    """A server failed at a stage."""

    def __init__(self, error: ProviderError) -> None:
        super().__init__(error)
        self.error = error


class ServedCase(StagedCase):
    """One call on its way through a pipeline.

    Args:
        staged: The pipeline, its models and their servers.
        rates: What the calls of the candidate cost.
        turn: Holds a place on a server for each request.
        on_stage: Told of each stage that was answered.
    """

    _timeout_s = _TIMEOUT_S

    def __init__(self, staged: Staged, rates: Rates, *, turn: Turn, on_stage: Callable[[StageUse], None]) -> None:
        seed = secrets.randbits(31) if staged.seed is None else staged.seed
        super().__init__(staged.plan, staged.own, _OF_NO_RUN, seed=seed)
        self._staged, self._rates, self._turn, self._on_stage = staged, rates, turn, on_stage
        self._keep_alive = "10m" if staged.keep_alive is None else staged.keep_alive
        self._n_characters: dict[str, int] = {}

    async def answered(self) -> tuple[Generation, PipelineResult]:
        """Return the answer with the sums of its stages, and what the pipeline says of it.

        Raises:
            ProviderError: a server failed, or the pipeline gives no answer; names the stage.
        """
        try:
            result = await self._walked(self._staged.task)
        except StageError as error:
            raise error.error from error
        except PipelineFailedError as error:
            raise ProviderError(error.message, FailureKind.PIPELINE_FAILED, error.next_step) from error
        if not isinstance(result, PipelineResult):
            raise RuntimeError(f"stage {result.stage!r} was not answered")
        generation = self._answer(result)
        if generation.own_failure is not None:
            raise ProviderError(generation.message or str(generation.own_failure), generation.own_failure)
        return generation, result

    @property
    def stages(self) -> Sequence[StageRow]:
        """The stages that were answered, in their order."""
        return self._in_order()

    def _is_answered_here(self, request: StageRequest) -> bool:
        return True

    def _asked(self, request: StageRequest) -> Asked:
        return self._staged.places[self._plan.model_of(request)]

    async def _chatted(self, request: AskModel, sent: GenerationRequest) -> Generation:
        place = self._asked(request)
        self._n_characters[request.stage] = sum(len(message.content) for message in sent.messages)
        return await self._at(request.stage, place, lambda: answered(place.upstream.provider, _named(sent, place)))

    async def _text_embedded(self, request: EmbedTexts, text: str) -> Embedded:
        place = self._asked(request)
        self._n_characters[request.stage] = sum(map(len, request.texts))
        return await self._at(
            request.stage, place, lambda: embedded_by(place.upstream.provider, place.model, text, dimension=None)
        )

    async def _counted(self, request: CountTokens) -> tuple[tuple[int, ...] | None, Generation]:
        place, began = self._asked(request), time.perf_counter()
        counts = await self._at(
            request.stage, place, lambda: place.upstream.provider.count_tokens(place.model, request.texts)
        )
        return counts, figures_of(time.perf_counter() - began)

    async def _index(self, stage: str) -> Index:
        """Return the index of the corpus: its vectors are those that the evaluation stored."""
        searched = self._staged.places[self._plan.model_of_searches]
        at_once = asyncio.Semaphore(_AT_ONCE)

        async def one(text: str) -> TextEmbedding:
            async with at_once:
                embedded = await self._at(
                    stage,
                    searched,
                    lambda: embedded_by(searched.upstream.provider, searched.model, text, dimension=None),
                )
            return embedded.embedding

        async def embed(texts: Sequence[str]) -> Sequence[TextEmbedding]:
            try:
                return await gather_or_cancel(one(text) for text in texts)
            except StageError as error:
                raise error.error from error

        try:
            return await open_index(self._staged.store, self._plan, embed)
        except ProviderError as error:
            raise StageError(_at_stage(stage, error)) from error

    async def _at(self, stage: str, place: Asked, ask: Callable[[], Awaitable[T]]) -> T:
        """Return the reply of a model to a stage.

        Raises:
            StageError: its server failed.
        """
        try:
            with span("stage") as recording:
                recording.note(model=place.model, endpoint=place.upstream.name)
                async with self._turn(place.upstream, place.model):
                    return await ask()
        except ProviderError as error:
            raise StageError(_at_stage(stage, error)) from error

    def _endpoint_of(self, request: StageRequest, generation: Generation) -> str | None:
        return None if isinstance(request, SearchPassages) else self._asked(request).upstream.name

    async def _keep(self, row: StageRow) -> None:
        """Tell of the stage; nothing is stored of it but its figures."""
        self._on_stage(use_of_stage(row, n_prompt_characters=self._n_characters.get(row.name, 0), rates=self._rates))


def _named(sent: GenerationRequest, place: Asked) -> GenerationRequest:
    return replace(sent, model=place.model)


def _at_stage(stage: str, error: ProviderError) -> ProviderError:
    """Return the error with its stage."""
    message = error.message if error.message.startswith("stage ") else f"stage {stage!r}: {error.message}"
    if isinstance(error, TransientProviderError):
        return TransientProviderError(message, error.kind, next_step=error.next_step)
    return ProviderError(message, error.kind, error.next_step)


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedSending:
    """A call that a candidate's pipeline answers."""

    target: Target
    staged: Staged
    is_stream: bool
    writer: AnswerWriter


@dataclass(frozen=True, slots=True)
class StagedAnswer:
    """What a pipeline answered, in the client's protocol."""

    data: bytes
    delta: Delta
    facts: Mapping[str, Any]
    """For the field `benchwright` of the answer."""
    headers: Mapping[str, str]


async def staged_answer(sent: StagedSending, *, turn: Turn, on_stage: Callable[[StageUse], None]) -> StagedAnswer:
    """Return the answer of a pipeline, which is whole when it comes.

    Raises:
        ProviderError: a server failed, or the pipeline gives no answer.
    """
    case = ServedCase(sent.staged, sent.target.rates, turn=turn, on_stage=on_stage)
    began = time.perf_counter()
    generation, result = await case.answered()
    delta = _delta(generation, time.perf_counter() - began)
    if sent.is_stream:
        words = replace(delta, ending=None)
        data = sent.writer.piece(words) + sent.writer.piece(Delta(ending=delta.ending))
    else:
        data = json.dumps(sent.writer.whole(delta)).encode()
    facts, headers = _facts(sent, case.stages, generation, result)
    return StagedAnswer(data, delta, facts, headers)


def _delta(generation: Generation, total_s: float) -> Delta:
    timing = generation.timing
    durations = {"total_duration": total_s}
    if timing is not None:
        durations |= {
            name: seconds
            for name, seconds in (
                ("load_duration", timing.load_s),
                ("prompt_eval_duration", timing.prompt_s),
                ("eval_duration", timing.generate_s),
            )
            if seconds is not None
        }
    ending = Ending(
        reason=generation.finish_reason,
        prompt_tokens=generation.prompt_tokens,
        output_tokens=generation.output_tokens,
        cached_tokens=generation.cached_tokens,
        durations={name: round(seconds * 1e9) for name, seconds in durations.items()},
    )
    return Delta(text=generation.answer, thinking=generation.thinking or "", ending=ending)


def _facts(
    sent: StagedSending, stages: Sequence[StageRow], generation: Generation, result: PipelineResult
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what is told of an answer beside its text: in a field of the answer, and in headers."""
    name = sent.staged.plan.pipeline.name
    headers = {"x-benchwright-pipeline": name, "x-benchwright-stages": str(len(stages))}
    facts: dict[str, Any] = {
        "pipeline": name,
        "stages": [
            {
                "stage": row.name,
                "model": row.model,
                "endpoint": row.endpoint,
                "prompt_tokens": row.generation.prompt_tokens,
                "output_tokens": row.generation.output_tokens,
                "seconds": None if row.generation.timing is None else row.generation.timing.total_s,
            }
            for row in stages
        ],
        "confidence": result.confidence,
        "delivery": "one piece",
    }
    if generation.sources is not None:
        facts["sources"] = [
            {
                "number": i,
                "document": each.document,
                "page": each.page,
                "last_page": each.last_page,
                "text": each.text,
            }
            for i, each in enumerate(generation.sources, 1)
        ]
        headers["x-benchwright-sources"] = "; ".join(dict.fromkeys(each.document for each in generation.sources))
    if sent.is_stream:
        headers["x-benchwright-delivery"] = "one piece"
    return facts, headers
