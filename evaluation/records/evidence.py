"""Evidence about candidates: one row for each scored answer, with its cost.

The store reads it, from evaluations and from imported scoreboards alike; the selection learns and decides from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


_PROGRAMS = "baseline-"
"""How their names begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A server where a candidate can be called."""

    name: str
    url: str | None
    """None: it is started when it is needed, each time at another address."""
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosable:
    """A candidate, as ready to call as the store can make it."""

    key: str
    """The candidate's fingerprint; of an imported one `imported:NAME`."""
    label: str
    """What people call it; unique among all that are known."""
    model: str
    digest: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    system: str | None = None
    """Its prompt profile's system text."""
    template: str = "{prompt}"
    examples: tuple[tuple[str, str], ...] = ()
    """Its profile's worked examples: a prompt and its answer each, shown before the question."""
    profile: str = "plain"
    think: Any = None
    places: tuple[Place, ...] = ()
    capabilities: frozenset[str] = frozenset()
    n_parameters: int | None = None
    memory_bytes: float | None = None
    """Of the loaded model where that was seen, else of its file."""
    not_ready: str | None = None
    """Why it cannot be called now: retired, or its tag holds other weights. None: it can."""

    @property
    def is_program(self) -> bool:
        """True for a baseline, which is a program of Benchwright's and no model."""
        return self.model.startswith(_PROGRAMS)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceCase:
    """A question that candidates were asked."""

    task: str
    yardstick: str
    """What makes qualities comparable: a benchmark version with a metric's signature, or an import."""
    case_id: str
    family: str
    """Cases of one family (a document, a template) are not independent; a case alone is its own family."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """Rows in columns of equal length, shape (n_rows,); several rows of a candidate and a case are repeats."""

    candidates: tuple[Choosable, ...]
    cases: tuple[EvidenceCase, ...]
    candidate: "NDArray[np.int32]"
    """Position in `candidates`."""
    case: "NDArray[np.int32]"
    """Position in `cases`."""
    quality: "NDArray[np.float64]"
    """Higher is better. The server's failures have no row; a candidate's own failures have their score."""
    latency_s: "NDArray[np.float64]"
    """NaN where none was measured, as for a reused answer; so with the next two."""
    cost_usd: "NDArray[np.float64]"
    energy_j: "NDArray[np.float64]"
    fingerprint: str
    """The same for the same evidence: a hash that any change of a row changes."""
    is_cached: "NDArray[np.bool_] | None" = None
    """True where the server had, or may have had, the prompt in its cache: the latency of a new prompt is not known
    from it. None: nowhere."""
    benchmarks: Mapping[str, str] = field(default_factory=dict)
    """What people call each yardstick, such as `classification (exact_match)`; one that is missing goes by its name."""
