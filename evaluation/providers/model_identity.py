"""Check whether the requested model answered: compare the name in a reply with the requested one.

A server that echoes the name, in full or in part, is believed, and so is one that answers with a snapshot of what was
asked or with another name of the same weights. Another model is one that the server itself knows apart from the one
that was asked. A name that it does not know (a file's path, a name of the engine behind) says nothing and is let pass.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.errors import FailureKind, ProviderError
from evaluation.model_info import ModelInfo
from evaluation.providers.error_replies import RequestContext
from evaluation.providers.model_names import find_model, full_name
from evaluation.providers.record_fields import name_of

_PLACES = ("https://", "http://", "registry.ollama.ai/", "ollama.com/", "library/")
_SNAPSHOT = re.compile(r"[-@:](latest|v?\d[\d.-]*)")


def is_named_alike(requested: str, named: str) -> bool:
    """Return True where two names mean one model to any server: case, `:latest` and the standard registry left out."""
    return _bare(requested) == _bare(named)


def _bare(name: str) -> str:
    bare = full_name(name).casefold()
    for place in _PLACES:
        bare = bare.removeprefix(place)
    return bare.replace("huggingface.co/", "hf.co/", 1) if bare.startswith("huggingface.co/") else bare


def is_snapshot(requested: str, named: str) -> bool:
    """Return True where one is the other's name with a version or a date after it (`small` and `small-2409`)."""
    short, long = sorted((requested.casefold().removesuffix("-latest"), named.casefold()), key=len)
    return long.startswith(short) and bool(_SNAPSHOT.fullmatch(long[len(short) :]))


def other_weights(requested: str, record: Mapping[str, Any], models: Sequence[ModelInfo]) -> str | None:
    """Return the name of the model that answered, where it has other weights than the one that was asked; for Ollama.

    Args:
        requested: The name in the request.
        record: The last record of the answer.
        models: What the server lists, with digests.
    """
    named = name_of(record, "model")
    if named is None or is_named_alike(requested, named) or record.get("remote_model") or record.get("remote_host"):
        return None
    requested_model, other = find_model(models, requested), find_model(models, named)
    if requested_model is None or requested_model.digest is None:
        return None
    return None if other is not None and other.digest == requested_model.digest else named


def other_listed(requested: str, named: str, listing: Mapping[str, Any]) -> str | None:
    """Return the name of the model that answered, where the server lists it apart from the one asked; for `/v1/models`.

    Args:
        requested: The name in the request.
        named: The name in the answer.
        listing: The answer of `/v1/models`. Entries with one `root` are names of one model.
    """
    if is_named_alike(requested, named) or is_snapshot(requested, named):
        return None
    data = listing.get("data")
    entries = [entry for entry in data if isinstance(entry, Mapping)] if isinstance(data, list) else []
    roots = {name: name_of(entry, "root") for entry in entries if (name := name_of(entry, "id"))}
    if requested not in roots or named not in roots:
        return None
    return None if roots[requested] is not None and roots[requested] == roots[named] else named


def wrong_model(named: str, context: RequestContext) -> ProviderError:
    """Return the refusal of an answer that another model gave."""
    return ProviderError(
        f"{context.subject}: the answer came from another model, {named!r}",
        FailureKind.WRONG_MODEL,
        "See which model the server, or a router before it, serves under this name.",
    )
