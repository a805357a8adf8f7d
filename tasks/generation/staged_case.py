"""One case on its way through a pipeline: the requests of its stages, their replies, and the answer with its figures.

Who answers the requests, and where stages are kept, say the classes that extend it: a run asks its pool of servers, the
gateway those behind it.
"""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from evaluation.errors import ConfigurationError, FailureKind
from evaluation.fingerprint import derived_seed
from evaluation.generation import Generation, GenerationRequest
from evaluation.pipelines.pipeline import PipelineInput, PipelineResult
from evaluation.pipelines.stages import (
    AskModel,
    CountTokens,
    EmbedTexts,
    ModelReply,
    Passages,
    SearchPassages,
    StageReply,
    StageRequest,
    TokenCounts,
    Vectors,
)
from evaluation.pipelines.walk import PipelineFailedError, Walk
from evaluation.pipelines.walking import done
from evaluation.planning.pipelines import PipelineModel, PlannedPipeline
from evaluation.records.stages import KINDS, StageRow, ended_as_its_reply, request_hash, summed
from evaluation.retrieval.search import Index, Query
from tasks.generation.embedded import Embedded, figures_of_search, figures_of_texts
from tasks.generation.gathered_searches import SEARCHES


class LastError(Exception):
    """Ends a case whatever other stages beside it say; raised by whoever answers stages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnModel:
    """The candidate's own model, as its pipeline asks it."""

    name: str
    digest: str | None
    options: Mapping[str, Any] = field(default_factory=dict)
    """Effective options without the seed."""
    think: bool | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the stages of a case are stored."""

    run_candidate_id: int
    case_id: str
    repeat: int


class StagedCase(ABC):
    """One case on its way through a candidate's pipeline, from its stored stages on.

    Args:
        plan: The pipeline with its other models and its corpus.
        own: The candidate's own model.
        place: Where its stages belong.
        seed: Seed of the case; those of its requests are derived from it.
        stored: Stages that have their replies.
    """

    _keep_alive: str | int
    """How long a server keeps a model that was asked."""
    _timeout_s: float
    """Limit of one request."""

    def __init__(
        self, plan: PlannedPipeline, own: OwnModel, place: Place, *, seed: int, stored: Sequence[StageRow] = ()
    ) -> None:
        self._plan, self._own, self._place, self._seed = plan, own, place, seed
        self._stages = {row.name: row for row in stored}
        self._positions: dict[str, int] = {}
        """Place of each stage in the order in which the pipeline asks them."""
        self._walk: Walk | None = None

    @abstractmethod
    def _is_answered_here(self, request: StageRequest) -> bool:
        """Check whether a stage is stored already, or can be answered now."""

    @abstractmethod
    async def _chatted(self, request: AskModel, sent: GenerationRequest) -> Generation:
        """Return a model's answer, which may be its own failure."""

    @abstractmethod
    async def _text_embedded(self, request: EmbedTexts, text: str) -> Embedded:
        """Return the embedding of one text of a stage."""

    @abstractmethod
    async def _counted(self, request: CountTokens) -> tuple[tuple[int, ...] | None, Generation]:
        """Return the tokens of a stage's texts, None where the server cannot count them, and the stage's figures."""

    @abstractmethod
    async def _index(self, stage: str) -> Index:
        """Return the index of the pipeline's corpus."""

    @abstractmethod
    def _endpoint_of(self, request: StageRequest, generation: Generation) -> str | None:
        """Return the name of the server that answered a stage; None: none was asked."""

    @abstractmethod
    async def _keep(self, row: StageRow) -> None:
        """Keep a stage before the next one is asked."""

    async def _walked(self, task: PipelineInput) -> PipelineResult | StageRequest:
        """Walk as far as stages are answered here; return the result, or the first request that is not.

        Raises:
            PipelineFailedError: the pipeline is at fault.
            LastError: the case ends otherwise.
        """
        pipeline = self._plan.pipeline
        self._walk = walk = await done(pipeline, lambda: Walk(pipeline, task))
        while walk.result is None:
            for request in walk.waiting:
                self._positions[request.stage] = len(self._positions)
            here = [request for request in walk.waiting if self._is_answered_here(request)]
            replies = await self._replies(here)
            if len(here) < len(walk.waiting):
                return next(request for request in walk.waiting if not self._is_answered_here(request))
            await done(pipeline, partial(walk.feed, replies))
        return walk.result

    async def _replies(self, requests: Sequence[StageRequest]) -> list[StageReply]:
        """Return the replies to requests side by side; the stages that others of them keep stay where one fails."""
        replies = await asyncio.gather(*(self._reply(request) for request in requests), return_exceptions=True)
        errors = [reply for reply in replies if isinstance(reply, BaseException)]
        for error in sorted(errors, key=lambda error: isinstance(error, LastError)):
            raise error
        return [reply for reply in replies if not isinstance(reply, BaseException)]

    async def _reply(self, request: StageRequest) -> StageReply:
        hash_now = request_hash(request, model=self._model_name(request), digest=self._digest(request))
        if (stored := self._stages.get(request.stage)) is not None:
            if stored.request_hash != hash_now:
                raise PipelineFailedError(
                    f"stage {request.stage!r} asks otherwise than before, and a pipeline must ask the same again",
                    "See docs/pipelines.md.",
                )
            return stored.reply
        started_at = datetime.now(UTC)
        reply, generation = await self._answered(request)
        row = StageRow(
            run_candidate_id=self._place.run_candidate_id,
            case_id=self._place.case_id,
            repeat=self._place.repeat,
            position=self._positions[request.stage],
            name=request.stage,
            kind=KINDS[type(request)],
            request_hash=hash_now,
            reply=reply,
            model=self._model_name(request),
            digest=self._digest(request),
            endpoint=self._endpoint_of(request, generation),
            generation=generation,
            started_at=started_at,
            finished_at=datetime.now(UTC),
        )
        await self._keep(row)
        self._stages[request.stage] = row
        return reply

    async def _answered(self, request: StageRequest) -> tuple[StageReply, Generation]:
        """Return a reply, and the model's answer; for a stage that is no chat an empty one with the stage's time."""
        if isinstance(request, AskModel):
            generation = await self._chatted(request, self._chat_request(request))
            return ModelReply(generation=generation, mean_logprob=generation.mean_logprob), generation
        if isinstance(request, EmbedTexts):
            return await self._embedded(request)
        if isinstance(request, CountTokens):
            counts, figures = await self._counted(request)
            return TokenCounts(values=counts), figures
        index = await self._index(request.stage)
        return await self._searched(index, request)

    async def _embedded(self, request: EmbedTexts) -> tuple[Vectors, Generation]:
        """Return the vectors of a stage's texts, and the figures of their requests, each distinct text once."""
        by_text = {text: await self._text_embedded(request, text) for text in dict.fromkeys(request.texts)}
        vectors = Vectors(values=tuple(by_text[text].embedding.vector for text in request.texts))
        return vectors, figures_of_texts(tuple(by_text.values()))

    def _chat_request(self, request: AskModel) -> GenerationRequest:
        model = self._model(request)
        options = self._own.options if model is None else model.options
        return GenerationRequest(
            model=self._own.name if model is None else model.name,
            messages=request.messages,
            options={**options, **request.options, "seed": derived_seed(self._seed, request.stage, 0)},
            think=self._own.think if model is None else model.think,
            format=json.loads(request.schema) if request.schema else None,
            logprobs=request.logprobs,
            keep_alive=self._keep_alive,
            timeout_s=self._timeout_s,
        )

    async def _searched(self, index: Index, request: SearchPassages) -> tuple[Passages, Generation]:
        query = Query(
            text=request.query,
            vector=request.vector,
            method=request.method,
            top_k=request.top_k,
            min_similarity=request.min_similarity,
        )
        try:
            passages, total_s = await SEARCHES.search(index, query)
        except ConfigurationError as error:
            raise PipelineFailedError(f"stage {request.stage!r}: {error.message}", error.next_step) from error
        return Passages(passages=passages), figures_of_search(total_s)

    def _model(self, request: StageRequest) -> PipelineModel | None:
        """Return the model that must be in memory for a stage; None: the candidate's own."""
        return self._plan.models.get(self._plan.model_of(request))

    def _model_name(self, request: StageRequest) -> str | None:
        if isinstance(request, SearchPassages):
            return None
        model = self._model(request)
        return self._own.name if model is None else model.name

    def _digest(self, request: StageRequest) -> str | None:
        if isinstance(request, SearchPassages):
            return None if self._plan.corpus is None else self._plan.corpus.digest
        model = self._model(request)
        return self._own.digest if model is None else model.digest

    def _answer(self, result: PipelineResult) -> Generation:
        """Return the case's answer with the sums of its stages."""
        chats = [row.generation for row in self._in_order() if row.kind == KINDS[AskModel]]
        thinking = result.reasoning or next((chat.thinking for chat in reversed(chats) if chat.thinking), None)
        failure, message = result.failure, result.message
        if failure is None and not result.answer.strip():
            failure, message = FailureKind.EMPTY_ANSWER, "the pipeline's answer is empty"
        return replace(
            ended_as_its_reply(summed(self._in_order()), result.answer, chats),
            answer="" if failure is not None else result.answer,
            text=result.answer,
            thinking=thinking,
            own_failure=failure,
            message=message,
            sources=result.sources if self._plan.corpus is not None else None,
        )

    def _own_failure(self, kind: FailureKind, message: str) -> Generation:
        return replace(summed(self._in_order()), answer="", text="", own_failure=kind, message=message)

    def _in_order(self) -> list[StageRow]:
        return sorted(self._stages.values(), key=lambda row: row.position)
