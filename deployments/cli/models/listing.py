"""The `benchwright models list` command: models that the servers have now, by capability, size, family."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, EndpointsOption, JsonOption, open_results, open_to_list
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import print_table, read_size
from evaluation.formatting import size
from evaluation.records.candidates import ModelRecord

if TYPE_CHECKING:
    from evaluation.store.session import Store

FamilyOption = Annotated[
    str | None, typer.Option("--family", metavar="F", help="The family as its server names it: llama.")
]


def list_models(
    endpoint: EndpointsOption = None,
    capability: Annotated[
        str | None,
        typer.Option("--capability", metavar="C", help="Only models with this capability: completion, thinking, …"),
    ] = None,
    max_size: Annotated[
        str | None, typer.Option("--max-size", metavar="SIZE", help="Only models up to this size: 8GB, 500MB, …")
    ] = None,
    family: FamilyOption = None,
    retired: Annotated[bool, typer.Option("--retired", help="Include retired models.")] = False,
    stored: Annotated[bool, typer.Option("--stored", help="Contact no server; show what was recorded before.")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the models that the servers have now, and record them in the store."""
    models = known_models(
        endpoint or [], capability=capability, max_size=max_size, family=family, retired=retired, stored=stored, db=db
    )
    if as_json:
        print_json([model_as_json(record) for record in models.fitting])
    else:
        _print_list(models.fitting)
    _tell_of_the_rest(models, capability=capability, family=family)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModels:
    """Models of servers, or of the store."""

    everything: "list[ModelRecord]"
    live: "list[ModelRecord]"
    """Those that may be used in new runs."""
    fitting: "list[ModelRecord]"
    """Of these, the requested ones."""


def known_models(
    endpoint: Sequence[str],
    *,
    capability: str | None,
    max_size: str | None,
    family: str | None,
    retired: bool,
    stored: bool,
    db: str | None,
) -> KnownModels:
    """Return the models that the options of `models list` request.

    Raises:
        BenchwrightError: a size that is none, or no server answers.
    """
    max_bytes = read_size(max_size, option="--max-size") if max_size is not None else None
    with open_to_list(db) if stored else open_results(db) as store:
        everything = _seen_before(store, endpoint) if stored else _seen_now(store, endpoint)
    live = [record for record in everything if retired or record.retired_at is None]
    fitting = [record for record in live if _fits(record, capability=capability, family=family, max_bytes=max_bytes)]
    return KnownModels(everything=everything, live=live, fitting=fitting)


def _seen_now(store: "Store", names_or_urls: Sequence[str]) -> list["ModelRecord"]:
    """Return the models of the servers, and the registered ones that no server has yet."""
    from deployments.cli.servers import ask_those_that_answer, record_models, requested_endpoints
    from evaluation.store.models import list_models as stored_models

    records = record_models(store, ask_those_that_answer(requested_endpoints(names_or_urls, store)))
    if not names_or_urls:
        names = {record.name for record in records}
        registered = stored_models(store, include_retired=True)
        records += [record for record in registered if record.endpoint_name is None and record.name not in names]
    return sorted(records, key=lambda record: (record.name, record.endpoint_name or ""))


def _seen_before(store: "Store", names_or_urls: Sequence[str]) -> list["ModelRecord"]:
    from deployments.cli.servers import requested_endpoints
    from evaluation.store.models import list_models as stored_models

    names = {endpoint.name for endpoint in requested_endpoints(names_or_urls, store)} if names_or_urls else None
    records = stored_models(store, include_retired=True)
    return [record for record in records if names is None or record.endpoint_name in names]


def _fits(record: ModelRecord, *, capability: str | None, family: str | None, max_bytes: int | None) -> bool:
    return (
        (capability is None or capability.lower() in record.capabilities)
        and (family is None or (record.family or "").lower() == family.lower())
        and (max_bytes is None or (record.size_bytes is not None and record.size_bytes <= max_bytes))
    )


def _print_list(records: Sequence["ModelRecord"]) -> None:
    if not records:
        return
    print_table(
        ("model", "parameters", "size", "quantisation", "context", "capabilities", "digest", "endpoint"),
        [
            (
                record.name + (" (retired)" if record.retired_at else ""),
                record.parameter_size,
                size(record.size_bytes),
                record.quantization,
                record.context_length,
                record.capabilities,
                record.digest[:12] if record.digest else "unverified",
                record.endpoint_name or "none yet",
            )
            for record in records
        ],
    )


def _tell_of_the_rest(models: KnownModels, *, capability: str | None, family: str | None) -> None:
    """Report what was left out, and what exists where a filter left nothing."""
    live = models.live
    if n_retired := len(models.everything) - len(live):
        print_status(f"left out: {n_retired} retired; --retired shows {'it' if n_retired == 1 else 'them'}")
    if models.fitting:
        return
    if not live:
        print_status("no models found; `benchwright models pull NAME` pulls one")
    elif capability is not None and not any(capability.lower() in record.capabilities for record in live):
        seen = sorted({word for record in live for word in record.capabilities})
        print_status(f"no model has the capability {capability!r}; seen: {', '.join(seen) or 'none'}")
    elif family is not None and not any((record.family or "").lower() == family.lower() for record in live):
        seen = sorted({record.family for record in live if record.family})
        print_status(f"no model is in the family {family!r}; seen: {', '.join(seen) or 'none'}")
    else:
        print_status(f"none of {len(live)} models matches")


def model_as_json(record: ModelRecord) -> dict[str, Any]:
    """Return all stored facts of a model as plain JSON."""
    fields = asdict(record)
    for moment in ("first_seen", "last_seen", "retired_at"):
        fields[moment] = fields[moment].isoformat() if fields[moment] else None
    fields["endpoint"] = fields.pop("endpoint_name")
    return fields
