"""The `benchwright models` commands: known weights, their versions, and whether they may be used in new runs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.cli.arguments import (
    DatabaseOption,
    EndpointsOption,
    JsonOption,
    open_results,
    open_stored,
    open_to_list,
)
from deployments.cli.models.agree import agree
from deployments.cli.models.listing import FamilyOption, list_models, model_as_json
from deployments.cli.models.pull_progress import pull_model
from deployments.cli.servers import Answer, ask_all, record_models, requested_endpoints
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import print_details, print_line, print_table, read_size
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.formatting import size as file_size
from evaluation.providers.model_names import full_name
from evaluation.records.candidates import ModelRecord

if TYPE_CHECKING:
    from evaluation.store.session import Store

models = typer.Typer(no_args_is_help=True, help="Models: list, show, agree, pull, register, retire.")
models.command("list")(list_models)
models.command("agree")(agree)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A model's name, as in llama3.2:3b.")]


@models.command("show")
def show(
    name: NameArgument,
    endpoint: EndpointsOption = None,
    stored: Annotated[bool, typer.Option("--stored", help="Contact no server; show what was recorded before.")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a model in full, with every version that its name has had."""
    with open_to_list(db) if stored else open_results(db) as store:
        if not stored:
            _refresh(store, endpoint or [])
        versions = _versions(store, name)
    if as_json:
        print_json(model_as_json(versions[0]) | {"versions": [model_as_json(version) for version in versions]})
    else:
        _print_versions(versions)


def _refresh(store: "Store", names_or_urls: Sequence[str]) -> None:
    """Store which models the servers have now. A silent server is reported: stored models can still be shown."""
    answers, errors = ask_all(requested_endpoints(names_or_urls, store), in_full=True)
    record_models(store, answers)
    for endpoint, error in errors:
        print_status(f"{endpoint.name} does not respond; showing what was recorded before: {error.message}")


def _versions(store: "Store", name: str) -> tuple["ModelRecord", ...]:
    from evaluation.store.models import model_versions

    try:
        return model_versions(store, name)
    except UnknownNameError as error:
        if full_name(name) in error.known:
            return model_versions(store, full_name(name))
        raise


def _known_name(store: "Store", name: str) -> str:
    """Return the name under which the store knows the model, or else its full name."""
    try:
        return _versions(store, name)[0].name
    except UnknownNameError:
        return full_name(name)


def _print_versions(versions: Sequence["ModelRecord"]) -> None:
    newest = versions[0]
    details = model_as_json(newest)
    left_out = ("template", "first_seen", "last_seen", "is_current", "n_parameters", "endpoint")
    print_details(
        {key: value for key, value in details.items() if key not in left_out}
        | {"size_bytes": file_size(newest.size_bytes) if newest.size_bytes else None, "template": newest.template}
    )
    print_line()
    print_table(
        ("digest", "endpoint", "size", "first seen", "last seen", "now"),
        [
            (
                version.digest[:12] if version.digest else "unverified",
                version.endpoint_name or "none yet",
                file_size(version.size_bytes),
                version.first_seen,
                version.last_seen,
                "retired" if version.retired_at else "current" if version.is_current else "replaced",
            )
            for version in versions
        ],
    )


@models.command("pull")
def pull(
    name: NameArgument,
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", metavar="URL|NAME", help="The server that pulls it.")
    ] = None,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Allow a model that runs on somebody else's machine.")
    ] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have a server pull a model, and record it in the store."""
    from evaluation.store.models import is_retired

    with open_results(db) as store:
        endpoints = requested_endpoints([endpoint] if endpoint else [], store)
        if len(endpoints) > 1:
            names = ", ".join(record.name for record in endpoints)
            raise ConfigurationError(f"several servers could pull {name!r}: {names}", "Give --endpoint NAME.")
        _keep_weights(store)
        answer = pull_model(endpoints[0], name, allow_remote=allow_remote)
        (record,) = record_models(store, [answer])
        _tell_policies(store, answer)
        if is_retired(store, record.name):
            print_status(f"{record.name} is retired; `benchwright models register {record.name}` allows new runs again")
    if as_json:
        print_json(model_as_json(record))
    else:
        print_line(f"{record.name}: digest {(record.digest or 'unknown')[:12]} on {record.endpoint_name}")


def _keep_weights(store: "Store") -> None:
    """Have servers keep the weights of watched policies, before a pull gives their names to others."""
    from evaluation.store.policies import list_policies
    from tasks.upgrades.keeping import keep_policy

    for policy in list_policies(store):
        for name in keep_policy(store, policy, by="models pull")[0]:
            print_status(f"the weights of the policy {policy.name} are kept as {name}")


def _tell_policies(store: "Store", answer: Answer) -> None:
    """Note changed weights with the policies that watch them."""
    from selection.policies.upgrade_watch import note_pull

    for upgrade in note_pull(store, answer.endpoint.name, answer.models):
        print_status(
            f"{upgrade.model} is used by {len(upgrade.policy_ids)} policies, which stay on the weights "
            f"{upgrade.before[:12]}; `benchwright upgrades look` tests the new ones"
        )


@models.command("register")
def register(
    name: NameArgument,
    family: FamilyOption = None,
    quantisation: Annotated[str | None, typer.Option("--quantisation", metavar="Q", help="For example Q4_K_M.")] = None,
    size: Annotated[str | None, typer.Option("--size", metavar="SIZE", help="Size of its file, such as 4.7GB.")] = None,
    parameters: Annotated[str | None, typer.Option("--parameters", metavar="N", help="For example 8.0B.")] = None,
    context: Annotated[
        int | None, typer.Option("--context", min=1, metavar="N", help="Context length in tokens.")
    ] = None,
    capability: Annotated[
        list[str] | None, typer.Option("--capability", metavar="C", help="A capability; may be repeated.")
    ] = None,
    licence: Annotated[str | None, typer.Option("--licence", metavar="L", help="Its licence.")] = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record a model that no server has yet; a retired one can be used again."""
    from evaluation.store.models import register_model

    if not name.strip() or any(letter.isspace() for letter in name):
        raise ConfigurationError(f"{name!r} is not a model's name", "For example llama3.2:3b.")
    with open_results(db) as store:
        record = register_model(
            store,
            _known_name(store, name),
            family=family,
            parameter_size=parameters,
            quantization=quantisation,
            context_length=context,
            size_bytes=read_size(size, option="--size") if size is not None else None,
            capabilities=tuple(word.lower() for word in capability or ()),
            licence=licence,
        )
    if as_json:
        print_json(model_as_json(record))
    else:
        print_line(f"{record.name}: registered" + (f" on {record.endpoint_name}" if record.endpoint_name else ""))


@models.command("retire")
def retire(name: NameArgument, db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Retire a model from new runs; its versions and runs stay."""
    from evaluation.store.models import retire_model

    with open_stored(db) as store:
        model_name = _versions(store, name)[0].name
        retire_model(store, model_name)
        (record, *_) = _versions(store, model_name)
    if as_json:
        print_json(model_as_json(record))
    else:
        print_line(
            f"{model_name}: retired; its runs stay, and `benchwright models register {model_name}` brings it back"
        )
