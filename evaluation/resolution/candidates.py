"""Resolution of a candidate: the server that has its model, the digest, and the effective options."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from evaluation.candidate import PLAIN_PROFILE, Candidate, PromptProfile
from evaluation.errors import ConfigurationError, ProviderError, UnknownNameError
from evaluation.fingerprint import canonical_json, fingerprint
from evaluation.model_info import ModelInfo
from evaluation.options import candidate_options
from evaluation.providers import PROVIDERS
from evaluation.providers.detection import connect
from evaluation.providers.model_names import find_model, is_remote
from evaluation.requests.evaluation_request import CandidateRequest
from evaluation.requests.profiles import STANDARD_PROFILES
from evaluation.resolution.embedding_check import EmbeddingCheck
from evaluation.resolution.endpoints import EMBEDDED, ResolvedEndpoint
from evaluation.resolution.pipelines import resolve_pipeline
from evaluation.resolution.resolved_candidate import ResolvedCandidate
from evaluation.retrieval.documents import Corpus

if TYPE_CHECKING:
    from evaluation.store.session import Store


async def resolve_candidate(
    request: CandidateRequest,
    endpoints: Sequence[ResolvedEndpoint],
    *,
    store: "Store | None",
    allow_remote: bool,
    described: dict[tuple[str, str], ModelInfo] | None = None,
    corpora: dict[str, Corpus] | None = None,
    embeds: EmbeddingCheck | None = None,
) -> tuple[ResolvedCandidate, list[str]]:
    """Return the requested candidate, with what its user should know of it.

    Args:
        request: The request for the candidate.
        endpoints: The available servers.
        store: For profiles and retired models; None: there is none yet.
        allow_remote: Allow models that run on somebody else's machines.
        described: Descriptions of models by their servers, by endpoint and model, so that each is asked once; updated.
        corpora: Corpora that were read before, by path; updated.
        embeds: Refuses embedding models of its pipeline that embed no texts; None: one of its own.

    Raises:
        ConfigurationError: no server has the model, it is retired or remote, or cannot do what is asked.
    """
    pool, listed, notes = _whoever_has(request.model, endpoints)
    endpoint = pool[0]
    _refuse_retired(listed.name, store)
    if is_remote(listed) and not (allow_remote or endpoint.allow_remote):
        raise ConfigurationError(
            f"model {listed.name!r} runs on another machine ({listed.remote_host or 'its name ends in cloud'}), "
            "so that every prompt would leave this one",
            "Give --allow-remote if that is what you want.",
        )
    infos = {} if described is None else described
    key = (endpoint.name, listed.name)
    if key not in infos:
        infos[key] = await _show(endpoint, listed)
    info = infos[key]
    think, think_notes = _think_mode(request, info)
    notes += think_notes
    candidate = Candidate(
        model=info.name,
        digest=info.digest,
        options=candidate_options(request.options),
        profile=_profile(request, store),
        think=think,
        endpoint_identity=None if info.digest else f"{endpoint.url} {canonical_json(_reported(info))}",
    )
    notes += _pulled_again(info, store)
    if info.digest is None:
        notes.append(f"{info.name}: unverified weights, since its server gives no digest")
    if info.context_length and candidate.options["num_ctx"] > info.context_length:
        notes.append(
            f"{info.name}: num_ctx {candidate.options['num_ctx']} is more than the {info.context_length} "
            "that the model was trained for, which is used"
        )
    resolved = ResolvedCandidate(candidate=candidate, endpoints=pool, info=info)
    if request.pipeline is None:
        return resolved, notes

    async def resolve(other: CandidateRequest) -> ResolvedCandidate:
        other_resolved, further_notes = await resolve_candidate(
            other, endpoints, store=store, allow_remote=allow_remote, described=described
        )
        notes.extend(further_notes)
        return other_resolved

    pipeline = await resolve_pipeline(
        request,
        own_model=candidate.model,
        own_digest=candidate.digest,
        resolve=resolve,
        corpora={} if corpora is None else corpora,
        embeds=embeds or EmbeddingCheck(),
    )
    return replace(resolved, candidate=replace(candidate, pipeline=pipeline.choice(request)), pipeline=pipeline), notes


def _pulled_again(info: ModelInfo, store: "Store | None") -> list[str]:
    """Return a note where the name meant other weights before: earlier results are those of another model version."""
    if store is None or info.digest is None:
        return []
    from evaluation.store.models import model_versions

    try:
        digests = [version.digest for version in model_versions(store, info.name) if version.digest]
    except UnknownNameError:
        return []
    if not digests or info.digest in digests:
        return []
    return [
        f"{info.name} has new weights: {info.digest[:12]}, previously {digests[0][:12]}; "
        "earlier results are kept separate"
    ]


def _reported(info: ModelInfo) -> Mapping[str, Any]:
    return {"family": info.family, "quantization": info.quantization, "context_length": info.context_length}


def _whoever_has(
    name: str, endpoints: Sequence[ResolvedEndpoint]
) -> tuple[tuple[ResolvedEndpoint, ...], ModelInfo, list[str]]:
    """Return the servers that have the model, the first one's description of it, and notes on them.

    The embedded server is used only for models that no other server has.
    """
    matches = [(endpoint, info) for endpoint in endpoints if (info := find_model(endpoint.models, name)) is not None]
    elsewhere = [(endpoint, info) for endpoint, info in matches if endpoint.name != EMBEDDED]
    if matches:
        pool, notes = _pool(name, elsewhere or matches)
        return pool, (elsewhere or matches)[0][1], notes
    model_names = sorted({info.name for endpoint in endpoints for info in endpoint.models})
    places = ", ".join(
        endpoint.url if endpoint.url.endswith(endpoint.name) else f"{endpoint.name} ({endpoint.url})"
        for endpoint in endpoints
    )
    raise UnknownNameError("model", name, model_names, f"{_how_to_get(name, model_names, endpoints)} Asked: {places}.")


def _pool(
    name: str, matches: Sequence[tuple[ResolvedEndpoint, ModelInfo]]
) -> tuple[tuple[ResolvedEndpoint, ...], list[str]]:
    """Return the servers that share the work, which must have the same weights.

    Raises:
        ConfigurationError: they have different weights under the same name.
    """
    first, _ = matches[0]
    if len(matches) == 1:
        return (first,), []
    alike = all(other.digest is not None and endpoint.provider == first.provider for endpoint, other in matches)
    if not alike:
        return (first,), [
            f"{name}: using {first.name} only, since without digests the servers' weights cannot be compared"
        ]
    if len({other.digest for _, other in matches}) > 1:
        places = ", ".join(f"{(other.digest or '')[:12]} at {endpoint.name}" for endpoint, other in matches)
        raise ConfigurationError(
            f"model {name!r} has different weights on its servers: {places}",
            f"Pull it again where it is old (`benchwright models pull {name} --endpoint NAME`), or name one server.",
        )
    pool = tuple(endpoint for endpoint, _ in matches)
    notes = [f"{name} is shared by {', '.join(endpoint.name for endpoint in pool)}"]
    if len(versions := {endpoint.server_version for endpoint in pool}) > 1:
        notes.append(
            f"the servers of {name} have different versions ({', '.join(sorted(map(str, versions)))}); "
            f"`benchwright models agree {name}` measures whether they answer alike"
        )
    return pool, notes


def _how_to_get(name: str, model_names: Sequence[str], endpoints: Sequence[ResolvedEndpoint]) -> str:
    """Return the next step for an unknown model name.

    A known name, or pulling the model; never pulling what is probably a misspelling.
    """
    able = [endpoint for endpoint in endpoints if PROVIDERS[endpoint.provider].can_pull and endpoint.name != EMBEDDED]
    there = able[0].option if able else ""
    if get_close_matches(name, model_names, n=1):
        return "Use that name" + (f", or pull another model: `benchwright models pull NAME{there}`." if able else ".")
    return f"Run `benchwright models pull {name}{there}`." if able else "Use one of the known names."


def _refuse_retired(name: str, store: "Store | None") -> None:
    if store is None:
        return
    from evaluation.store.models import is_retired

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
            raise ConfigurationError(f"model {listed.name!r}: {error.message}", error.next_step) from error
    return replace(
        shown,
        name=listed.name,
        digest=listed.digest or shown.digest,
        size_bytes=listed.size_bytes or shown.size_bytes,
        remote_host=listed.remote_host or shown.remote_host,
    )


def _think_mode(request: CandidateRequest, info: ModelInfo) -> tuple[bool | str | None, list[str]]:
    if "thinking" not in info.capabilities:
        if request.think:
            raise ConfigurationError(f"model {info.name!r} has no thinking mode", "Leave think out for it.")
        return None, []
    if request.think is not None:
        return request.think, []
    return False, [f"{info.name} can think, and is asked not to; think=true lets it (and give it a larger num_predict)"]


def _profile(request: CandidateRequest, store: "Store | None") -> PromptProfile:
    profile = find_profile(request.profile, store=store) if request.profile else PLAIN_PROFILE
    if request.system is None:
        return profile
    name = f"system-{fingerprint(request.system)[:8]}" if profile is PLAIN_PROFILE else f"{profile.name}+system"
    return replace(profile, name=name, system=request.system)


def find_profile(name: str, *, store: "Store | None") -> PromptProfile:
    """Return the prompt profile called `name`: a stored one, or one of the standard ones."""
    if store is not None:
        from evaluation.store.registry import find_profile as find_stored
        from evaluation.store.registry import list_profiles

        if (stored := find_stored(store, name)) is not None:
            return stored
        stored_names = [profile.name for profile in list_profiles(store)]
    else:
        stored_names = []
    if name in STANDARD_PROFILES:
        return STANDARD_PROFILES[name]
    raise UnknownNameError(
        "profile", name, [*STANDARD_PROFILES, *stored_names], "`benchwright profiles add FILE` stores one."
    )
