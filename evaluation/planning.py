"""In which order is the work done, so that every model is loaded once? Pure values and their order."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.candidate import PromptProfile
from evaluation.fingerprint import canonical_json, fingerprint

AIMED_SHARDS = 200
"""Task runs that a flow run has at most, in the main."""
SHARDS_PER_S = 4.0
"""Task runs that a Prefect server digests with ease."""


@dataclass(frozen=True, kw_only=True)
class PlannedCandidate:
    """One candidate on one benchmark, with all that is needed to ask it."""

    run_id: str
    run_candidate_id: int
    benchmark_version: str
    benchmark_name: str
    label: str
    model: str
    options: Mapping[str, Any]
    """Effective options without the seed."""
    load_options: Mapping[str, Any]
    think: bool | str | None
    profile: PromptProfile
    seed: int
    n_cases: int
    n_repeats: int
    failure_budget: int
    """Generations on which the server may fail."""

    @property
    def n_generations(self) -> int:
        """Cases times repeats."""
        return self.n_cases * self.n_repeats


@dataclass(frozen=True, kw_only=True)
class Group:
    """All work that one loaded model does before another takes its place."""

    model: str
    load_options: Mapping[str, Any]
    planned: tuple[PlannedCandidate, ...]


@dataclass(frozen=True, kw_only=True)
class Lane:
    """All work of one endpoint, in order. Lanes go side by side."""

    endpoint_name: str
    url: str
    provider: str
    key_variable: str | None
    slots: int
    allow_remote: bool
    groups: tuple[Group, ...]


@dataclass(frozen=True, kw_only=True)
class PlannedRun:
    """One benchmark to be asked, and what is measured on it."""

    run_id: str
    benchmark_name: str
    metrics: tuple[str, ...]
    """As a benchmark names them, with their options."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All work of an invocation."""

    invocation_id: str
    runs: tuple[PlannedRun, ...]
    lanes: tuple[Lane, ...]
    notes: tuple[str, ...]
    timeout_s: float
    case_timeout_s: float

    @property
    def n_generations(self) -> int:
        """All generations of all runs."""
        return sum(item.n_generations for lane in self.lanes for group in lane.groups for item in group.planned)

    def candidates_of(self, run_id: str) -> tuple[PlannedCandidate, ...]:
        """The candidates of a run."""
        return tuple(
            item for lane in self.lanes for group in lane.groups for item in group.planned if item.run_id == run_id
        )

    def planned(self, run_candidate_id: int) -> tuple[Lane, PlannedCandidate]:
        """The candidate of that id, and the lane that it is in."""
        for lane in self.lanes:
            for group in lane.groups:
                for item in group.planned:
                    if item.run_candidate_id == run_candidate_id:
                        return lane, item
        raise KeyError(run_candidate_id)


def grouped_by_residency(planned: Sequence[PlannedCandidate]) -> tuple[Group, ...]:
    """The work of one endpoint so that no model is loaded twice: by model, then by what would load it anew.

    Models keep the order in which they first appear.
    """
    models = list(dict.fromkeys(item.model for item in planned))
    groups: dict[tuple[int, str], list[PlannedCandidate]] = {}
    for item in planned:
        groups.setdefault((models.index(item.model), canonical_json(dict(item.load_options))), []).append(item)
    return tuple(
        Group(model=items[0].model, load_options=items[0].load_options, planned=tuple(items))
        for _, items in sorted(groups.items(), key=lambda entry: entry[0])
    )


def run_id_for(invocation_id: str, benchmark_name: str) -> str:
    """The run's id: the same for a retry of the same invocation."""
    return fingerprint([invocation_id, benchmark_name])[:12]


def shard_size(n_generations: int, *, requests_per_s: float | None) -> int:
    """Cases in one shard: as small as the number of task runs and their rate allow.

    Args:
        n_generations: All generations of the flow run.
        requests_per_s: How fast answers come now; None: not known yet.
    """
    by_count = math.ceil(n_generations / AIMED_SHARDS)
    by_rate = math.ceil((requests_per_s or 0.0) / SHARDS_PER_S) if (requests_per_s or 0.0) > SHARDS_PER_S else 1
    return max(1, by_count, by_rate)
