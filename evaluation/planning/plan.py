"""The plan of an evaluation: pure values, ordered so that every model is loaded once."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evaluation.candidate import PromptProfile
from evaluation.fingerprint import canonical_json, fingerprint
from evaluation.options import load_options
from evaluation.planning.pipelines import PipelineModel, PlannedPipeline
from evaluation.requests.run_share import Share

AIMED_SHARDS = 200
"""Target for the number of task runs in a flow run."""
SHARDS_PER_S = 4.0
"""Task runs a second that a Prefect server handles easily."""
ONE_CASE_UNDER_PER_S = 5.0
"""Answers a second up to which every case may be a task run of its own."""


@dataclass(frozen=True, kw_only=True)
class PlannedCandidate:
    """One candidate on one benchmark, with everything needed to ask it."""

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
    digest: str | None = None
    trained_context: int | None = None
    """Context length in tokens that the model was trained for; None if its server does not report it."""
    endpoints: tuple[str, ...] = ()
    """Names of the servers with its model and equal digests: a pool that shares the work."""
    only_cases: frozenset[str] | None = None
    """Ids of the run's cases that it is asked in this process; None for all."""
    positions: range | None = None
    """Positions in the benchmark of the run's cases that it is asked in this process; None for all."""
    repeats: range | None = None
    """Repeats of each case to ask in this process, from 0; None for all."""
    share: Share | None = None
    """Part of the run's cases that this process asks; None for all."""
    pipeline: PlannedPipeline | None = None
    """None: the model is asked directly."""
    asks_failures_again: bool = True
    """False if other processes have just asked, and the cases on which the server failed were already retried."""

    @property
    def n_generations(self) -> int:
        """Cases times repeats."""
        return self.n_cases * self.n_repeats

    @property
    def asks_several_models(self) -> bool:
        """True where its cases wait for one model after another, so that they are asked in rounds."""
        return self.pipeline is not None and bool(self.pipeline.models)


@dataclass(frozen=True, kw_only=True)
class Group:
    """All work of one loaded model before another is loaded."""

    model: str
    load_options: Mapping[str, Any]
    planned: tuple[PlannedCandidate, ...]
    stage_model: PipelineModel | None = None
    """The model, where the candidates' pipelines ask it beside their own; None: it is the candidates' own."""

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Names of the servers that share the work."""
        return self.planned[0].endpoints if self.stage_model is None else self.stage_model.endpoints

    @property
    def embeds(self) -> bool:
        """True if the model is asked for embeddings alone."""
        return self.stage_model is not None and self.stage_model.embeds

    @property
    def asked_options(self) -> Mapping[str, Any]:
        """Effective options with which the model is asked."""
        return self.planned[0].options if self.stage_model is None else self.stage_model.options

    @property
    def think(self) -> bool | str | None:
        """Think mode in which the model is asked."""
        return self.planned[0].think if self.stage_model is None else self.stage_model.think

    @property
    def residency(self) -> str:
        """What must be in a server's memory: equal for all work that finds its model loaded."""
        digest = self.planned[0].digest if self.stage_model is None else self.stage_model.digest
        weights = digest or f"{self.model} on {', '.join(self.endpoints)}"
        return fingerprint([weights, dict(self.load_options)])


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One server in use. Lanes work in parallel, each on one group at a time."""

    endpoint_name: str
    url: str
    provider: str
    key_variable: str | None
    slots: int
    allow_remote: bool
    gpu_tag: str
    slots_are_given: bool = False
    """True if the user set the number of slots, False if it was assumed."""


@dataclass(frozen=True, kw_only=True)
class PlannedRun:
    """One benchmark to ask, with its metrics."""

    run_id: str
    benchmark_name: str
    metrics: tuple[str, ...]
    """Metrics with all their options, as parsed by `parse_metric`."""


@dataclass(frozen=True, kw_only=True)
class MetricModelPlan:
    """A model that metrics use after the answers are complete: an embedder or a judge."""

    need: str
    """`embedder` or `judge`."""
    model: str
    digest: str
    lane: Lane
    """Server that runs the model."""
    options: Mapping[str, Any]
    """Options sent, except the seed and the length of an answer."""
    think: bool | str | None = None

    @property
    def residency(self) -> str:
        """What must be in the server's memory, like `Group.residency`."""
        return fingerprint([self.digest, load_options(self.options)])


@dataclass(frozen=True, kw_only=True)
class ScoredRun:
    """A run with answers to score."""

    run_id: str
    benchmark_name: str
    metrics: tuple[str, ...]
    """Metrics with all their options, as parsed by `parse_metric`."""
    candidates: Mapping[int, str]
    """Labels by run-candidate id."""


@dataclass(frozen=True, kw_only=True)
class ScoringPlan:
    """Answers to score, and the models that this needs, one after the other."""

    name: str
    """Name of this work within the process."""
    runs: tuple[ScoredRun, ...]
    asked_models: tuple[MetricModelPlan, ...]
    timeout_s: float


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All work of an invocation."""

    invocation_id: str
    runs: tuple[PlannedRun, ...]
    lanes: tuple[Lane, ...]
    groups: tuple[Group, ...]
    """Groups in order of processing."""
    notes: tuple[str, ...]
    timeout_s: float
    case_timeout_s: float
    reuse: bool = False
    asked_models: tuple[MetricModelPlan, ...] = ()
    """Models in order of use, after the last generation."""
    spread: int = 1
    """Number of flow runs on workers that share the generations; 1 if this process asks all itself."""
    share: Share | None = None
    """Part of each run's cases that this process asks, and nothing else; None: all, and this process ends the runs."""

    @property
    def candidates(self) -> tuple[PlannedCandidate, ...]:
        """Every candidate of every run, in the order of the work."""
        return tuple(item for group in self.groups for item in group.planned)

    @property
    def scoring(self) -> ScoringPlan:
        """The work after the last generation."""
        return ScoringPlan(
            name=self.invocation_id,
            runs=tuple(
                ScoredRun(
                    run_id=run.run_id,
                    benchmark_name=run.benchmark_name,
                    metrics=run.metrics,
                    candidates={item.run_candidate_id: item.label for item in self.candidates_of(run.run_id)},
                )
                for run in self.runs
            ),
            asked_models=self.asked_models,
            timeout_s=self.timeout_s,
        )

    def left_by_others(self) -> "Plan":
        """Return the plan for what other workers have left undone, without asking again where their server failed."""
        groups = (
            replace(group, planned=tuple(replace(item, asks_failures_again=False) for item in group.planned))
            for group in self.groups
        )
        return replace(self, groups=tuple(groups), reuse=False)

    @property
    def n_generations(self) -> int:
        """All generations of all runs."""
        return sum(item.n_generations for item in self.candidates)

    def candidates_of(self, run_id: str) -> tuple[PlannedCandidate, ...]:
        """Return the candidates of a run."""
        return tuple(item for item in self.candidates if item.run_id == run_id)

    def planned(self, run_candidate_id: int) -> tuple[int, PlannedCandidate]:
        """Return the index of the candidate's group, and the candidate, by its id."""
        for index, group in enumerate(self.groups):
            for item in group.planned:
                if item.run_candidate_id == run_candidate_id:
                    return index, item
        raise KeyError(run_candidate_id)


def grouped_by_residency(planned: Sequence[PlannedCandidate]) -> tuple[Group, ...]:
    """Return the work in an order in which no server loads a model twice.

    By server, model, and what would load it again.

    Servers and models keep the order in which they first appear.
    """
    pools = list(dict.fromkeys(item.endpoints for item in planned))
    models = list(dict.fromkeys(item.model for item in planned))
    groups: dict[tuple[int, int, str], list[PlannedCandidate]] = {}
    for item in planned:
        place = (pools.index(item.endpoints), models.index(item.model), canonical_json(dict(item.load_options)))
        groups.setdefault(place, []).append(item)
    return tuple(
        Group(model=items[0].model, load_options=items[0].load_options, planned=tuple(items))
        for _, items in sorted(groups.items(), key=lambda entry: entry[0])
    )


def run_id_for(invocation_id: str, benchmark_name: str) -> str:
    """Return the run's id, which is the same for a retry of the same invocation."""
    return fingerprint([invocation_id, benchmark_name])[:12]


def shard_size(n_generations: int, *, requests_per_s: float | None) -> int:
    """Return the number of cases in one shard: as small as the number of task runs and their rate allow.

    Args:
        n_generations: All generations of the flow run.
        requests_per_s: Current rate of answers; None: not known yet.
    """
    by_count = math.ceil(n_generations / AIMED_SHARDS)
    rate = requests_per_s or 0.0
    by_rate = math.ceil(rate / SHARDS_PER_S) if rate > ONE_CASE_UNDER_PER_S else 1
    return max(1, by_count, by_rate)
