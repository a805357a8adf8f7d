"""Names of models, and the digests that identify their weights."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evaluation.errors import FailureKind, ProviderError
from evaluation.model_info import ModelInfo
from evaluation.providers.error_replies import RequestContext
from evaluation.providers.json_reading import name_of


def full_name(name: str) -> str:
    """Return `name` with its tag: `tiny` is `tiny:latest`. A port before a path (`host:5000/tiny`) is no tag."""
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def same_model(name: str, other_name: str) -> bool:
    """Return True where a server takes both names for the same model."""
    return full_name(name).casefold() == full_name(other_name).casefold()


def find_model(models: Iterable[ModelInfo], name: str) -> ModelInfo | None:
    """Return the model that a server would use for `name`; None where there is none."""
    listed = tuple(models)
    exact = (model for model in listed if model.name == name)
    return next(exact, next((model for model in listed if same_model(model.name, name)), None))


def is_remote(model: ModelInfo | str) -> bool:
    """Return True where prompts would leave the machine.

    A remote host is given, or the name contains `:cloud` or `-cloud`.
    """
    if isinstance(model, ModelInfo):
        return bool(model.remote_host) or is_remote(model.name)
    return model.casefold().endswith((":cloud", "-cloud"))


def remote_refused(model: str, host: str | None = None) -> ProviderError:
    """Return the refusal to send prompts to a model that runs elsewhere."""
    where = f"at {host!r}" if host else "on its maker's servers"
    return ProviderError(
        f"model {model!r} runs {where}, so every prompt would leave this machine",
        FailureKind.REFUSED_BY_POLICY,
        "Choose a local model, or allow it with `--allow-remote`.",
    )


_PLACES = ("https://", "http://", "registry.ollama.ai/", "ollama.com/", "library/")
_SNAPSHOT = re.compile(r"[-@:](latest|v?\d[\d.-]*)")


def is_named_alike(requested: str, named: str) -> bool:
    """Return True where two names mean one model to any server, ignoring case, `:latest` and the standard registry."""
    return _bare(requested) == _bare(named)


def _bare(name: str) -> str:
    bare = full_name(name).casefold()
    for place in _PLACES:
        bare = bare.removeprefix(place)
    return bare.replace("huggingface.co/", "hf.co/", 1) if bare.startswith("huggingface.co/") else bare


def is_snapshot(requested: str, named: str) -> bool:
    """Return True where one name is the other with a version or a date appended (`small` and `small-2409`)."""
    short, long = sorted((requested.casefold().removesuffix("-latest"), named.casefold()), key=len)
    return long.startswith(short) and bool(_SNAPSHOT.fullmatch(long[len(short) :]))


def other_weights(requested: str, record: Mapping[str, Any], models: Sequence[ModelInfo]) -> str | None:
    """Return the name of the model that answered, where its weights differ from the requested model's; for Ollama.

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
    """Return the name of the model that answered, where the server lists it as another one; for `/v1/models`.

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
    """Return the error for an answer that another model gave."""
    return ProviderError(
        f"{context.subject}: the answer came from another model, {named!r}",
        FailureKind.WRONG_MODEL,
        "See which model the server, or a router before it, serves under this name.",
    )
