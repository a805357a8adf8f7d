"""Other names for weights that policies use, so that a server still has them after their own name is pulled anew.

A copy in Ollama shares the blobs: it costs no space as long as the original has the same weights.
"""

import re

from evaluation.providers import PROVIDERS
from evaluation.providers.model_names import find_model
from evaluation.providers.provider import Provider

KEPT = "benchwright-kept/"
"""Namespace of the names that Benchwright makes."""
_N_DIGITS = 12
_N_LETTERS = 60
_UNUSABLE = re.compile(r"[^A-Za-z0-9._-]+")


def kept_name(model: str, digest: str) -> str:
    """Return the name under which weights are kept: `benchwright-kept/NAME:DIGEST12`."""
    name = _UNUSABLE.sub("-", model.rpartition("/")[2].partition(":")[0])[:_N_LETTERS] or "model"
    return f"{KEPT}{name}:{digest.removeprefix('sha256:')[:_N_DIGITS]}"


async def keep_weights(provider: Provider, model: str, digest: str) -> tuple[str | None, str | None]:
    """Have a server keep weights under another name, where their own may come to mean others.

    Args:
        provider: The server, entered.
        model: Their own name.
        digest: Of the weights; never another's are kept under it.

    Returns:
        The name that was made, None where none was; and why none could be made, None where that was not needed.

    Raises:
        ProviderError: the server does not answer, or refuses.
    """
    models = await provider.models()
    if any(each.digest == digest and each.name.startswith(KEPT) for each in models):
        return None, None
    here = find_model(models, model)
    if here is None or here.digest != digest:
        has = "no longer has it" if here is None else "holds other weights under this name already"
        return None, f"{model} is not kept: {provider.url} {has}"
    if not PROVIDERS[provider.name].can_copy:
        return None, f"{model} is not kept: {provider.url} cannot give weights another name"
    name = kept_name(model, digest)
    await provider.copy(here.name, name)
    return name, None


async def release_weights(provider: Provider, name: str) -> bool:
    """Remove a name that `keep_weights` made; return whether the server had it.

    Raises:
        ValueError: it is not a name of Benchwright's.
        ProviderError: the server does not answer, or refuses.
    """
    if not name.startswith(KEPT):
        raise ValueError(f"{name!r} was not made by Benchwright")
    if find_model(await provider.models(), name) is None:
        return False
    await provider.delete(name)
    return True
