"""Result types of a preference ranking: candidates on one scale of strength, from votes between two at a time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """How strong one candidate is."""

    name: str
    log_ability: float
    """Log-odds against an opponent of average strength."""
    elo: float
    """The average of all is 1000."""
    standard_error: float | None
    """Of the Elo figure, clustered by prompt."""
    low: float | None
    """Elo; None where there is no lower end: it never won against any but its like, or there is a single prompt."""
    high: float | None
    """Elo; None where there is no upper end: it was never beaten but by its like, or there is a single prompt."""
    ranks: tuple[int, int]
    """Best and worst rank that the significant contrasts leave open."""
    n_votes: int
    bootstrap: tuple[float | None, float | None] | None = None
    """Elo, by percentiles over prompts drawn again, from 100 prompts on; None for an open end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Two candidates on the scale of all."""

    a: str
    b: str
    elo: float
    """A less B."""
    low: float | None
    high: float | None
    chance: float
    """That A is preferred to B."""
    z: float | None
    """Difference by standard error."""
    p_value: float | None
    p_adjusted: float | None
    """Holm's, over all contrasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceRanking:
    """Candidates on one scale of strength, or why they have none in common."""

    ratings: tuple[Rating, ...]
    """Best first; empty where the candidates fall apart into several components."""
    contrasts: tuple[Contrast, ...]
    components: tuple[tuple[str, ...], ...]
    """Candidates connected by comparisons. Where there are several, `parts` ranks each by itself."""
    parts: "tuple[PreferenceRanking, ...]"
    groups: tuple[tuple[str, ...], ...]
    winner: str | None
    n_votes: int
    n_prompts: int
    deviance: float | None
    """How far the votes are from what one scale can say: near its degrees of freedom where it says all."""
    degrees_of_freedom: int | None
    notes: tuple[str, ...]
    confidence_level: float
