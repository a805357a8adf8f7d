"""The candidates of the runs that are compared, with what is known of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.records import SERVER_VERSIONS, RunCandidateRecord, RunRecord
from evaluation.store.registry import find_candidate
from evaluation.store.runs import find_run
from evaluation.store.session import Store


@dataclass(frozen=True, kw_only=True, eq=False)
class Member:
    """A candidate of a run. Two are the same only where they are the same row."""

    run: RunRecord
    candidate: RunCandidateRecord
    profile: str

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
        """A short name for people, which several may share."""
        return self.candidate.plan.label

    @property
    def model(self) -> str:
        """Its model's name with tag."""
        return self.candidate.plan.model_name

    @property
    def digest(self) -> str | None:
        """Its weights; None: unverified."""
        return self.candidate.plan.digest

    @property
    def fingerprint(self) -> str:
        """Equal for candidates whose answers may be pooled."""
        return self.candidate.plan.candidate_fingerprint

    @property
    def identity(self) -> str:
        """What tells its weights from others under the same name."""
        return (self.digest or self.fingerprint).removeprefix("sha256:")

    @property
    def details(self) -> Mapping[str, Any]:
        """What else is known of it."""
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
    profiles: dict[str, str] = {}
    return tuple(
        Member(run=run, candidate=record, profile=_profile(store, record.plan.candidate_fingerprint, profiles))
        for run in runs.values()
        for record in run.candidates
    )


def _profile(store: Store, fingerprint: str, profile_names: dict[str, str]) -> str:
    if fingerprint not in profile_names:
        candidate = find_candidate(store, fingerprint)
        profile_names[fingerprint] = candidate.profile.name if candidate is not None else "unknown"
    return profile_names[fingerprint]
