"""Evidence about candidates: one row for each scored answer, with its cost.

The store reads it, from evaluations and from imported scoreboards alike; the selection learns and decides from it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evaluation.candidate import PipelineChoice
from evaluation.providers.addresses import normalise_url

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


PROGRAMS = "baseline-"
"""Prefix of the names of baselines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A server on which a candidate can be called."""

    name: str
    url: str | None
    """None if the server is started on demand, each time at another address."""
    provider: str

    def is_one_of(self, endpoints: Collection[str]) -> bool:
        """Check whether it is among these servers, each of which is a name or a URL."""
        if self.name in endpoints:
            return True
        return self.url is not None and any(
            normalise_url(endpoint) == normalise_url(self.url) for endpoint in endpoints if "://" in endpoint
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFailures:
    """How often a candidate failed by itself on a task: those outcomes are scored as empty answers."""

    n: int
    of_n: int
    """Its outcomes that are no failures of a server."""
    kind: str
    """The most frequent kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosable:
    """A candidate with everything the store knows for calling it."""

    key: str
    """The candidate's fingerprint; `imported:NAME` for an imported one."""
    label: str
    """Display name, unique among all known candidates."""
    model: str
    digest: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    system: str | None = None
    """System text of its prompt profile."""
    template: str = "{prompt}"
    examples: tuple[tuple[str, str], ...] = ()
    """Worked examples of its profile: pairs of a prompt and its answer, shown before the question."""
    profile: str = "plain"
    think: Any = None
    pipeline: PipelineChoice | None = None
    """None: the model is asked directly."""
    places: tuple[Place, ...] = ()
    capabilities: frozenset[str] = frozenset()
    n_parameters: int | None = None
    memory_bytes: float | None = None
    """Memory of the loaded model if observed, else the size of its file; of a pipeline, all its models together."""
    memory_is_measured: bool = False
    """Whether all of it was observed; otherwise sizes of files stand for it, which lack the context."""
    memory_context: int | None = None
    """Context length in tokens at which it was observed; None: not observed, or not known."""
    not_ready: str | None = None
    """Why it cannot be called now: retired, or its tag refers to other weights. None if it can."""

    own_failures: Mapping[str, OwnFailures] = field(default_factory=dict)
    """By task, where there are any."""

    @property
    def is_program(self) -> bool:
        """True for a baseline, which is a program of Benchwright's and no model."""
        return self.model.startswith(PROGRAMS)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceCase:
    """A question that candidates were asked."""

    task: str
    yardstick: str
    """Scale on which qualities are comparable: a benchmark version with a metric's signature, or an import."""
    case_id: str
    family: str
    """Group of dependent cases (a document, a template); a case without a group is its own family."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """Columns of equal length, shape (n_rows,); several rows of a candidate and a case are repeats."""

    candidates: tuple[Choosable, ...]
    cases: tuple[EvidenceCase, ...]
    candidate: "NDArray[np.int32]"
    """Position in `candidates`."""
    case: "NDArray[np.int32]"
    """Position in `cases`."""
    quality: "NDArray[np.float64]"
    """Higher is better. Failures of the server have no row; a candidate's own failures have their score."""
    latency_s: "NDArray[np.float64]"
    """NaN if not measured, as for a reused answer; the same applies to the next two."""
    cost_usd: "NDArray[np.float64]"
    energy_j: "NDArray[np.float64]"
    fingerprint: str
    """Hash that is equal for equal evidence and changes with any row."""
    is_cached: "NDArray[np.bool_] | None" = None
    """True if the server had, or may have had, the prompt in its cache: the latency does not apply to new prompts.
    None if no row has such a prompt.
    """
    benchmarks: Mapping[str, str] = field(default_factory=dict)
    """Display names of yardsticks, such as `classification (exact_match)`; others are shown by their own names."""
