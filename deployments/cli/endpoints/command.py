"""The `benchwright endpoints` commands: list, add and remove the servers stored under a name."""

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, open_results, open_to_list
from deployments.cli.endpoints.gpu_limits import tell_prefect
from deployments.cli.endpoints.probe_run import probe
from deployments.cli.servers import ask_all
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import print_line, print_table
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.providers import PROVIDERS
from evaluation.providers.addresses import normalise_url
from evaluation.records.candidates import EndpointRecord

if TYPE_CHECKING:
    from evaluation.store.session import Store

endpoints = typer.Typer(no_args_is_help=True, help="Model servers: list, add, probe, remove.")
endpoints.command("probe")(probe)

RESERVED = ("embedded",)
_KEY_STARTS = ("sk", "pk", "gsk", "hf_", "xai", "ghp", "glpat", "akia", "aiza")


@endpoints.command("list")
def list_endpoints(db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """List the stored endpoints without contacting them."""
    from evaluation.store.registry import list_endpoints as stored_endpoints

    with open_to_list(db) as store:
        records = stored_endpoints(store)
    if as_json:
        print_json([asdict(record) for record in records])
    elif records:
        columns = ("endpoint", "url", "provider", "GPU tag", "slots", "key from", "price per kWh", "remote models")
        print_table(columns, [_cells(record) for record in records])
    else:
        print_status(
            "no endpoints are stored; commands use OLLAMA_HOST. `benchwright endpoints add NAME URL` stores one"
        )


def _cells(record: EndpointRecord) -> tuple[object, ...]:
    key = record.key_variable
    return (
        record.name,
        record.url,
        record.provider or "detected each time",
        record.gpu_tag or "from its address",
        record.slots or 1,
        f"{key} ({'set' if os.environ.get(key) else 'not set'})" if key else None,
        record.electricity_price,
        "allowed" if record.allow_remote else "refused",
    )


@endpoints.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name to store it under.")],
    url: Annotated[str, typer.Argument(metavar="URL", help="Its address, such as http://127.0.0.1:11434")],
    gpu_tag: Annotated[
        str | None, typer.Option("--gpu-tag", metavar="T", help="The GPU behind it; endpoints on one GPU share a tag.")
    ] = None,
    slots: Annotated[
        int | None, typer.Option("--slots", min=1, max=4096, metavar="N", help="Number of concurrent requests.")
    ] = None,
    provider: Annotated[
        str | None, typer.Option("--provider", metavar="P", help=f"{' or '.join(PROVIDERS)}; default: detected.")
    ] = None,
    key_variable: Annotated[
        str | None,
        typer.Option(
            "--key-variable", metavar="VARIABLE", help="Name of the environment variable that holds its API key."
        ),
    ] = None,
    electricity_price: Annotated[
        float | None, typer.Option("--electricity-price", min=0.0, metavar="X", help="Electricity price per kWh.")
    ] = None,
    allow_remote: Annotated[
        bool | None,
        typer.Option(
            "--allow-remote/--no-allow-remote", help="Allow its models that run on somebody else's machine, or not."
        ),
    ] = None,
    no_check: Annotated[bool, typer.Option("--no-check", help="Do not contact the server.")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store a server under a name. It is asked which protocol it speaks and which models it has.

    For a name that is stored already, options left out keep their values.
    """
    if key_variable is not None:
        check_key_variable(key_variable)
    settings = {
        "gpu_tag": gpu_tag,
        "slots": slots,
        "electricity_price": electricity_price,
        "key_variable": key_variable,
        "allow_remote": allow_remote,
    }
    with open_results(db) as store:
        stored = store_endpoint(store, name, url, provider=provider, settings=settings, is_contacted=not no_check)
    before, record = stored.before, stored.record
    if before is not None:
        print_status(f"replaced {before.name} (was {before.url})" + _kept_in_words(before.name, stored.kept))
    if as_json:
        print_json(asdict(record))
    else:
        print_line(f"{record.name}: {record.url}, {stored.summary}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEndpoint:
    """An endpoint as it was stored."""

    record: EndpointRecord
    before: EndpointRecord | None
    """What was stored under its name before; None: nothing."""
    kept: Mapping[str, Any]
    """Settings that were not given, and were kept."""
    summary: str
    """What the server says of itself."""


def store_endpoint(
    store: "Store",
    name: str,
    url: str,
    *,
    provider: str | None,
    settings: Mapping[str, Any],
    is_contacted: bool,
) -> StoredEndpoint:
    """Store a server under a name; for a name that is stored already, settings that are None keep their values.

    Raises:
        ConfigurationError: a bad name or address, or the server does not answer.
        UnknownNameError: no such provider.
    """
    from evaluation.servers.gpu_limits import gpu_tag as tag_of
    from evaluation.store.registry import find_endpoint, save_endpoint

    set_now: dict[str, Any] = {key: value for key, value in settings.items() if value is not None}
    record = EndpointRecord(
        name=_checked_name(name), url=normalise_url(url), provider=_checked_provider(provider), **set_now
    )
    at_address = find_endpoint(store, record.name)
    before = at_address if at_address is not None and at_address.name == record.name else None
    kept = _kept(before, record, settings) if before is not None else {}
    record, summary = replace(record, **kept), "not asked"
    if is_contacted:
        record, summary = _contacted(record)
    is_resized = record.slots is not None and ("slots" in set_now or "gpu_tag" in set_now)
    record = replace(record, limit_pending=is_resized or (at_address is not None and at_address.limit_pending))
    save_endpoint(store, record)
    if is_resized and tell_prefect(store, tag_of(record)):
        record = replace(record, limit_pending=False)
    return StoredEndpoint(record=record, before=before, kept=kept, summary=summary)


SETTINGS = ("gpu_tag", "slots", "electricity_price", "key_variable", "allow_remote")
OF_ONE_ADDRESS = ("key_variable", "allow_remote")
"""Settings granted to one address. They are not carried over to another one, which would get the key."""


def _kept(before: EndpointRecord, record: EndpointRecord, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the stored endpoint has set and the command does not give again."""
    stored = {
        key: getattr(before, key)
        for key in SETTINGS
        if settings.get(key) is None and (before.url == record.url or key not in OF_ONE_ADDRESS)
    }
    return {key: value for key, value in stored.items() if value is not None and value is not False}


def _kept_in_words(name: str, kept: Mapping[str, Any]) -> str:
    if not kept:
        return ""
    options = ", ".join(
        f"--{key.replace('_', '-')}" + ("" if value is True else f" {value}") for key, value in kept.items()
    )
    return f"; kept: {options} (`benchwright endpoints remove {name}` clears them)"


def _contacted(record: EndpointRecord) -> tuple["EndpointRecord", str]:
    """Return the record with the protocol that its server speaks, and a summary of the server."""
    from evaluation.providers.detection import START_ONE

    answers, errors = ask_all([record])
    for _, error in errors:
        step = "Start it, or check the address." if error.next_step == START_ONE else error.next_step
        raise ConfigurationError(
            f"endpoint {record.name!r}: {error.message}",
            f"{step or 'Check the address.'} --no-check stores it without asking.",
        ) from error
    (answer,) = answers
    for limit in answer.limits:
        print_status(f"{record.name}: {limit}")
    n = len(answer.models)
    version = f" {answer.version}" if answer.version else ""
    summary = f"{answer.endpoint.provider}{version}, {n} model{'' if n == 1 else 's'}"
    return replace(record, provider=answer.endpoint.provider), summary


@endpoints.command("remove")
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A stored endpoint's name.")], db: DatabaseOption = None
) -> None:
    """Remove an endpoint; its runs stay."""
    from evaluation.store.registry import remove_endpoint

    with open_to_list(db) as store:
        remove_endpoint(store, name)
    print_line(f"{name}: removed")


def _checked_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise ConfigurationError(
            f"{name!r} is not a name for an endpoint", "Letters, digits, dots, dashes and underscores, 64 at most."
        )
    if name in RESERVED:
        raise ConfigurationError(
            f"{name!r} is reserved for the server that `benchwright evaluate --embedded` starts", "Choose another name."
        )
    return name


def _checked_provider(provider: str | None) -> str:
    if provider is not None and provider not in PROVIDERS:
        raise UnknownNameError("provider", provider, PROVIDERS)
    return provider or ""


def check_key_variable(text: str) -> None:
    """Refuse a text that is not the name of a variable, without showing it: it may be the key itself.

    Raises:
        ConfigurationError: it does not look like the name of a variable.
    """
    is_name = re.fullmatch(r"[A-Z_][A-Z0-9_]{0,63}", text) and not text.lower().startswith(_KEY_STARTS)
    is_set = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text) and text in os.environ
    if not (is_name or is_set):
        raise ConfigurationError(
            "--key-variable takes the name of an environment variable in capitals; the given value is not one (not "
            "shown, since it may be the key itself)",
            "`export SERVER_KEY=…`, and give --key-variable SERVER_KEY",
        )
