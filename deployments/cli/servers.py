"""The model servers of a command: which ones are meant, whether they answer, and which models they have."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deployments.cli.terminal.output import print_status
from evaluation.errors import BenchwrightError, ConfigurationError, ProviderError
from evaluation.model_info import ModelInfo
from evaluation.providers.addresses import default_url, normalise_url
from evaluation.providers.provider import Provider
from evaluation.records.candidates import EndpointRecord, ModelRecord

if TYPE_CHECKING:
    from evaluation.store.session import Store

SHOWN_AT_ONCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server reported of itself."""

    endpoint: EndpointRecord
    """The endpoint with the detected provider."""
    version: str | None
    models: tuple[ModelInfo, ...]
    limits: tuple[str, ...]


def requested_endpoints(names_or_urls: Sequence[str], store: "Store | None") -> list["EndpointRecord"]:
    """Return the servers by name or address; by default `OLLAMA_HOST` and the stored ones, else Ollama's own.

    Raises:
        ConfigurationError: neither a stored name nor an address.
    """
    from evaluation.store.registry import list_endpoints

    if names_or_urls:
        return [_endpoint(text, store) for text in dict.fromkeys(names_or_urls)]
    stored = list(list_endpoints(store)) if store else []
    if stored and not os.environ.get("OLLAMA_HOST"):
        return stored
    default = _endpoint(default_url(os.environ), store)
    return [default, *(record for record in stored if record.name != default.name)]


def _endpoint(text: str, store: "Store | None") -> EndpointRecord:
    from evaluation.store.registry import find_endpoint

    if store is not None and (stored := find_endpoint(store, text)) is not None:
        return stored
    url = normalise_url(text)
    if store is not None and (stored := find_endpoint(store, url)) is not None:
        return stored
    return EndpointRecord(name=url.split("://", 1)[1].strip("/"), url=url, provider="")


def api_key(endpoint: EndpointRecord) -> str | None:
    """Return the key in the variable that the endpoint names.

    Raises:
        ConfigurationError: the variable is not set.
    """
    if not endpoint.key_variable:
        return None
    if not (key := os.environ.get(endpoint.key_variable)):
        raise ConfigurationError(
            f"endpoint {endpoint.name!r} takes its key from the variable {endpoint.key_variable!r}, which is not set",
            f"`export {endpoint.key_variable}=…`",
        )
    return key


async def connected(endpoint: EndpointRecord) -> Provider:
    """Return the provider that speaks to the endpoint; the caller enters it."""
    from evaluation.providers.detection import connect

    return await connect(endpoint.url, provider=endpoint.provider or None, api_key=api_key(endpoint))


async def ask(endpoint: EndpointRecord, *, in_full: bool) -> Answer:
    """Ask the server for its provider, version and models.

    Args:
        endpoint: The server.
        in_full: Include each model's details, which takes another request for each.
    """
    async with await connected(endpoint) as provider:
        version, models = await asyncio.gather(provider.version(), provider.models())
        if in_full:
            gate = asyncio.Semaphore(SHOWN_AT_ONCE)
            models = tuple(await asyncio.gather(*(_in_full(provider, model, gate) for model in models)))
        return Answer(
            endpoint=replace(endpoint, provider=provider.name), version=version, models=models, limits=provider.limits
        )


async def _in_full(provider: Provider, listed: ModelInfo, gate: asyncio.Semaphore) -> ModelInfo:
    async with gate:
        try:
            return await provider.show(listed.name)
        except ProviderError:
            return listed


def ask_all(
    endpoints: Sequence["EndpointRecord"], *, in_full: bool = False, within_s: float | None = None
) -> tuple[list[Answer], list[tuple["EndpointRecord", BenchwrightError]]]:
    """Ask all servers in parallel; return the answers, and the errors of those that fail or are too slow."""

    async def ask_in_time(endpoint: EndpointRecord) -> Answer:
        try:
            async with asyncio.timeout(within_s):
                return await ask(endpoint, in_full=in_full)
        except TimeoutError:
            raise ConfigurationError(f"no answer from {endpoint.url} within {within_s:g} s") from None

    async def everyone() -> list[Answer | BaseException]:
        return await asyncio.gather(*(ask_in_time(endpoint) for endpoint in endpoints), return_exceptions=True)

    answers: list[Answer] = []
    errors: list[tuple[EndpointRecord, BenchwrightError]] = []
    for endpoint, reply in zip(endpoints, asyncio.run(everyone()), strict=True):
        if isinstance(reply, Answer):
            answers.append(reply)
        elif isinstance(reply, BenchwrightError):
            errors.append((endpoint, reply))
        else:
            raise reply
    return answers, errors


def ask_those_that_answer(endpoints: Sequence["EndpointRecord"]) -> list[Answer]:
    """Return the full answers of the servers; silent ones are reported, as long as another one answers.

    Raises:
        ConfigurationError: none answers.
    """
    answers, errors = ask_all(endpoints, in_full=True)
    if not answers and errors:
        raise ConfigurationError(
            "; ".join(f"{endpoint.name}: {error.message}" for endpoint, error in errors), _step(errors)
        )
    for endpoint, error in errors:
        print_status(f"left out: {endpoint.name}: {error.message}")
    return answers


def _step(errors: Sequence[tuple["EndpointRecord", BenchwrightError]]) -> str:
    step = errors[0][1].next_step or "Check the address, or give another with `--endpoint`."
    return f"{step} `benchwright doctor` says what is there."


def record_models(store: "Store", answers: Sequence[Answer]) -> list["ModelRecord"]:
    """Store the models that the servers report, and return the records; changed digests are reported."""
    from evaluation.store.models import list_models, record_seen

    before = {(old.name, old.endpoint_name): old.digest for old in list_models(store, include_retired=True)}
    records = []
    for answer in answers:
        for info in answer.models:
            record = record_seen(store, info, endpoint_name=answer.endpoint.name)
            old = before.get((record.name, record.endpoint_name))
            if old and record.digest and old != record.digest:
                print_status(
                    f"{record.name} on {record.endpoint_name} has a new version: {record.digest[:12]} (was "
                    f"{old[:12]}); earlier runs keep the old one"
                )
            records.append(record)
    return records
