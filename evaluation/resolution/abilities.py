"""Model abilities, checked before the first request by what the server reports."""

from evaluation.errors import ConfigurationError
from evaluation.resolution.candidates import ResolvedCandidate
from evaluation.resolution.endpoints import EMBEDDED, ResolvedEndpoint

_DOES = {"embedding": "embeds no texts", "completion": "writes no answers"}


def refuse_without_ability(resolved: ResolvedCandidate, ability: str, purpose: str, option: str) -> None:
    """Check that the model has the ability, or that its server does not say what its models can do.

    Args:
        resolved: The model, as its server describes it.
        ability: `completion` or `embedding`, as servers call them.
        purpose: What the model was to be asked for, in words.
        option: The option that names another model.

    Raises:
        ConfigurationError: it has only other abilities; names those, and the models that may be named.
    """
    info, endpoint = resolved.info, resolved.endpoint
    if not info.capabilities or ability in info.capabilities:
        return
    able = sorted(model.name for model in endpoint.models if ability in model.capabilities)
    there = f"At {endpoint.name} these can: {', '.join(able[:5])}." if able else _how_to_find(ability, endpoint)
    raise ConfigurationError(
        f"model {info.name!r} {_DOES[ability]}, and {purpose}: its server lists {', '.join(info.capabilities)} for it, "
        f"and not {ability}",
        f"Name another with {option}. {there}",
    )


def _how_to_find(ability: str, endpoint: ResolvedEndpoint) -> str:
    there = "" if endpoint.name == EMBEDDED else endpoint.option
    pull = f", or pull one: `benchwright models pull nomic-embed-text{there}`" if ability == "embedding" else ""
    return f"`benchwright models list --capability {ability}{there}` shows which can{pull}."
