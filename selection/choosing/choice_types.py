"""The input and the result of a choice."""

from dataclasses import dataclass, field
from typing import Literal

from evaluation.errors import ConfigurationError
from evaluation.records.evidence import Choosable
from selection.answers import Ranked, Removed
from selection.choosing.ties import Contrast
from selection.preferences import TOLERANCE, Constraints, OnLittleEvidence, OnTie, Weights, must_be_ways


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question for a candidate.

    Raises:
        ConfigurationError: an invalid question.
    """

    task: str | None = None
    """None: of no task in particular, answered by the mean over all tasks."""
    prompt: str | None = None
    constraints: Constraints = field(default_factory=Constraints)
    """What must hold."""
    weights: Weights = field(default_factory=Weights)
    """What is worth how much."""
    on_tie: OnTie = "cheapest"
    """Which of those near the best is named."""
    tolerance: float = TOLERANCE
    """How near that is, in points of expected quality."""
    on_little_evidence: OnLittleEvidence = "abstain"
    """What happens where too little was measured."""

    def __post_init__(self) -> None:
        for name in ("task", "prompt"):
            value = getattr(self, name)
            if not (value is None or (isinstance(value, str) and value.strip())):
                raise ConfigurationError(f"{name} is {value!r}", "Give a text, or leave it out.")
        for name, kind in (("constraints", Constraints), ("weights", Weights)):
            value = getattr(self, name)
            if not isinstance(value, kind):
                raise ConfigurationError(f"{name} is {value!r}", f"Give {kind.__name__}(…) from selection.")
        must_be_ways(on_tie=self.on_tie, tolerance=self.tolerance, on_little_evidence=self.on_little_evidence)


DecidedBy = Literal["scoreboard", "rules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The chosen candidate with the others, or the reason for naming none."""

    question: Question
    chosen: Choosable | None
    """None for an abstention."""
    decided_by: DecidedBy
    notes: tuple[str, ...]
    is_fraction: bool
    """Whether a quality is a share, to be shown in percent."""
    ranked: tuple[Ranked, ...] = ()
    """All feasible candidates by utility. Empty after an abstention, or where a rule chose without a measurement."""
    contrasts: tuple[Contrast | None, ...] = ()
    """Contrasts of the first of `ranked` with each of them; None for itself."""
    tied: tuple[str, ...] = ()
    """Labels of the first candidate and those that cannot be told from it; empty where there is no other."""
    pool: tuple[str, ...] = ()
    """Keys of the candidates that may be named, best first: no programs, none that another beats in everything."""
    near: tuple[str, ...] = ()
    """Labels of the pool's best and those within the tolerance of it, which cost, energy or speed decides between."""
    pareto: tuple[str, ...] = ()
    removed: tuple[Removed, ...] = ()
    n_cases: int = 0
    """Number of cases of the task behind the expected quality of the chosen one."""

    @property
    def abstained(self) -> bool:
        """True where no candidate is named."""
        return self.chosen is None

    @property
    def winner(self) -> Ranked | None:
        """The chosen candidate with its expected values."""
        return next((ranked for ranked in self.ranked if ranked.candidate is self.chosen), None)

    @property
    def alternatives(self) -> tuple[Ranked, ...]:
        """The other feasible candidates, best first."""
        return tuple(ranked for ranked in self.ranked if ranked.candidate is not self.chosen)
