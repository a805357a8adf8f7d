"""Sides of a comparison: each candidate of each run, unless a key puts several into one."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.candidate import Candidate, PipelineChoice
from evaluation.errors import ConfigurationError, IncomparableError, UnknownNameError
from evaluation.records.runs import SERVER_VERSIONS, RunCandidateRecord, RunRecord
from evaluation.requests.comparison_request import FIRST
from evaluation.store.registry import find_candidate
from evaluation.store.runs import find_run
from evaluation.store.session import Store


@dataclass(frozen=True, kw_only=True, eq=False)
class Member:
    """A candidate of a run. Two members are equal only if they are the same row."""

    run: RunRecord
    candidate: RunCandidateRecord
    profile: str
    pipeline: PipelineChoice | None = None

    @property
    def run_id(self) -> str:
        """Its run's."""
        return self.run.plan.run_id

    @property
    def row_id(self) -> int:
        """The candidate's row in its run."""
        return self.candidate.run_candidate_id

    @property
    def label(self) -> str:
        """A short display name, which no other candidate of its run has."""
        return self.candidate.plan.label

    @property
    def model(self) -> str:
        """Its model's name with tag."""
        return self.candidate.plan.model_name

    @property
    def digest(self) -> str | None:
        """The digest of its weights; None: unverified."""
        return self.candidate.plan.digest

    @property
    def fingerprint(self) -> str:
        """Equal for candidates whose answers may be pooled."""
        return self.candidate.plan.candidate_fingerprint

    @property
    def identity(self) -> str:
        """What distinguishes its weights from others under the same name."""
        return (self.digest or self.fingerprint).removeprefix("sha256:")

    @property
    def details(self) -> Mapping[str, Any]:
        """Further facts about it."""
        return self.candidate.plan.details

    @property
    def options(self) -> Mapping[str, Any]:
        """The effective options."""
        return self.candidate.plan.options

    @property
    def endpoints(self) -> str:
        """The servers that shared its work."""
        named = self.details.get(SERVER_VERSIONS) or {}
        return "+".join(sorted(named)) or self.candidate.plan.endpoint_name

    @property
    def servers(self) -> str:
        """Versions of those servers, each once."""
        named = self.details.get(SERVER_VERSIONS) or {}
        versions = {str(version) for version in named.values() if version}
        return "+".join(sorted(versions)) or self.candidate.plan.server_version or "unknown"


def find_members(store: Store, run_ids: Sequence[str]) -> tuple[Member, ...]:
    """Return all candidates of these runs, each run once, in the order in which they were given.

    Args:
        store: Where they are.
        run_ids: Ids, beginnings of ids, or `last`.

    Raises:
        UnknownNameError: no such run.
        ConfigurationError: several runs begin like this.
    """
    runs = {run.plan.run_id: run for run in (find_run(store, run_id) for run_id in run_ids)}
    keys = dict.fromkeys(record.plan.candidate_fingerprint for run in runs.values() for record in run.candidates)
    candidates = {key: find_candidate(store, key) for key in keys}
    return tuple(
        _member(run, record, candidates[record.plan.candidate_fingerprint])
        for run in runs.values()
        for record in run.candidates
    )


def _member(run: RunRecord, record: RunCandidateRecord, candidate: Candidate | None) -> Member:
    if candidate is None:
        return Member(run=run, candidate=record, profile="unknown")
    return Member(run=run, candidate=record, profile=candidate.profile.name, pipeline=candidate.pipeline)


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
    """Return the value by which the member is grouped, as text; None where it has none.

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
    """Return the tags of each member's run, less those that all runs have; None for a run with no others."""
    common = set.intersection(*(set(member.run.plan.tags) for member in members)) if members else set()
    return {member: ", ".join(sorted(set(member.run.plan.tags) - common)) or None for member in members}


_SHORT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One or more candidates whose values are averaged case by case."""

    label: str
    """Unique name within the comparison."""
    key: str
    """Identity of the side, independent of its label: its candidate's fingerprint, or the value it was grouped by."""
    members: tuple[Member, ...]

    @property
    def digests(self) -> tuple[str | None, ...]:
        """Distinct digests of the weights; None for unverified weights."""
        return tuple(dict.fromkeys(member.digest for member in self.members))

    @property
    def run_ids(self) -> tuple[str, ...]:
        """Distinct ids of the runs."""
        return tuple(dict.fromkeys(member.run_id for member in self.members))


def make_sides(members: Sequence[Member], by: str | None) -> tuple[tuple[Side, ...], tuple[str, ...]]:
    """Return at least two sides, in the order in which their first members were given, and notes on them.

    Raises:
        UnknownNameError: there is no such key.
        IncomparableError: there is only one side, or one would merge two weights under one name.
    """
    sides, notes = (_one_each(members), ()) if by is None else _grouped(members, by)
    if len(sides) < 2:
        raise _too_few(sides, by)
    return sides, notes


def _too_few(sides: Sequence[Side], by: str | None) -> IncomparableError:
    named = f"only {sides[0].label!r}" if sides else "no candidate"
    if by is None:
        return IncomparableError(f"a comparison needs two sides, and there is {named}", "Give a second run as well.")
    return IncomparableError(
        f"a comparison needs two sides, and by {by!r} there is {named}",
        "Compare along a key in which the candidates differ, or leave --by out to compare every pair.",
    )


def _one_each(members: Sequence[Member]) -> tuple[Side, ...]:
    labels = _distinct_labels(members)
    return tuple(
        Side(label=label, key=member.fingerprint, members=(member,))
        for label, member in zip(labels, members, strict=True)
    )


def _distinct_labels(members: Sequence[Member]) -> list[str]:
    """Return the candidates' labels, with equal ones distinguished by weights, then by server version and run."""
    labels = [member.label for member in members]
    labels = _told_apart(labels, members, lambda member: member.identity, lambda word: f" @{word}")
    labels = _told_apart(labels, members, lambda member: member.fingerprint, lambda word: f" #{word}")
    labels = _told_apart(labels, members, lambda member: member.servers, lambda word: f" on server {word}", short=False)
    return _told_apart(
        labels, members, lambda member: member.run_id, lambda word: f" in run {word}", short=False, all_=True
    )


def _told_apart(
    labels: Sequence[str],
    members: Sequence[Member],
    fact: Callable[[Member], str],
    say: Callable[[str], str],
    *,
    short: bool = True,
    all_: bool = False,
) -> list[str]:
    """Return the labels, extended where several members share one and differ in that fact.

    Args:
        labels: So far.
        members: Whose they are.
        fact: In what members may differ.
        say: How to word the fact.
        short: Shorten the fact to what distinguishes it.
        all_: Add it to every shared label, differing or not.
    """
    facts: dict[str, set[str]] = {}
    for label, member in zip(labels, members, strict=True):
        facts.setdefault(label, set()).add(fact(member))
    times = Counter(labels)
    return [
        label + say(_shortest(fact(member), facts[label]) if short else fact(member))
        if len(facts[label]) > 1 or (all_ and times[label] > 1)
        else label
        for label, member in zip(labels, members, strict=True)
    ]


def _shortest(word: str, among: Iterable[str]) -> str:
    """Return the shortest beginning of `word` that none of the others shares."""
    others = [other for other in among if other != word]
    length = _SHORT
    while length < len(word) and any(other.startswith(word[:length]) for other in others):
        length += 4
    return word[:length]


def _grouped(members: Sequence[Member], by: str) -> tuple[tuple[Side, ...], tuple[str, ...]]:
    keys = [*KEY_NAMES, *options_of(members)]
    if by not in keys:
        raise UnknownNameError("comparison key", by, keys, "`--by run` compares whole runs with each other.")
    values = without_common_tags(members) if by == "tag" else {member: key_of(member, by) for member in members}
    lacking = [member for member in members if values[member] is None]
    groups: dict[str, list[Member]] = {}
    for member in members:
        if (value := values[member]) is not None:
            groups.setdefault(value, []).append(member)
    if by == "model":
        groups = _by_weights(groups)
    if by == "candidate":
        groups = _by_fingerprint(groups)
    for value, group in groups.items():
        _refuse_two_weights(by, value, group)
    prefix = "" if by in ("model", "run", "tag", "week", "family", "digest", "candidate") else f"{by}="
    sides = tuple(
        Side(label=f"{prefix}{value}", key=f"{by}={value}", members=tuple(group)) for value, group in groups.items()
    )
    notes = [f"{', '.join(dict.fromkeys(m.label for m in lacking))}: no {by} is known, left out"] if lacking else []
    return sides, tuple(notes)


def _by_weights(groups: Mapping[str, list[Member]]) -> dict[str, list[Member]]:
    """Group the members by weights, since one name with two digests is two models."""
    by_weights: dict[str, list[Member]] = {}
    for name, group in groups.items():
        identities = {member.identity for member in group}
        for member in group:
            word = f"{name} @{_shortest(member.identity, identities)}" if len(identities) > 1 else name
            by_weights.setdefault(word, []).append(member)
    return by_weights


def _by_fingerprint(groups: Mapping[str, list[Member]]) -> dict[str, list[Member]]:
    """Group the members by candidate, since two runs may call two candidates the same, or one by two names."""
    by_fingerprint: dict[str, list[Member]] = {}
    for member in (member for group in groups.values() for member in group):
        by_fingerprint.setdefault(member.fingerprint, []).append(member)
    labels = {key: _shortest_label(group) for key, group in by_fingerprint.items()}
    namesakes: dict[str, list[str]] = {}
    for key, label in labels.items():
        namesakes.setdefault(label, []).append(key)
    return {_with_fingerprint(labels[key], key, namesakes[labels[key]]): group for key, group in by_fingerprint.items()}


def _shortest_label(group: Sequence[Member]) -> str:
    return min((member.label for member in group), key=lambda label: (len(label), label))


def _with_fingerprint(label: str, fingerprint: str, namesakes: Sequence[str]) -> str:
    return f"{label} #{_shortest(fingerprint, namesakes)}" if len(namesakes) > 1 else label


def _refuse_two_weights(by: str, value: str, group: Sequence[Member]) -> None:
    seen: dict[str, Member] = {}
    for member in group:
        first = seen.setdefault(member.model, member)
        if first.identity != member.identity:
            raise IncomparableError(
                f"by {by!r}, the side {value!r} would merge two weights under the name {member.model!r}: "
                f"{first.identity[:12]} in run {first.run_id} and {member.identity[:12]} in run {member.run_id}",
                "Compare them with `--by digest`, or leave one of the runs out.",
            )


def find_side(sides: Sequence[Side], name: str, *, option: str = "--against") -> Side:
    """Return the side of that label; else the one whose model, run, weights or fingerprint `name` names or begins.

    `first` is the first of all, unless a side has that name. `option` is the option that gave `name`, for the message.

    Raises:
        UnknownNameError: there is none.
        ConfigurationError: it names several.
    """
    exact = [side for side in sides if side.label == name] or (list(sides[:1]) if name == FIRST else [])
    named = exact or [side for side in sides if any(name in _names(member) for member in side.members)]
    begun = named or [side for side in sides if side.label.startswith(name)]
    begun = begun or [side for side in sides if len(name) >= 4 and any(_begins(m, name) for m in side.members)]
    if len(begun) > 1:
        labels = ", ".join(repr(side.label) for side in begun)
        raise ConfigurationError(f"{option} {name!r} matches several sides: {labels}", "Give one of these names.")
    if not begun:
        raise UnknownNameError("side", name, [side.label for side in sides], f"Give {option} one of these names.")
    return begun[0]


def _names(member: Member) -> tuple[str, ...]:
    return (member.label, member.model, member.model.removesuffix(":latest"), member.run_id)


def _begins(member: Member, prefix: str) -> bool:
    words = (member.run_id, member.fingerprint, member.identity, member.identity.removeprefix("sha256:"))
    return any(word.startswith(prefix) for word in words)
