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
    """What is asked, as it was asked."""

    task: str | None
    constraints: Constraints
    weights: Weights
    on_tie: OnTie
    tolerance: float
    """In points of quality."""
    deviations: Deviations | None
    min_cases: int


DecidedBy = Literal["scoreboard", "rules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Who was chosen among whom, or why nobody was."""

    task: str | None
    chosen: Choosable | None
    """None: it abstained."""
    ranked: tuple[Ranked, ...]
    """All feasible candidates by utility. Empty where it abstained, or where a rule chose without a measurement."""
    contrasts: tuple[Contrast | None, ...]
    """The first of `ranked` against each of them; None against itself."""
    tied: tuple[str, ...]
    """Labels of those that cannot be told from the first, with it; empty where it stands alone."""
    pool: tuple[str, ...]
    """Keys of those that may be named, the best first: no program and nobody whom another one beats in everything."""
    near: tuple[str, ...]
    """Labels of those of the pool within the tolerance of its best, with it: what they take decides between them."""
    pareto: tuple[str, ...]
    removed: tuple[Removed, ...]
    n_cases: int
    """Cases of the task behind the expected quality of the chosen one."""
    decided_by: DecidedBy
    notes: tuple[str, ...]
    on_tie: OnTie
    tolerance: float
    weights: Weights
    is_fraction: bool
    """Whether a quality is a share, to be shown in percent."""
    percentile: float = 0.95
    """Of which the latencies are."""

    @property
    def abstained(self) -> bool:
        """True where nobody is named."""
        return self.chosen is None

    @property
    def winner(self) -> Ranked | None:
        """The chosen one with what may be expected of it."""
        return next((ranked for ranked in self.ranked if ranked.candidate is self.chosen), None)

    @property
    def alternatives(self) -> tuple[Ranked, ...]:
        """The other feasible candidates, best first."""
        return tuple(ranked for ranked in self.ranked if ranked.candidate is not self.chosen)
