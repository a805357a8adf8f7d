"""The `benchwright models agree` command: tests whether servers answer alike and may be pooled for one model."""

import asyncio
import shlex
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, FieldsOption, IgnoredFieldsOption, JsonOption, open_to_list
from deployments.cli.completion import benchmark_names
from deployments.cli.models.agreement_page import agreement_as_json, print_agreement
from deployments.cli.servers import Answer, api_key, ask_all, requested_endpoints
from deployments.cli.terminal.output import EXIT_CHECK_FAILED, print_json, print_status
from evaluation.benchmarks.rendering import render
from evaluation.candidate import PLAIN_PROFILE
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.formatting import counted
from evaluation.model_info import ModelInfo
from evaluation.options import candidate_options, effective_options
from evaluation.providers.model_names import find_model, is_remote, remote_refused
from evaluation.servers.repeated_requests import (
    N_TIMES,
    AskedServer,
    Question,
    ask_everyone_at_once,
    ask_everyone_twice,
)

if TYPE_CHECKING:
    from evaluation.metrics.metric import Metric
    from evaluation.requests.evaluation_request import CandidateRequest, EvaluationRequest
    from evaluation.servers.agreement import Agreement
    from evaluation.store.session import Store

DEFAULT_BENCHMARK = "text_generation"
SLOTS_UNKNOWN = 4
"""Concurrent requests where the slots of a server are not stored; with fewer slots the requests wait."""


@dataclass(frozen=True, kw_only=True)
class _AgreementRequest:
    """The request to all servers, and its scoring."""

    candidate: "CandidateRequest"
    benchmark: str
    questions: tuple[Question, ...]
    metric: "Metric"
    benchmark_options: dict[str, Any]
    seed: int


def agree(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model that all of the servers have.")],
    endpoint: Annotated[
        list[str], typer.Option("--endpoint", metavar="URL|NAME", help="A server; repeat it for two or more.")
    ],
    benchmark: Annotated[
        str,
        typer.Option(
            "--benchmark",
            metavar="NAME|PATH",
            autocompletion=benchmark_names,
            help="The benchmark whose cases are asked.",
        ),
    ] = DEFAULT_BENCHMARK,
    field: FieldsOption = None,
    ignore_field: IgnoredFieldsOption = None,
    cases: Annotated[int, typer.Option("--cases", min=1, metavar="K", help="Number of its cases to ask.")] = 20,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="KEY=VALUE", help="An option for the model; may be repeated."),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", min=0, metavar="S", help="The random seed of the drawn cases and of every request.")
    ] = 0,
    any_digest: Annotated[
        bool, typer.Option("--any-digest", help="Ask even if the servers' weights differ or are unknown.")
    ] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure whether servers give the same answers: each is asked the same cases twice.

    Exits with 1 if the servers should not be pooled.

    A server with several slots (default 4) is asked once more, with that many concurrent requests. Nothing is stored.
    Options marked * may be repeated.
    """
    measured = measure_agreement(
        model,
        endpoint,
        benchmark=benchmark,
        fields=field,
        ignored=ignore_field,
        cases=cases,
        options=option or [],
        seed=seed,
        any_digest=any_digest,
        db=db,
    )
    if as_json:
        what = {"model": measured.model, "benchmark": measured.benchmark, "metric": measured.metric, "seed": seed}
        print_json(what | agreement_as_json(measured.agreement, digests=measured.digests))
    else:
        print_agreement(measured.agreement, measured.metric)
    if not measured.agreement.may_be_pooled:
        raise typer.Exit(EXIT_CHECK_FAILED)


@dataclass(frozen=True, kw_only=True)
class MeasuredAgreement:
    """How far servers agree, and what they were asked."""

    agreement: "Agreement"
    model: str
    benchmark: str
    metric: str
    digests: tuple[str | None, ...]
    """Digests of the weights, in the order of the endpoints."""


def measure_agreement(
    model: str,
    endpoint: Sequence[str],
    *,
    benchmark: str,
    fields: Sequence[str] | None,
    ignored: Sequence[str] | None,
    cases: int,
    options: Sequence[str],
    seed: int,
    any_digest: bool,
    db: str | None,
) -> MeasuredAgreement:
    """Ask servers the same cases, each twice, and return how far their answers agree.

    Raises:
        BenchwrightError: fewer than two servers, one that does not answer, or different weights.
    """
    with open_to_list(db) as store:
        request = _request(model, benchmark, fields, ignored)
        agreement_request = _agreement_request(store, model, options, request, n_cases=cases, seed=seed)
        records = requested_endpoints(endpoint, store)
    if len({record.url for record in records}) < 2:
        raise ConfigurationError(
            ("fewer than two servers were given"), "Give two different servers: --endpoint A --endpoint B."
        )
    answers, errors = ask_all(records)
    for record, error in errors:
        raise ConfigurationError(f"{record.name}: {error.message}", error.next_step)
    infos = [_model(answer, model) for answer in answers]
    _compare_digests(answers, infos, any_digest=any_digest)
    return MeasuredAgreement(
        agreement=asyncio.run(_measured(answers, infos, agreement_request)),
        model=infos[0].name,
        benchmark=agreement_request.benchmark,
        metric=agreement_request.metric.name,
        digests=tuple(info.digest for info in infos),
    )


def _request(
    model: str, benchmark: str, fields: Sequence[str] | None, ignored: Sequence[str] | None
) -> "EvaluationRequest":
    from evaluation.requests.evaluation_request import read_request

    request_fields = {
        "benchmarks": [benchmark],
        "models": [model],
        "fields": list(fields or ()),
        "ignore_fields": list(ignored or ()),
    }
    return read_request(request_fields)


def _agreement_request(
    store: "Store", model: str, options: Sequence[str], request: "EvaluationRequest", *, n_cases: int, seed: int
) -> _AgreementRequest:
    from evaluation.benchmarks.sampling import limited
    from evaluation.requests.evaluation_request import CandidateRequest
    from evaluation.resolution.benchmarks import find_benchmark, resolve_benchmark
    from evaluation.resolution.candidates import find_profile

    candidate = CandidateRequest.parse(shlex.join([model, *options]))
    profile = find_profile(candidate.profile, store=store) if candidate.profile else PLAIN_PROFILE
    (name,) = request.benchmarks
    benchmark = find_benchmark(name, store=store, fields=request.field_mapping(), ignore=request.ignore_fields)
    resolved = resolve_benchmark(benchmark, request)
    by_id = {case.case_id: case for case in resolved.benchmark.cases}
    chosen = [by_id[case_id] for case_id in limited(list(by_id), limit=n_cases, seed=seed)]
    return _AgreementRequest(
        candidate=candidate,
        benchmark=resolved.benchmark.name,
        questions=tuple(
            Question(case=case, messages=profile.wrap(render(resolved.benchmark, case))) for case in chosen
        ),
        metric=next(metric for metric in resolved.metrics if metric.name == resolved.headline),
        benchmark_options=dict(resolved.benchmark.options),
        seed=seed,
    )


def _model(answer: Answer, name: str) -> ModelInfo:
    if (model := find_model(answer.models, name)) is None:
        names = [info.name for info in answer.models]
        step = f"Pull it on {answer.endpoint.name}: `benchwright models pull {name} --endpoint {answer.endpoint.name}`."
        raise UnknownNameError(f"model on {answer.endpoint.name}:", name, names, step)
    if is_remote(model) and not answer.endpoint.allow_remote:
        raise remote_refused(model.name, model.remote_host)
    return model


def _compare_digests(answers: Sequence[Answer], infos: Sequence[ModelInfo], *, any_digest: bool) -> None:
    """Report how the weights compare.

    Raises:
        ConfigurationError: they differ, or a server does not report them, and that was not allowed.
    """
    digests = [info.digest for info in infos]
    if digests[0] is not None and len(set(digests)) == 1:
        print_status(f"{infos[0].name}: the same weights everywhere, digest {digests[0][:12]}")
        return
    listed = ", ".join(
        f"{answer.endpoint.name} {digest[:12] if digest else 'does not say'}"
        for answer, digest in zip(answers, digests, strict=True)
    )
    if not any_digest:
        verb = "are not known to have" if None in digests else "do not have"
        raise ConfigurationError(
            f"the servers {verb} the same weights of {infos[0].name!r}: {listed}",
            "Pull it again where it is outdated, or compare anyway with --any-digest.",
        )
    print_status(f"{infos[0].name}: the servers may have different weights: {listed}")


async def _measured(answers: Sequence[Answer], infos: Sequence[ModelInfo], request: _AgreementRequest) -> "Agreement":
    from evaluation.servers.agreement import agreement

    n = len(request.questions)
    print_status(
        f"asking {counted(len(answers), 'server')} {counted(n, 'case')} of {request.benchmark}, "
        "each twice, then several at once"
    )
    async with AsyncExitStack() as stack:
        parties = await _parties(stack, answers, infos, request)
        on_answer = _teller(n * sum(N_TIMES + (party.slots > 1) for party in parties))
        outcomes_alone = await ask_everyone_twice(parties, request.questions, seed=request.seed, on_answer=on_answer)
        beside = await ask_everyone_at_once(parties, request.questions, seed=request.seed, on_answer=on_answer)
    return agreement(
        [party.endpoint for party in parties],
        outcomes_alone,
        request.questions,
        request.metric,
        at_once=[
            None if outcomes is None else (party.slots, outcomes)
            for party, outcomes in zip(parties, beside, strict=True)
        ],
    )


def _teller(n_all: int) -> Any:
    n_done = 0

    def one_more() -> None:
        nonlocal n_done
        n_done += 1
        if n_done == n_all or n_done * 4 // n_all > (n_done - 1) * 4 // n_all:
            print_status(f"  {n_done} of {counted(n_all, 'answer')}")

    return one_more


async def _parties(
    stack: AsyncExitStack, answers: Sequence[Answer], infos: Sequence[ModelInfo], request: _AgreementRequest
) -> list[AskedServer]:
    """Return the opened servers, all with the options of the first.

    Other servers' own parameters of the model are ignored.
    """
    from evaluation.providers.detection import connect

    providers = [
        await stack.enter_async_context(
            await connect(
                answer.endpoint.url,
                provider=answer.endpoint.provider,
                api_key=api_key(answer.endpoint),
                allow_remote=answer.endpoint.allow_remote,
            )
        )
        for answer in answers
    ]
    shown = [await provider.show(info.name) for provider, info in zip(providers, infos, strict=True)]
    options = effective_options(
        candidate_options(request.candidate.options), benchmark=request.benchmark_options, model=shown[0].parameters
    )
    trained = [info.context_length for info in shown if info.context_length]
    options["num_ctx"] = min([options["num_ctx"], *trained])
    for provider in providers:
        options = provider.sent_options(options)
    can_think = all("thinking" in info.capabilities for info in shown)
    return [
        AskedServer(
            endpoint=answer.endpoint.name,
            provider=provider,
            model=info.name,
            options=options,
            think=(request.candidate.think or False) if can_think else None,
            slots=answer.endpoint.slots or SLOTS_UNKNOWN,
        )
        for answer, provider, info in zip(answers, providers, shown, strict=True)
    ]
