"""The request by which a candidate answered a case, made again from what is stored: to be sent, or to be shown."""

import os
from dataclasses import dataclass

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.generation import Generation, GenerationRequest
from evaluation.providers import PROVIDERS
from evaluation.records.runs import RunCandidatePlan
from evaluation.results.cases import AnswerResult, CaseCandidate, CaseResult, OutcomeResult
from evaluation.store.registry import find_candidates, find_endpoint
from evaluation.store.runs import find_run
from evaluation.store.session import Store

EMBEDDED = "embedded"
"""Name of the server that is started on demand."""
WITHIN_S = 300.0
"""Seconds that an answer may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCall:
    """A request and the server that answered it."""

    label: str
    fingerprint: str
    provider: str
    url: str
    key_variable: str | None
    """Name of the environment variable with the server's key."""
    allow_remote: bool
    request: GenerationRequest
    has_pipeline: bool
    """The candidate answers by several requests, of which this would be none."""
    answer: AnswerResult | None
    """The stored answer of the first repeat; None: there is none."""


def stored_calls(store: Store, case: CaseResult, *, embedded_url: str | None = None) -> tuple[StoredCall, ...]:
    """Return the request of each candidate of a run for a case, in the order of the candidates.

    Args:
        store: The results.
        case: The case with its answers.
        embedded_url: Address of a running embedded server, which has another one each time.
    """
    plans = {each.plan.candidate_fingerprint: each.plan for each in find_run(store, case.run_id).candidates}
    candidates = find_candidates(store, set(plans))
    return tuple(
        _call(
            store,
            plans[each.fingerprint],
            each,
            seed=case.seed,
            embedded_url=embedded_url,
            has_pipeline=candidates[each.fingerprint].pipeline is not None,
        )
        for each in case.candidates
    )


def call_of(calls: tuple[StoredCall, ...], fingerprint: str) -> StoredCall:
    """Return the call of a candidate.

    Raises:
        UnknownNameError: the run has no such candidate.
    """
    for call in calls:
        if call.fingerprint == fingerprint:
            return call
    raise UnknownNameError("candidate of the run", fingerprint, [call.label for call in calls])


def _call(
    store: Store,
    plan: RunCandidatePlan,
    candidate: CaseCandidate,
    *,
    seed: int,
    embedded_url: str | None,
    has_pipeline: bool,
) -> StoredCall:
    endpoint = find_endpoint(store, plan.endpoint_name)
    first = candidate.outcomes[0]
    outcome = first if isinstance(first, OutcomeResult) else None
    was_sent = outcome.seed if outcome is not None and outcome.seed is not None else seed
    if endpoint is not None:
        url = endpoint.url
    else:
        url = embedded_url if embedded_url is not None and plan.endpoint_name == EMBEDDED else plan.endpoint_url
    return StoredCall(
        label=candidate.label,
        fingerprint=candidate.fingerprint,
        provider=plan.provider,
        url=url,
        key_variable=None if endpoint is None else endpoint.key_variable,
        allow_remote=endpoint is not None and endpoint.allow_remote,
        request=GenerationRequest(
            model=candidate.model,
            messages=candidate.messages,
            options={**candidate.options, "seed": was_sent},
            think=candidate.think,
            timeout_s=WITHIN_S,
        ),
        has_pipeline=has_pipeline,
        answer=outcome.came_back if outcome is not None and isinstance(outcome.came_back, AnswerResult) else None,
    )


async def send_again(call: StoredCall) -> Generation:
    """Return a new answer to the same request. Nothing is stored.

    Raises:
        ConfigurationError: the candidate answers by a pipeline, or the server's key is not set.
        ProviderError: the server does not answer, or refuses.
    """
    if call.has_pipeline:
        raise ConfigurationError(
            f"{call.label!r} answers by a pipeline, which is several requests",
            "`benchwright evaluate --resume RUN --repeats N` asks it again, and stores the answer as another repeat.",
        )
    key = os.environ.get(call.key_variable) if call.key_variable else None
    if call.key_variable and not key:
        raise ConfigurationError(
            f"the server takes its key from the variable {call.key_variable!r}, which is not set",
            f"`export {call.key_variable}=…`, and start this server again.",
        )
    async with PROVIDERS[call.provider](call.url, api_key=key, allow_remote=call.allow_remote) as provider:
        return await provider.generate(call.request)
