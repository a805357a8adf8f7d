"""One case of a run on its way through a pipeline: asks what the loaded model answers, and stores every stage."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from evaluation.case import Case
from evaluation.errors import FailureKind, ProviderError, RefusedValueError
from evaluation.fingerprint import derived_seed
from evaluation.gather import gather_or_cancel
from evaluation.generation import Failure, Generation, GenerationRequest, Outcome
from evaluation.pipelines.pipeline import PipelineInput, PipelineResult
from evaluation.pipelines.stages import AskModel, CountTokens, EmbedTexts, StageRequest
from evaluation.pipelines.walk import PipelineFailedError
from evaluation.providers.provider import TextEmbedding
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.stages import StageRow, Trace
from evaluation.retrieval.search import Index
from tasks.generation.asking import KEEP_ALIVE, Asking, Send, ask, chat
from tasks.generation.corpus_index import open_index, weights_of
from tasks.generation.embedded import Embedded, figures_of
from tasks.generation.embedding import embedding, failed
from tasks.generation.pool import Station
from tasks.generation.staged_case import LastError, OwnModel, Place, StagedCase

Reply = TypeVar("Reply")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    counts: tuple[int, ...] | None
    figures: Generation


class _EndedError(LastError):
    """The case ends here: its server failed, or nobody is left to ask."""

    def __init__(self, failure: Failure | None) -> None:
        super().__init__(failure)
        self.failure = failure
        """None: the candidate or its servers were given up."""


class PipelineCase(StagedCase):
    """One case of a candidate with a pipeline, from its stored stages on."""

    _keep_alive = KEEP_ALIVE

    def __init__(
        self, asking: Asking, case: Case, repeat: int, stored: Sequence[StageRow], examples: tuple[Case, ...]
    ) -> None:
        planned = asking.planned
        if planned.pipeline is None:
            raise ValueError(f"candidate {planned.label!r} has no pipeline")
        super().__init__(
            planned.pipeline,
            OwnModel(name=planned.model, digest=planned.digest, options=planned.options, think=planned.think),
            Place(run_candidate_id=planned.run_candidate_id, case_id=case.case_id, repeat=repeat),
            seed=derived_seed(planned.seed, case.case_id, repeat),
            stored=stored,
        )
        self._asking, self._case, self._repeat, self._examples = asking, case, repeat, examples
        self._timeout_s = asking.bench.plan.timeout_s
        self._started_at = min((row.started_at for row in stored), default=datetime.now(UTC))
        self._model_here = asking.work.models.get(planned.run_candidate_id)
        self._station: Station | None = None
        """Server that answered last."""
        self._has_failed = False

    async def walked(self) -> OutcomeRow | None:
        """Walk as far as the group's model goes, and return the case's outcome, which is not stored yet.

        None where it waits for another model, at which it is put aside for the next round, or nobody is left to ask.
        """
        try:
            result = await self._walked(self._input())
            if isinstance(result, PipelineResult):
                return self._row(self._answer(result), result)
            self._put_aside(result)
            return None
        except _EndedError as end:
            return None if end.failure is None else self._row(end.failure)
        except PipelineFailedError as error:
            failed = self._own_failure(FailureKind.PIPELINE_FAILED, error.message)
            walk = self._walk
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

    def _put_aside(self, request: StageRequest) -> None:
        planned = self._asking.planned
        self._asking.bench.rounds.put_aside(
            planned.run_candidate_id, self._case.case_id, self._repeat, self._model(request)
        )

    async def _chatted(self, request: AskModel, sent: GenerationRequest) -> Generation:
        return await self._asked(request.stage, chat(sent))

    async def _counted(self, request: CountTokens) -> tuple[tuple[int, ...] | None, Generation]:
        counted = await self._asked(request.stage, self._counting(request.texts))
        return counted.counts, counted.figures

    def _endpoint_of(self, request: StageRequest, generation: Generation) -> str | None:
        return self._station.name if self._station is not None and _asked_a_server(request, generation) else None

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

    async def _keep(self, row: StageRow) -> None:
        """Store a stage before the next one is asked.

        Raises:
            _EndedError: it holds values that databases reject.
        """
        try:
            await asyncio.wrap_future(self._asking.bench.writer.submit(row))
        except RefusedValueError as error:
            self._note_failure(FailureKind.UNREADABLE_ANSWER, error.message)
            raise _EndedError(Failure(kind=FailureKind.UNREADABLE_ANSWER, message=error.message)) from error

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
