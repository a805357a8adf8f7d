"""When do two names mean the same model, and when does a model run on somebody else's machine?"""

from collections.abc import Iterable

from evaluation.errors import FailureKind, ProviderError
from evaluation.model_info import ModelInfo


def full_name(name: str) -> str:
    """Return `name` with its tag: `tiny` is `tiny:latest`. A port before a path (`host:5000/tiny`) is no tag."""
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def same_model(name: str, other_name: str) -> bool:
    """Return True where a server takes both for the same model."""
    return full_name(name).casefold() == full_name(other_name).casefold()


def find_model(models: Iterable[ModelInfo], name: str) -> ModelInfo | None:
    """Return the model that a server would use for `name`; None where it has none."""
    listed = tuple(models)
    exact = (model for model in listed if model.name == name)
    return next(exact, next((model for model in listed if same_model(model.name, name)), None))


def is_remote(model: ModelInfo | str) -> bool:
    """Return True where prompts would leave the machine.

    A remote host is given, or the name says `:cloud` or `-cloud`.
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
