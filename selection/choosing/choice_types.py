"""The input and the result of a choice."""

from dataclasses import dataclass
from typing import Literal

from evaluation.records.evidence import Choosable
from selection.answers import Ranked, Removed
from selection.choosing.ties import Contrast
from selection.preferences import Constraints, OnTie, Weights
from selection.scoreboard import Deviations


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The question as it was asked."""

    task: str | None
    constraints: Constraints
    weights: Weights
    on_tie: OnTie
    tolerance: float
    """Tolerance in points of quality."""
    deviations: Deviations | None
    min_cases: int


DecidedBy = Literal["scoreboard", "rules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The chosen candidate with the others, or the reason for naming none."""

    task: str | None
    chosen: Choosable | None
    """None for an abstention."""
    ranked: tuple[Ranked, ...]
    """All feasible candidates by utility. Empty after an abstention, or where a rule chose without a measurement."""
    contrasts: tuple[Contrast | None, ...]
    """Contrasts of the first of `ranked` with each of them; None for itself."""
    tied: tuple[str, ...]
    """Labels of the first candidate and those that cannot be told from it; empty where there is no other."""
    pool: tuple[str, ...]
    """Keys of the candidates that may be named, best first: no programs, none that another beats in everything."""
    near: tuple[str, ...]
    """Labels of the pool's best and those within the tolerance of it, which cost, energy or speed decides between."""
    pareto: tuple[str, ...]
    removed: tuple[Removed, ...]
    n_cases: int
    """Number of cases of the task behind the expected quality of the chosen one."""
    decided_by: DecidedBy
    notes: tuple[str, ...]
    on_tie: OnTie
    tolerance: float
    weights: Weights
    is_fraction: bool
    """Whether a quality is a share, to be shown in percent."""
    percentile: float = 0.95
    """Percentile of the latencies."""

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
