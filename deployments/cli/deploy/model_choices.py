"""Models offered in forms: the ones recorded in the store, and the ones that the servers have at this moment."""

from dataclasses import replace
from typing import TYPE_CHECKING

from deployments.cli.terminal.output import print_status
from deployments.forms import Choices
from evaluation.providers.model_names import full_name

if TYPE_CHECKING:
    from evaluation.store.session import Store

WITHIN_S = 5.0
"""Seconds after which a server that does not answer is left out: forms are made without it."""


def with_models_of_servers(choices: Choices, store: "Store | None") -> Choices:
    """Return the choices with the models of the servers that answer soon, without retired ones.

    The other servers are reported.
    """
    from deployments.cli.servers import ask_all, requested_endpoints
    from evaluation.store.models import list_models

    answers, errors = ask_all(requested_endpoints([], store), within_s=WITHIN_S)
    for endpoint, error in errors:
        print_status(f"the forms offer the models recorded earlier for {endpoint.name}: {error.message}")
    every = list_models(store, include_retired=True) if store is not None else ()
    retired = {full_name(record.name) for record in every if record.retired_at is not None}
    seen = {info.name for answer in answers for info in answer.models if full_name(info.name) not in retired}
    offered = {full_name(name) for name in choices.models}
    new = {name for name in seen if full_name(name) not in offered}
    return replace(choices, models=tuple(sorted({*choices.models, *new})))
