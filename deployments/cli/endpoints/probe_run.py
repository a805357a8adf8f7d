"""The `benchwright endpoints probe` command: measures how many requests a server really serves at once."""

import asyncio
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, FieldsOption, IgnoredFieldsOption, JsonOption, open_results
from deployments.cli.completion import benchmark_names
from deployments.cli.endpoints.gpu_limits import tell_prefect
from deployments.cli.servers import api_key, requested_endpoints
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import print_line, print_table
from evaluation.benchmarks.rendering import render
from evaluation.case import Message
from evaluation.errors import UnknownNameError
from evaluation.files.field_mapping import read_mapping
from evaluation.formatting import per_second, quantity, ratio, seconds
from evaluation.model_info import ModelInfo
from evaluation.providers.model_names import find_model
from evaluation.providers.provider import Provider
from evaluation.records.candidates import EndpointRecord
from evaluation.servers.probe_round import ProbeRound
from evaluation.servers.probing import Probe, model_to_probe, probe_slots
from evaluation.servers.repeatability import TOPICS, Repeatability, measure_repeatability

if TYPE_CHECKING:
    from evaluation.store.session import Store


def probe(
    endpoint: Annotated[str, typer.Argument(metavar="NAME|URL", help="A stored endpoint, or an address.")],
    model: Annotated[
        str | None, typer.Option("--model", metavar="M", help="The model to use; default: the server's smallest.")
    ] = None,
    most: Annotated[
        int, typer.Option("--most", min=1, max=1024, metavar="N", help="Maximum number of concurrent requests.")
    ] = 64,
    benchmark: Annotated[
        str | None,
        typer.Option(
            "--benchmark",
            metavar="NAME|PATH",
            autocompletion=benchmark_names,
            help="Send this benchmark's prompts, for a server that knows only these.",
        ),
    ] = None,
    field: FieldsOption = None,
    ignore_field: IgnoredFieldsOption = None,
    save: Annotated[
        bool | None, typer.Option("--save/--no-save", help="Store the number with the endpoint, or not.")
    ] = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how many requests a server answers at once, which no server reports. The answers are not stored.

    A stored endpoint gets the number as its slots, and the limit of its GPU in Prefect follows. Options marked * may be
    repeated.
    """
    with open_results(db) as store:
        (record,) = requested_endpoints([endpoint], store)
        prompts = _prompts(benchmark, store, field, ignore_field) if benchmark is not None else ()
        result, repeatability = asyncio.run(_probed(record, model, most=most, prompts=prompts))
        saved = _saved(store, record, result, save=save)
    if as_json:
        _print_json(record, result, repeatability, saved)
    else:
        _print(record, result, repeatability)


def _prompts(
    name: str, store: "Store", fields: list[str] | None, ignored: list[str] | None
) -> tuple[tuple[Message, ...], ...]:
    from evaluation.resolution.benchmarks import find_benchmark

    benchmark = find_benchmark(name, store=store, fields=read_mapping(fields or []), ignore=ignored or ())
    return tuple(render(benchmark, case) for case in benchmark.cases)


async def _probed(
    record: EndpointRecord, model: str | None, *, most: int, prompts: tuple[tuple[Message, ...], ...]
) -> tuple[Probe, Repeatability | None]:
    from evaluation.providers.detection import connect

    provider = await connect(
        record.url,
        provider=record.provider or None,
        api_key=api_key(record),
        allow_remote=record.allow_remote,
    )
    async with provider:
        chosen = await _model(provider, model)
        print_status(
            f"{record.name}: asking {chosen.name}" + ("" if model else ", its smallest model; --model selects another")
        )
        result = await probe_slots(provider, chosen, most=most, prompts=prompts, on_round=_tell_round)
        if result.slots == 1:
            return result, None
        print_status(f"  the same {len(TOPICS)} texts one at a time, again one at a time, and {result.slots} at once")
        return result, await measure_repeatability(provider, chosen, slots=result.slots, prompts=prompts)


async def _model(provider: Provider, name: str | None) -> ModelInfo:
    """Return the named model, or else the one that answers soonest.

    Raises:
        UnknownNameError: the server has no model of that name.
    """
    listed = await provider.models()
    if name is None:
        return await provider.show(model_to_probe(listed, await provider.loaded(), url=provider.url).name)
    if (model := find_model(listed, name)) is None:
        names = [info.name for info in listed]
        raise UnknownNameError("model", name, names, f"Use a model of {provider.url}, or pull it there.")
    return await provider.show(model.name)


def _tell_round(probe_round: ProbeRound) -> None:
    print_status(f"  {probe_round.n_sent} at once: {probe_round.seen.value}, {seconds(probe_round.seconds)}")


def _saved(store: "Store", record: EndpointRecord, result: Probe, *, save: bool | None) -> dict[str, Any]:
    """Return whether the slots were stored, and whether the limit in Prefect is in effect; both are reported."""
    from evaluation.servers.gpu_limits import gpu_tag
    from evaluation.store.registry import find_endpoint, save_endpoint

    not_saved: dict[str, Any] = {"saved": False, "gpu_tag": gpu_tag(record), "limit_pending": None}
    stored = find_endpoint(store, record.name)
    if save is False:
        return not_saved
    if stored is None:
        print_status(f"not stored: `benchwright endpoints add NAME {record.url} --slots {result.slots}` stores it")
        return not_saved
    if not save and (doubt := _doubt(result, stored)) is not None:
        print_status(f"not stored, because {doubt}; --save stores {result.slots} anyway")
        return not_saved
    save_endpoint(store, replace(stored, slots=result.slots, limit_pending=True))
    before = f", before {stored.slots}" if stored.slots not in (None, result.slots) else ""
    print_status(f"{record.name}: stored with {result.slots} slots{before}")
    return {**not_saved, "saved": True, "limit_pending": not tell_prefect(store, gpu_tag(stored))}


def _doubt(result: Probe, stored: EndpointRecord) -> str | None:
    """Return why the result is less reliable than the stored number; None: it is not."""
    if result.was_disturbed:
        return "others are using the server"
    if result.is_at_least and (stored.slots or 0) > result.slots:
        return f"{stored.slots} slots are stored, and the server may have more than {result.slots}"
    return None


def _print(record: EndpointRecord, result: Probe, repeatability: Repeatability | None) -> None:
    print_table(
        ("sent at once", "served at once", "seen", "requests/s", "server tokens/s", "seconds"),
        [
            (
                item.n_sent,
                item.n_at_once,
                item.seen.value,
                quantity(item.requests_per_s),
                quantity(item.server_tokens_per_s) if item.server_tokens_per_s else None,
                quantity(item.seconds),
            )
            for item in result.rounds
        ],
    )
    number = f"at least {result.slots}" if result.is_at_least else f"{result.slots}"
    noun = "request" if result.slots == 1 else "requests"
    digest = f" (digest {result.digest[:12]})" if result.digest else ""
    print_line(
        f"{record.name} serves {number} {noun} at once, measured with {result.model}{digest} in "
        f"{seconds(result.seconds)}"
    )
    if (sentence := _does_it_pay(result)) is not None:
        print_line(sentence)
    if repeatability is not None:
        print_line(repeatability.sentence)
    for note in result.notes:
        print_line(note)


def _does_it_pay(result: Probe) -> str | None:
    alone, together = result.alone_server_tokens_per_s, result.together_server_tokens_per_s
    if result.slots == 1 or not alone or not together:
        return None
    factor = together / alone
    verdict = "parallel requests pay" if factor >= 1.15 else "parallel requests do not help here"
    speeds = f"{per_second(alone, 'tokens')} one at a time, {quantity(together)} with {result.slots} at once"
    return f"the server generates {speeds} ({ratio(factor)}): {verdict}"


def _print_json(
    record: EndpointRecord, result: Probe, repeatability: Repeatability | None, saved: dict[str, Any]
) -> None:
    print_json(
        {
            "endpoint": record.name,
            "url": record.url,
            "model": result.model,
            "digest": result.digest,
            "slots": result.slots,
            "is_at_least": result.is_at_least,
            "was_disturbed": result.was_disturbed,
            "rounds": [
                {
                    "n_sent": item.n_sent,
                    "peak_overlap": item.n_at_once,
                    "seen": item.seen.value,
                    "requests_per_s": item.requests_per_s,
                    "server_tokens_per_s": item.server_tokens_per_s,
                    "seconds": item.seconds,
                }
                for item in result.rounds
            ],
            "alone_server_tokens_per_s": result.alone_server_tokens_per_s,
            "together_server_tokens_per_s": result.together_server_tokens_per_s,
            "seconds": result.seconds,
            "notes": list(result.notes),
            "repeatability": None if repeatability is None else asdict(repeatability),
            **saved,
        }
    )
