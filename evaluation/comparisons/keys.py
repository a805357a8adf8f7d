"""By what may candidates of runs be put together? Any key of the candidate, of its options, or of its run."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evaluation.comparisons.members import Member


def _detail(name: str) -> Callable[[Member], Any]:
    return lambda member: member.details.get(name)


def _week(member: Member) -> str:
    year, week, _ = (member.run.started_at or member.run.created_at).isocalendar()
    return f"{year}-W{week:02d}"


_KEYS: Mapping[str, Callable[[Member], Any]] = {
    "candidate": lambda member: member.label,
    "model": lambda member: member.model.removesuffix(":latest"),
    "digest": lambda member: None if member.digest is None else member.identity[:12],
    "family": _detail("family"),
    "parameter_size": _detail("parameter_size"),
    "quantization": _detail("quantization"),
    "profile": lambda member: member.profile,
    "think": lambda member: member.details.get("think"),
    "endpoint": lambda member: member.endpoints,
    "gpu_tag": _detail("gpu_tag"),
    "provider": lambda member: member.candidate.plan.provider,
    "server_version": lambda member: member.servers,
    "run": lambda member: member.run_id,
    "tag": lambda member: ", ".join(sorted(member.run.plan.tags)),
    "week": _week,
    "code_version": lambda member: member.run.plan.code_version,
}
KEY_NAMES: Sequence[str] = tuple(_KEYS)


def options_of(members: Sequence[Member]) -> list[str]:
    """Return the names of all options that any of them has."""
    return sorted({name for member in members for name in member.options} - set(_KEYS))


def key_of(member: Member, key: str) -> str | None:
    """Return the value by which the member is grouped, as a word; None where it has none.

    Args:
        member: The candidate.
        key: One of `KEY_NAMES`, or an option.
    """
    value = _KEYS[key](member) if key in _KEYS else member.options.get(key)
    if value is None:
        return "none" if key == "think" else None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return f"{value:.1f}"
    if isinstance(value, list | tuple):
        return "|".join(map(str, value)) or "none"
    return str(value)


def without_common_tags(members: Sequence[Member]) -> dict[Member, str | None]:
    """Return the tags of each member's run, less those that all runs have; None for a run without one of its own."""
    common = set.intersection(*(set(member.run.plan.tags) for member in members)) if members else set()
    return {member: ", ".join(sorted(set(member.run.plan.tags) - common)) or None for member in members}
