"""Candidates with pipelines behind the gateway: what was measured, and the servers that have all of its models."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deployments.gateway.case_words import CaseWords, Wording, case_of, must_have_choices, refuse_fields
from deployments.gateway.directory import Directory
from deployments.gateway.upstream import Upstream
from evaluation.candidate import Candidate
from evaluation.case import Benchmark, Case
from evaluation.chat_protocols.calls import ChatCall
from evaluation.errors import ConfigurationError
from evaluation.model_info import ModelInfo
from evaluation.options import OPTIONS
from evaluation.providers.model_names import full_name
from evaluation.settings import Settings
from evaluation.store.session import Store

if TYPE_CHECKING:
    from evaluation.pipelines.pipeline import PipelineInput
    from evaluation.planning.pipelines import PipelineModel, PlannedPipeline
    from evaluation.resolution.measured_pipelines import MeasuredPipeline
    from tasks.generation.staged_case import OwnModel

_ROLES = ("system", "user", "assistant")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A model on a server."""

    upstream: Upstream
    model: str
    """Name by which the server is asked."""


@dataclass(frozen=True, kw_only=True)
class Staged:
    """A candidate's pipeline, ready to answer one call."""

    plan: "PlannedPipeline"
    own: "OwnModel"
    task: "PipelineInput"
    places: Mapping[str, Asked]
    """Where each model is asked, by the names that the pipeline's options give them; `""` for the candidate's own."""
    store: Store
    """Keeps the vectors of its corpus."""
    seed: int | None
    """The client's; None: it gave none."""
    keep_alive: str | int | None
    """The client's."""
    words: Benchmark | None = None
    """The benchmark in whose words the call is asked; None: in the client's."""


class StagedTargets:
    """Readies candidates to answer as they were measured. Used on one event loop.

    A pipeline is read once with its documents: later calls get what was measured, whatever becomes of the files.

    Args:
        store: The runs that measured them.
        directory: The servers.
    """

    def __init__(self, store: Store, directory: Directory) -> None:
        self._store, self._directory = store, directory
        self._words = CaseWords(store)
        self._measured: dict[tuple[str, str | None], MeasuredPipeline] = {}
        self._shown: dict[tuple[str, str, str | None], ModelInfo] = {}
        self._reading = asyncio.Lock()

    async def close(self) -> None:
        """End the processes of pipelines of one's own."""
        from evaluation.pipelines.own_pipeline import OwnPipeline

        for measured in self._measured.values():
            if isinstance(measured.pipeline, OwnPipeline):
                await asyncio.to_thread(measured.pipeline.process.end)

    async def ready(
        self, candidate: Candidate, call: ChatCall, *, task: str | None, upstream: Upstream, model: str
    ) -> Staged:
        """Return a candidate's pipeline, ready to answer a call.

        Args:
            candidate: The candidate.
            call: What the client asks.
            task: Task for which the candidate answers; None: all tasks.
            upstream: The server of its own model.
            model: Name of its own model there.

        Raises:
            BenchwrightError: it cannot be served, or not for this call; the message says why.
        """
        from evaluation.pipelines.pipeline import PipelineInput
        from evaluation.pipelines.walking import done
        from evaluation.planning.pipelines import PlannedPipeline

        refuse_call(call, candidate)
        measured = await self._pipeline(candidate, task)
        words = await self._words.of(candidate, call, task=task)
        if call.turns:  # Without any it is asked what the candidate is.
            _refuse_fields(call, measured, words)
        benchmark = _for_call(words or measured.benchmark, call)
        own = await self._own(candidate, benchmark, Asked(upstream=upstream, model=model))
        places = {"": Asked(upstream=upstream, model=model)}
        models: dict[str, PipelineModel] = {}
        for name, digest in (candidate.pipeline.models if candidate.pipeline is not None else {}).items():
            places[name] = await self._place(name, digest, first=upstream)
            models[name] = await self._model(name, digest, places[name], candidate, benchmark, measured)
        may_count_tokens = upstream.provider.may_count_tokens
        case, prompt = case_of(call, words)
        task_input = PipelineInput(
            case=case,
            benchmark=replace(benchmark, prompt=prompt),
            examples=_examples(measured, words),
            profile=candidate.profile,
            options=own.options,
            may_count_tokens=may_count_tokens,
        )
        if call.turns:
            pipeline = measured.pipeline
            problem = await done(pipeline, lambda: pipeline.problem(task_input))
            if problem is not None:
                raise ConfigurationError(f"the call {problem}", "Send another one, or name another model.")
        seed = call.options.get("seed")
        return Staged(
            plan=PlannedPipeline(pipeline=measured.pipeline, models=models, corpus=measured.corpus),
            own=own,
            task=task_input,
            places=places,
            store=self._store,
            seed=seed if isinstance(seed, int) and not isinstance(seed, bool) else None,
            keep_alive=call.keep_alive,
            words=words,
        )

    async def wording(
        self, candidate: Candidate, call: ChatCall, *, task: str | None, upstream: Upstream, model: str
    ) -> Wording | None:
        """Return how a candidate without a pipeline is asked what a call gives beside its messages; None: nothing.

        Raises:
            BenchwrightError: its server does not answer, or the call does not fit how it was measured.
        """
        benchmark = await self._words.of(candidate, call, task=task)
        if benchmark is None:
            return None
        refuse_fields(call.fields, benchmark)
        options = {name: value for name, value in call.options.items() if name in OPTIONS}
        of_call = _for_call(benchmark, replace(call, options=options))
        own = await self._own(candidate, of_call, Asked(upstream=upstream, model=model))
        return Wording(benchmark=benchmark, options=own.options)

    async def _pipeline(self, candidate: Candidate, task: str | None) -> "MeasuredPipeline":
        from evaluation.resolution.measured_pipelines import measured_pipeline

        key = candidate.fingerprint, task
        async with self._reading:
            if key not in self._measured:
                limit_s = Settings().pipeline_timeout_s
                self._measured[key] = await asyncio.to_thread(
                    measured_pipeline, self._store, candidate, task=task, limit_s=limit_s
                )
        return self._measured[key]

    async def _own(self, candidate: Candidate, benchmark: Benchmark, place: Asked) -> "OwnModel":
        from evaluation.resolution.resolved_candidate import options_on
        from tasks.generation.staged_case import OwnModel

        info = await self._info(place, candidate.digest)
        options = options_on(benchmark, candidate.options, info, provider=place.upstream.record.provider)
        return OwnModel(name=candidate.model, digest=candidate.digest, options=options, think=candidate.think)

    async def _model(
        self,
        name: str,
        digest: str | None,
        place: Asked,
        candidate: Candidate,
        benchmark: Benchmark,
        measured: "MeasuredPipeline",
    ) -> "PipelineModel":
        from evaluation.planning.pipelines import PipelineModel
        from evaluation.resolution.resolved_candidate import options_on

        info, listed = await self._info(place, digest), await place.upstream.model(name)
        return PipelineModel(
            # Vectors are stored by the name that a server lists; weights that were kept have another one by now.
            name=listed.name if listed is not None else full_name(name),
            digest=digest,
            endpoints=(place.upstream.name,),
            embeds=name in measured.pipeline.embedders,
            options=options_on(benchmark, candidate.options, info, provider=place.upstream.record.provider),
            think=False if "thinking" in info.capabilities else None,  # As evaluations ask the other models.
        )

    async def _place(self, name: str, digest: str | None, *, first: Upstream) -> Asked:
        """Return where another model of a pipeline is asked: on the server of its own model where that has it.

        Raises:
            ConfigurationError: no server has these weights.
        """
        problems: list[str] = []
        upstreams = sorted(await self._directory.upstreams(), key=lambda each: each is not first)
        for upstream in upstreams:
            asked_as, problem = await upstream.name_of(name, digest)
            if problem is None:
                return Asked(upstream=upstream, model=asked_as)
            problems.append(problem)
        raise ConfigurationError("; ".join(problems) or f"no server has {name}", f"Pull {name}, or evaluate again.")

    async def _info(self, place: Asked, digest: str | None) -> ModelInfo:
        """Return what a server says of a model, asked once for the same weights."""
        key = place.upstream.name, place.model, digest
        if key not in self._shown:
            self._shown[key] = await place.upstream.provider.show(place.model)
        return self._shown[key]


def refuse_call(call: ChatCall, candidate: Candidate) -> None:
    """Refuse what a pipeline cannot answer.

    Raises:
        ConfigurationError: images, functions, a format, or log-probabilities.
    """
    name = "" if candidate.pipeline is None else candidate.pipeline.name
    parts = {
        "images": any(turn.images for turn in call.turns),
        "functions": bool(call.tools) or any(turn.tool_uses or turn.role not in _ROLES for turn in call.turns),
        "a format of the answer": call.format is not None,
        "log-probabilities": call.logprobs,
    }
    for what, is_there in parts.items():
        if is_there:
            raise ConfigurationError(
                f"its pipeline {name!r} takes texts and answers in text, and the request has {what}",
                "Leave it out, or name another model.",
            )


def _for_call(benchmark: Benchmark, call: ChatCall) -> Benchmark:
    """Return the benchmark with the client's options over its own.

    Raises:
        ConfigurationError: an option that is none, or out of bounds.
    """
    options = {name: value for name, value in call.options.items() if name != "seed"}
    if options.get("num_predict") in (-1, -2):  # Ollama's: no limit.
        del options["num_predict"]
    for name in options:
        if name not in OPTIONS:
            raise ConfigurationError(
                f"the option {name!r} cannot be passed to a pipeline", f"Options that can: {', '.join(OPTIONS)}."
            )
    return replace(benchmark, options={**benchmark.options, **options})


def _examples(measured: "MeasuredPipeline", words: Benchmark | None) -> tuple[Case, ...]:
    """Return the cases that the pipeline may show, which are in the benchmark's words already.

    Raises:
        ConfigurationError: the call is asked in a benchmark's words, which would be put around them again.
    """
    if measured.examples and words is not None:
        raise ConfigurationError(
            f"its pipeline {measured.pipeline.name!r} shows examples as prompts, and the request gives choices or "
            "documents",
            "Write them into the message, or name another model.",
        )
    return measured.examples


def _refuse_fields(call: ChatCall, measured: "MeasuredPipeline", words: Benchmark | None) -> None:
    """Refuse a call without what the pipeline counts answers by, or with what neither it nor the benchmark reads."""
    pipeline = measured.pipeline
    choice_use = pipeline.choice_use(words or measured.benchmark)
    must_have_choices(call.fields, pipeline.name, choice_use)
    if words is not None:
        refuse_fields(call.fields, words, choice_use=choice_use, reads_all=pipeline.reads_whole_case)
