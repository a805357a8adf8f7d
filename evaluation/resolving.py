"""From names to things: which server answers, which model it has under which digest, and what will be measured.

Everything that a person may have got wrong is found here, before a token is spent.
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from evaluation.candidate import PLAIN_PROFILE, Candidate, PromptProfile
from evaluation.case import Benchmark
from evaluation.errors import BenchwrightError, ConfigurationError, ProviderError, UnknownNameError
from evaluation.fingerprint import canonical_json, fingerprint
from evaluation.metrics.metric import Metric
from evaluation.options import candidate_options, effective_options
from evaluation.providers.connecting import connect, default_url, normalise_url
from evaluation.providers.model_names import find_model, is_remote
from evaluation.providers.openai_wire import unsupported_options
from evaluation.providers.provider import ModelInfo
from evaluation.request import CandidateRequest, EvaluationRequest
from evaluation.settings import Settings

if TYPE_CHECKING:
    from evaluation.store.session import Store

EMBEDDED = "embedded"
SPEED_METRICS = ("latency_s", "ttft_s", "tpot_s", "tokens_per_s")
"""Computed for every run from the timings of its generations."""
DEFAULT_SLOTS = 1


@dataclass(frozen=True, kw_only=True)
class ResolvedEndpoint:
    """A server that answered."""

    name: str
    url: str
    provider: str
    gpu_tag: str
    slots: int
    key_variable: str | None = None
    allow_remote: bool = False
    server_version: str | None = None
    models: tuple[ModelInfo, ...] = ()
    limits: tuple[str, ...] = ()

    @property
    def api_key(self) -> str | None:
        """The key in the variable that the endpoint names; never stored, never shown."""
        return os.environ.get(self.key_variable) if self.key_variable else None


@dataclass(frozen=True, kw_only=True)
class ResolvedBenchmark:
    """A benchmark with the metrics that this run computes on it."""

    benchmark: Benchmark
    metrics: tuple[Metric, ...]
    headline: str


@dataclass(frozen=True, kw_only=True)
class ResolvedCandidate:
    """A candidate with the server that will answer for it."""

    candidate: Candidate
    endpoint: ResolvedEndpoint
    info: ModelInfo

    def options_for(self, benchmark: Benchmark) -> dict[str, Any]:
        """Every option sent for this candidate on that benchmark, without the seed."""
        options = effective_options(self.candidate.options, benchmark=benchmark.options, model=self.info.parameters)
        trained = self.info.context_length
        if trained and options["num_ctx"] > trained:
            options["num_ctx"] = trained
        if self.endpoint.provider != "ollama":
            unsent = set(unsupported_options(options))
            options = {name: value for name, value in options.items() if name not in unsent}
        return options


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """All that a request means here and now, with what its user should know."""

    benchmarks: tuple[ResolvedBenchmark, ...]
    candidates: tuple[ResolvedCandidate, ...]
    endpoints: tuple[ResolvedEndpoint, ...]
    notes: tuple[str, ...]


async def resolve(
    request: EvaluationRequest, loaded: Sequence[Benchmark], *, settings: Settings, store: "Store | None"
) -> Resolution:
    """The things behind the names of a request.

    Args:
        request: What was asked for.
        loaded: Its benchmarks.
        settings: Where an embedded server is, if one runs.
        store: For endpoints, profiles and retired models; None: there is none yet.

    Raises:
        ConfigurationError: a name, value or server that its user can mend.
    """
    benchmarks = tuple(resolve_benchmark(benchmark, request.metrics) for benchmark in loaded)
    _refuse_doubles(benchmarks)
    _refuse_unmeasured(request, benchmarks)
    asked = request.all_candidates()
    endpoints, notes = await resolve_endpoints(request, settings=settings, store=store)
    found: list[ResolvedCandidate] = []
    for wanted in asked:
        candidate, said = await _resolve_candidate(wanted, endpoints, store=store, allow_remote=request.allow_remote)
        if candidate.candidate.fingerprint in {other.candidate.fingerprint for other in found}:
            notes.append(f"{candidate.candidate.label} was asked for twice, and is evaluated once")
            continue
        found.append(candidate)
        notes += said
    used = {candidate.endpoint.name for candidate in found}
    notes += [
        f"{endpoint.name}: {limit}" for endpoint in endpoints if endpoint.name in used for limit in endpoint.limits
    ]
    if request.repeats > 1 and any(item.candidate.options.get("temperature") == 0 for item in found):
        notes.append(
            "several repeats at temperature 0 mostly repeat the same answer; --option temperature=0.7 varies it"
        )
    return Resolution(
        benchmarks=benchmarks, candidates=tuple(found), endpoints=tuple(endpoints), notes=tuple(dict.fromkeys(notes))
    )


def resolve_benchmark(benchmark: Benchmark, metrics: Sequence[str]) -> ResolvedBenchmark:
    """The benchmark with those metrics, or its own where none is named."""
    from evaluation.benchmarks.rendering import check_renderable

    if not benchmark.cases:
        raise ConfigurationError(f"benchmark {benchmark.name!r} has no case")
    check_renderable(benchmark)
    chosen = tuple(_metric(text, benchmark) for text in (metrics or benchmark.metrics))
    names = [metric.name for metric in chosen]
    headline = benchmark.headline if benchmark.headline in names else names[0]
    return ResolvedBenchmark(benchmark=benchmark, metrics=chosen, headline=headline)


def find_benchmark(name: str, *, store: "Store | None") -> Benchmark:
    """A standard suite, else a stored benchmark, else the file at that path."""
    from pathlib import Path

    from evaluation.benchmarks.loading import load_benchmark
    from evaluation.benchmarks.suites import standard_suites

    if name in standard_suites() or Path(name).exists() or store is None:
        return load_benchmark(name)
    from evaluation.store.benchmarks import find_benchmark as find_stored
    from evaluation.store.benchmarks import list_benchmarks, load_benchmark_version

    if (stored := find_stored(store, name)) is not None:
        return load_benchmark_version(store, stored.version)
    try:
        return load_benchmark(name)
    except UnknownNameError as error:
        known = [*error.known, *(record.name for record in list_benchmarks(store))]
        raise UnknownNameError(error.kind, name, dict.fromkeys(known), error.next_step) from None


def _metric(text: str, benchmark: Benchmark) -> Metric:
    from evaluation.metrics.needs import missing_needs
    from evaluation.metrics.parsing import parse_metric

    metric = parse_metric(text)
    if lacking := missing_needs(metric, benchmark.cases):
        raise ConfigurationError(
            f"metric {metric.name!r} cannot be computed on benchmark {benchmark.name!r}: {lacking}",
            "Choose another with --metric.",
        )
    return metric


def _refuse_doubles(benchmarks: Sequence[ResolvedBenchmark]) -> None:
    names = [item.benchmark.name for item in benchmarks]
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError(
                f"two benchmarks are named {name!r}", "Rename one of the files, or give it a name."
            )


def _refuse_unmeasured(request: EvaluationRequest, benchmarks: Sequence[ResolvedBenchmark]) -> None:
    measured = {metric.name for item in benchmarks for metric in item.metrics} | set(SPEED_METRICS)
    for name in request.thresholds():
        if name not in measured:
            raise UnknownNameError("metric of this run", name, sorted(measured), "It is named by --fail-under.")


async def resolve_endpoints(
    request: EvaluationRequest, *, settings: Settings, store: "Store | None"
) -> tuple[list[ResolvedEndpoint], list[str]]:
    """The servers that answer, and what is to be said about them.

    Raises:
        ConfigurationError: no server answers.
    """
    wanted = [_wanted_endpoint(text, request, store=store) for text in request.endpoints]
    if not wanted and not request.embedded:
        wanted = [_wanted_endpoint(default_url(os.environ), request, store=store)]
    if request.embedded:
        wanted.append(_embedded_endpoint(settings))
    answers = await asyncio.gather(*(_ask(endpoint) for endpoint in wanted), return_exceptions=True)
    endpoints: list[ResolvedEndpoint] = []
    notes: list[str] = []
    errors: list[BenchwrightError] = []
    for answer in answers:
        if isinstance(answer, BenchwrightError):
            errors.append(answer)
        elif isinstance(answer, BaseException):
            raise answer
        else:
            endpoints.append(answer)
    if not endpoints:
        first = errors[0]
        raise ConfigurationError("; ".join(str(error) for error in errors), first.next_step)
    notes += [f"left out: {error}" for error in errors]
    if request.slots is None:
        notes += [
            f"{endpoint.name}: 1 request at a time; --slots N if the server serves more (OLLAMA_NUM_PARALLEL)"
            for endpoint in endpoints
            if endpoint.slots == DEFAULT_SLOTS and endpoint.name != EMBEDDED
        ]
    return endpoints, notes


def _wanted_endpoint(text: str, request: EvaluationRequest, *, store: "Store | None") -> ResolvedEndpoint:
    stored = None
    if store is not None:
        from evaluation.store.registry import find_endpoint

        stored = find_endpoint(store, text)
    if stored is not None:
        return ResolvedEndpoint(
            name=stored.name,
            url=stored.url,
            provider=stored.provider or "",
            gpu_tag=request.gpu_tag or stored.gpu_tag or default_gpu_tag(stored.url),
            slots=request.slots or stored.slots or DEFAULT_SLOTS,
            key_variable=stored.key_variable,
            allow_remote=stored.allow_remote,
        )
    url = normalise_url(text)
    return ResolvedEndpoint(
        name=_address(url),
        url=url,
        provider=request.provider or "",
        gpu_tag=request.gpu_tag or default_gpu_tag(url),
        slots=request.slots or DEFAULT_SLOTS,
    )


def default_gpu_tag(url: str) -> str:
    """`gpu-HOST-PORT` of the endpoint."""
    return "gpu-" + "".join(letter if letter.isalnum() else "-" for letter in _address(url)).strip("-").lower()


def _address(url: str) -> str:
    return url.split("://", 1)[1].strip("/")


def _embedded_endpoint(settings: Settings) -> ResolvedEndpoint:
    if not settings.embedded_url:
        raise ConfigurationError("no embedded server is running", "`benchwright evaluate --embedded …` starts one.")
    return ResolvedEndpoint(
        name=EMBEDDED, url=settings.embedded_url, provider="ollama", gpu_tag="gpu-embedded", slots=_embedded_slots()
    )


def _embedded_slots() -> int:
    return max(1, min(4, os.cpu_count() or 1))


async def _ask(endpoint: ResolvedEndpoint) -> ResolvedEndpoint:
    if endpoint.key_variable and not endpoint.api_key:
        raise ConfigurationError(
            f"endpoint {endpoint.name!r} takes its key from the variable {endpoint.key_variable!r}, which is not set",
            f"export {endpoint.key_variable}=…",
        )
    provider = await connect(endpoint.url, provider=endpoint.provider or None, api_key=endpoint.api_key)
    async with provider:
        version, models = await asyncio.gather(provider.version(), provider.models())
    return replace(endpoint, provider=provider.name, server_version=version, models=models, limits=provider.limits)


async def _resolve_candidate(
    wanted: CandidateRequest, endpoints: Sequence[ResolvedEndpoint], *, store: "Store | None", allow_remote: bool
) -> tuple[ResolvedCandidate, list[str]]:
    endpoint, listed = _whoever_has(wanted.model, endpoints)
    _refuse_retired(listed.name, store)
    if is_remote(listed) and not (allow_remote or endpoint.allow_remote):
        raise ConfigurationError(
            f"model {listed.name!r} runs on another machine ({listed.remote_host or 'its name ends in cloud'}), "
            "so that every prompt would leave this one",
            "Give --allow-remote if that is what you want.",
        )
    info = await _show(endpoint, listed)
    think, notes = _think_mode(wanted, info)
    candidate = Candidate(
        model=info.name,
        digest=info.digest,
        options=candidate_options(wanted.options),
        profile=_profile(wanted, store),
        think=think,
        endpoint_identity=None if info.digest else f"{endpoint.url} {canonical_json(_reported(info))}",
    )
    if info.digest is None:
        notes.append(f"{info.name}: unverified weights, since its server gives no digest")
    if info.context_length and candidate.options["num_ctx"] > info.context_length:
        notes.append(
            f"{info.name}: num_ctx {candidate.options['num_ctx']} is more than the {info.context_length} "
            "that the model was trained for, which is used"
        )
    return ResolvedCandidate(candidate=candidate, endpoint=endpoint, info=info), notes


def _reported(info: ModelInfo) -> Mapping[str, Any]:
    return {"family": info.family, "quantization": info.quantization, "context_length": info.context_length}


def _whoever_has(name: str, endpoints: Sequence[ResolvedEndpoint]) -> tuple[ResolvedEndpoint, ModelInfo]:
    for endpoint in endpoints:
        if (info := find_model(endpoint.models, name)) is not None:
            return endpoint, info
    known = sorted({info.name for endpoint in endpoints for info in endpoint.models})
    ollama = any(endpoint.provider == "ollama" and endpoint.name != EMBEDDED for endpoint in endpoints)
    places = ", ".join(f"{endpoint.name} ({endpoint.url})" for endpoint in endpoints)
    step = f"Run `benchwright models pull {name}`." if ollama else "`benchwright models list` shows what there is."
    raise UnknownNameError("model", name, known, f"Asked: {places}. {step}")


def _refuse_retired(name: str, store: "Store | None") -> None:
    if store is None:
        return
    from evaluation.store.registry import is_retired

    if is_retired(store, name):
        raise ConfigurationError(
            f"model {name!r} is retired, and takes no new runs",
            "Use another model; `benchwright models list` shows them.",
        )


async def _show(endpoint: ResolvedEndpoint, listed: ModelInfo) -> ModelInfo:
    provider = await connect(endpoint.url, provider=endpoint.provider, api_key=endpoint.api_key)
    async with provider:
        try:
            shown = await provider.show(listed.name)
        except ProviderError as error:
            raise ConfigurationError(f"model {listed.name!r}: {error}", error.next_step) from error
    return replace(
        shown,
        name=listed.name,
        digest=listed.digest or shown.digest,
        size_bytes=listed.size_bytes or shown.size_bytes,
        remote_host=listed.remote_host or shown.remote_host,
    )


def _think_mode(wanted: CandidateRequest, info: ModelInfo) -> tuple[bool | str | None, list[str]]:
    if "thinking" not in info.capabilities:
        if wanted.think:
            raise ConfigurationError(f"model {info.name!r} has no thinking mode", "Leave think out for it.")
        return None, []
    if wanted.think is not None:
        return wanted.think, []
    return False, [f"{info.name} can think, and is asked not to; think=true lets it (and give it a larger num_predict)"]


def _profile(wanted: CandidateRequest, store: "Store | None") -> PromptProfile:
    profile = find_profile(wanted.profile, store=store) if wanted.profile else PLAIN_PROFILE
    if wanted.system is None:
        return profile
    name = f"system-{fingerprint(wanted.system)[:8]}" if profile is PLAIN_PROFILE else f"{profile.name}+system"
    return replace(profile, name=name, system=wanted.system)


def find_profile(name: str, *, store: "Store | None") -> PromptProfile:
    """The prompt profile called `name`: stored, or one of the standard ones."""
    from evaluation.profiles import STANDARD_PROFILES

    if store is not None:
        from evaluation.store.registry import find_profile as find_stored
        from evaluation.store.registry import list_profiles

        if (stored := find_stored(store, name)) is not None:
            return stored
        known = [profile.name for profile in list_profiles(store)]
    else:
        known = []
    if name in STANDARD_PROFILES:
        return STANDARD_PROFILES[name]
    raise UnknownNameError("profile", name, [*STANDARD_PROFILES, *known], "`benchwright profiles add FILE` stores one.")
