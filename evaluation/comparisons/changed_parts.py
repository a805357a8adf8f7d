"""Remarks on pipelines that changed under one label: weights of their other models, their corpus, their version."""

from collections.abc import Iterator, Sequence

from evaluation.comparisons.sides import Member, Side

Options = tuple[tuple[str, str], ...]
_SHORT = 12


def changed_parts(sides: Sequence[Side]) -> Iterator[str]:
    """Yield a remark on each part of a pipeline that differs between candidates of one label and the same options."""
    alike: dict[str, dict[Options, list[Member]]] = {}
    for member in (member for side in sides for member in side.members):
        if member.pipeline is not None:
            options = tuple(sorted(member.pipeline.options.items()))
            alike.setdefault(member.label, {}).setdefault(options, []).append(member)
    for label, by_options in alike.items():
        if len(by_options) > 1:
            yield f"{label} stands for several candidates: {', '.join(_paths(options) for options in by_options)}"
        for options, members in by_options.items():
            of = label if len(by_options) == 1 else f"{label} with {_paths(options)}"
            yield from _changes(of, members)


def _changes(label: str, members: Sequence[Member]) -> Iterator[str]:
    for part, identities in _identities(members).items():
        if len(identities) > 1:
            shown = " and ".join(f"{_short(identity)} in run {run_id}" for identity, run_id in identities.items())
            yield f"{part} of {label} changed between these runs, so that it is another candidate in each: {shown}"


def _paths(options: Options) -> str:
    """Return the options that a label shortens, with their whole paths."""
    return " ".join(f"{name}={value}" for name, value in options if "/" in value)


def _identities(members: Sequence[Member]) -> dict[str, dict[str, str]]:
    """Return the identities of each part, each with the first run that had it."""
    identities: dict[str, dict[str, str]] = {}
    for member in members:
        for part, identity in ({} if member.pipeline is None else member.pipeline.parts).items():
            identities.setdefault(part, {}).setdefault(identity, member.run_id)
    return identities


def _short(identity: str) -> str:
    bare = identity.removeprefix("sha256:")
    is_hash = len(bare) > _SHORT and all(letter in "0123456789abcdef" for letter in bare)
    return bare[:_SHORT] if is_hash else bare
