"""The result of a choice."""

from dataclasses import dataclass
from typing import Literal

from evaluation.records.evidence import Choosable
from selection.answers import Ranked, Removed
from selection.choosing.ties import Contrast
from selection.preferences import Question

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
