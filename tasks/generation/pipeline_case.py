"""One case on its way through a candidate's pipeline: asks what the loaded model answers, and stores every stage."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from evaluation.case import Case
from evaluation.errors import ConfigurationError, FailureKind, ProviderError, RefusedValueError
from evaluation.fingerprint import derived_seed
from evaluation.gather import gather_or_cancel
from evaluation.generation import Failure, Generation, GenerationRequest, Outcome
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
from evaluation.providers.provider import TextEmbedding
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.stages import KINDS, StageRow, Trace, request_hash, summed
from evaluation.retrieval.search import Index, Query
from tasks.generation.asking import KEEP_ALIVE, Asking, Send, ask, chat
from tasks.generation.corpus_index import open_index, weights_of
from tasks.generation.embedding import embedding, failed, figures_of, figures_of_texts
from tasks.generation.gathered_searches import SEARCHES
from tasks.generation.pool import Station
from tasks.generation.query_embeddings import Embedded

Reply = TypeVar("Reply")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    counts: tuple[int, ...] | None
    figures: Generation


class _EndedError(Exception):
    """The case ends here: its server failed, or nobody is left to ask."""

    def __init__(self, failure: Failure | None) -> None:
        super().__init__(failure)
        self.failure = failure
        """None: the candidate or its servers were given up."""


class PipelineCase:
    """One case of a candidate with a pipeline, from its stored stages on."""

    def __init__(
        self, asking: Asking, case: Case, repeat: int, stored: Sequence[StageRow], examples: tuple[Case, ...]
    ) -> None:
        if asking.planned.pipeline is None:
            raise ValueError(f"candidate {asking.planned.label!r} has no pipeline")
        self._asking, self._case, self._repeat, self._examples = asking, case, repeat, examples
        self._plan: PlannedPipeline = asking.planned.pipeline
        self._stages = {row.name: row for row in stored}
        self._started_at = min((row.started_at for row in stored), default=datetime.now(UTC))
        self._seed = derived_seed(asking.planned.seed, case.case_id, repeat)
        self._model_here = asking.work.models.get(asking.planned.run_candidate_id)
        self._places: dict[str, int] = {}
        """Place of each stage in the order in which the pipeline asks them."""
        self._station: Station | None = None
        """Server that answered last."""
        self._has_failed = False

    async def walked(self) -> OutcomeRow | None:
        """Walk as far as the group's model goes, and return the case's outcome, which is not stored yet.

        None where it waits for another model, at which it is put aside for the next round, or nobody is left to ask.
        """
        walk: Walk | None = None
        try:
            pipeline = self._plan.pipeline
            walk = await done(pipeline, lambda: Walk(pipeline, self._input()))
            while walk.result is None:
                for request in walk.waiting:
                    self._places[request.stage] = len(self._places)
                here = [request for request in walk.waiting if self._is_answered_here(request)]
                replies = await self._replies(here)
                if len(here) < len(walk.waiting):
                    elsewhere = next(request for request in walk.waiting if not self._is_answered_here(request))
                    self._put_aside(elsewhere)
                    return None
                await done(pipeline, partial(walk.feed, replies))
            return self._row(self._answer(walk.result), walk.result)
        except _EndedError as end:
            return None if end.failure is None else self._row(end.failure)
        except PipelineFailedError as error:
            failed = self._own_failure(FailureKind.PIPELINE_FAILED, error.message)
            return self._row(failed if walk is None else replace(failed, sources=walk.passages))

    def _input(self) -> PipelineInput:
        planned = self._asking.planned
        return PipelineInput(
            case=self._case,
            benchmark=self._asking.benchmark,
            examples=self._examples,
            profile=planned.profile,
            options=planned.options,
        )

    def _is_answered_here(self, request: StageRequest) -> bool:
        """Check whether a stage is stored already, or the group's model can answer it."""
        return request.stage in self._stages or self._model(request) == self._model_here

    def _model(self, request: StageRequest) -> PipelineModel | None:
        """Return the model that must be in memory for a stage; None: the candidate's own."""
        return self._plan.models.get(self._plan.model_of(request))

    def _put_aside(self, request: StageRequest) -> None:
        planned = self._asking.planned
        self._asking.bench.rounds.put_aside(
            planned.run_candidate_id, self._case.case_id, self._repeat, self._model(request)
        )

    async def _replies(self, requests: Sequence[StageRequest]) -> list[StageReply]:
        """Return the replies to requests side by side; the stages that others of them store stay where one fails."""
        replies = await asyncio.gather(*(self._reply(request) for request in requests), return_exceptions=True)
        errors = [reply for reply in replies if isinstance(reply, BaseException)]
        for error in sorted(errors, key=lambda error: isinstance(error, _EndedError)):
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
            run_candidate_id=self._asking.planned.run_candidate_id,
            case_id=self._case.case_id,
            repeat=self._repeat,
            position=self._places[request.stage],
            name=request.stage,
            kind=KINDS[type(request)],
            request_hash=hash_now,
            reply=reply,
            model=self._model_name(request),
            digest=self._digest(request),
            endpoint=self._station.name if self._station is not None and _asked_a_server(request, generation) else None,
            generation=generation,
            started_at=started_at,
            finished_at=datetime.now(UTC),
        )
        await self._store(row)
        self._stages[request.stage] = row
        return reply

    async def _answered(self, request: StageRequest) -> tuple[StageReply, Generation]:
        """Return a reply, and the model's answer; for a stage that is no chat an empty one with the stage's time."""
        if isinstance(request, AskModel):
            generation = await self._asked(request.stage, chat(self._chat_request(request)))
            return ModelReply(generation=generation, mean_logprob=generation.mean_logprob), generation
        if isinstance(request, EmbedTexts):
            return await self._embedded(request)
        if isinstance(request, CountTokens):
            counted = await self._asked(request.stage, self._counting(request.texts))
            return TokenCounts(values=counted.counts), counted.figures
        index = await self._index(request.stage)
        return await self._searched(index, request)

    async def _embedded(self, request: EmbedTexts) -> tuple[Vectors, Generation]:
        """Return the vectors of a stage's texts, and the figures of their requests, each distinct text once."""
        by_text = {text: await self._text_embedded(request, text) for text in dict.fromkeys(request.texts)}
        vectors = Vectors(values=tuple(by_text[text].embedding.vector for text in request.texts))
        return vectors, figures_of_texts(tuple(by_text.values()))

    async def _text_embedded(self, request: EmbedTexts, text: str) -> Embedded:
        bench, weights = self._asking.bench, self._weights(request)
        send = embedding(self._asking.work.group.model, text, dimension=bench.dimensions.get(weights))
        embedded = self._taken(
            request.stage,
            await bench.query_embeddings.get(weights, text, lambda: ask(self._asking, send, self._note_failure)),
        )
        bench.dimensions.setdefault(weights, len(embedded.embedding.vector))
        return embedded

    def _weights(self, request: EmbedTexts) -> str:
        """Return what tells the weights of a stage's model from others."""
        if (model := self._model(request)) is not None:
            return weights_of(model)
        planned = self._asking.planned
        return f"{planned.model} {planned.digest or ', '.join(planned.endpoints)}"

    async def _asked(self, stage: str, send: Send[Reply]) -> Reply:
        """Return the reply to a stage's request.

        Raises:
            _EndedError: the server failed, or nobody is left to ask.
        """
        return self._taken(stage, await ask(self._asking, send, self._note_failure))

    def _taken(self, stage: str, answered: tuple[Reply | Failure, Station] | None) -> Reply:
        """Return the reply that `ask` returned, and keep the server that gave it.

        Raises:
            _EndedError: the server failed, or nobody is left to ask.
        """
        if answered is None:
            raise _EndedError(None)
        reply, self._station = answered
        if isinstance(reply, Failure):
            raise _EndedError(replace(reply, message=f"stage {stage!r}: {reply.message}"))
        return reply

    def _note_failure(self, kind: FailureKind, message: str) -> None:
        """Count a failure of the server, once for the case."""
        if not self._has_failed:
            self._has_failed = True
            self._asking.watch.saw(kind, message)

    def _chat_request(self, request: AskModel) -> GenerationRequest:
        planned, model = self._asking.planned, self._model(request)
        options = planned.options if model is None else model.options
        return GenerationRequest(
            model=planned.model if model is None else model.name,
            messages=request.messages,
            options={**options, **request.options, "seed": derived_seed(self._seed, request.stage, 0)},
            think=planned.think if model is None else model.think,
            format=json.loads(request.schema) if request.schema else None,
            logprobs=request.logprobs,
            keep_alive=KEEP_ALIVE,
            timeout_s=self._asking.bench.plan.timeout_s,
        )

    def _counting(self, texts: Sequence[str]) -> Send[_Counted]:
        model = self._asking.work.group.model

        async def send(station: Station, _n_attempts: int) -> _Counted:
            began = time.perf_counter()
            counts = await station.provider.count_tokens(model, texts)
            return _Counted(counts=counts, figures=figures_of(time.perf_counter() - began))

        return send

    async def _index(self, stage: str) -> Index:
        """Return the index of the pipeline's corpus, embedded now where it is not stored."""

        async def embed(texts: Sequence[str]) -> Sequence[TextEmbedding]:
            return await gather_or_cancel(self._passage_embedded(text) for text in texts)

        try:
            return await open_index(self._asking.bench.store, self._plan, embed)
        except ProviderError as error:
            self._note_failure(error.kind, error.message)
            step = "" if error.next_step is None else f". Next: {error.next_step}"
            message = f"stage {stage!r}: {error.message}{step}"
            raise _EndedError(Failure(kind=error.kind, message=message)) from error

    async def _passage_embedded(self, text: str) -> TextEmbedding:
        """Return the embedding of a passage.

        Raises:
            ProviderError: the server failed.
            _EndedError: nobody is left to ask.
        """
        answered = await ask(self._asking, embedding(self._asking.work.group.model, text), lambda *_: None)
        if answered is None:
            raise _EndedError(None)
        reply, self._station = answered
        if isinstance(reply, Failure):
            raise failed(reply)
        return reply.embedding

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
        return Passages(passages=passages), figures_of(total_s)

    async def _store(self, row: StageRow) -> None:
        """Store a stage before the next one is asked.

        Raises:
            _EndedError: it holds values that databases reject.
        """
        try:
            await asyncio.wrap_future(self._asking.bench.writer.submit(row))
        except RefusedValueError as error:
            self._note_failure(FailureKind.UNREADABLE_ANSWER, error.message)
            raise _EndedError(Failure(kind=FailureKind.UNREADABLE_ANSWER, message=error.message)) from error

    def _model_name(self, request: StageRequest) -> str | None:
        if isinstance(request, SearchPassages):
            return None
        model = self._model(request)
        return self._asking.planned.model if model is None else model.name

    def _digest(self, request: StageRequest) -> str | None:
        if isinstance(request, SearchPassages):
            return None if self._plan.corpus is None else self._plan.corpus.digest
        model = self._model(request)
        return self._asking.planned.digest if model is None else model.digest

    def _answer(self, result: PipelineResult) -> Generation:
        """Return the case's answer with the sums of its stages."""
        chats = [row.generation for row in self._in_order() if row.kind == KINDS[AskModel]]
        thinking = result.reasoning or next((chat.thinking for chat in reversed(chats) if chat.thinking), None)
        failure, message = result.failure, result.message
        if failure is None and not result.answer.strip():
            failure, message = FailureKind.EMPTY_ANSWER, "the pipeline's answer is empty"
        return replace(
            summed(self._in_order()),
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

    def _row(self, outcome: Outcome, result: PipelineResult | None = None) -> OutcomeRow:
        planned = self._asking.planned
        resident = None if self._station is None else self._station.resident
        names = [row.endpoint for row in self._in_order() if row.endpoint is not None]
        return OutcomeRow(
            run_candidate_id=planned.run_candidate_id,
            case_id=self._case.case_id,
            repeat=self._repeat,
            outcome=replace(outcome, seed=self._seed),
            endpoint=self._station.name if self._station is not None else (names or planned.endpoints)[-1],
            started_at=self._started_at,
            finished_at=datetime.now(UTC),
            effective_context=resident.context_length if resident else None,
            vram_share=resident.vram_share if resident else None,
            trace=Trace(
                confidence=None if result is None else result.confidence, notes={} if result is None else result.notes
            ),
        )


def _asked_a_server(request: StageRequest, generation: Generation) -> bool:
    """Check whether a model was requested for a stage; embeddings may have come from another case's request."""
    return isinstance(request, AskModel | EmbedTexts) and generation.n_attempts > 0
