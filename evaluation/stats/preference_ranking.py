"""Result types of a preference ranking: candidates on one scale of strength, from votes between two at a time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """Strength of one candidate."""

    name: str
    log_ability: float
    """Log-odds of winning against an opponent of average strength."""
    elo: float
    """Elo rating; the average of all candidates is 1000."""
    standard_error: float | None
    """Standard error of the Elo rating, clustered by prompt."""
    low: float | None
    """Elo; None if unbounded, since it never won except against its equals, or if there is a single prompt."""
    high: float | None
    """Elo; None if unbounded, since it never lost except to its equals, or if there is a single prompt."""
    ranks: tuple[int, int]
    """Best and worst rank compatible with the significant contrasts."""
    n_votes: int
    bootstrap: tuple[float | None, float | None] | None = None
    """Elo, by percentiles over prompts drawn again, from 100 prompts on; None for an open end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Comparison of two candidates on the common scale."""

    a: str
    b: str
    elo: float
    """Elo difference, A less B."""
    low: float | None
    high: float | None
    chance: float
    """Probability that A is preferred to B."""
    z: float | None
    """Difference divided by its standard error."""
    p_value: float | None
    p_adjusted: float | None
    """Holm-adjusted p-value over all contrasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceRanking:
    """Candidates on one scale of strength, or the reason why there is no common scale."""

    ratings: tuple[Rating, ...]
    """Ratings, best first; empty if the candidates form several components."""
    contrasts: tuple[Contrast, ...]
    components: tuple[tuple[str, ...], ...]
    """Candidates connected by comparisons. If there are several components, `parts` has the ranking of each."""
    parts: "tuple[PreferenceRanking, ...]"
    groups: tuple[tuple[str, ...], ...]
    winner: str | None
    n_votes: int
    n_prompts: int
    deviance: float | None
    """Deviance of the votes from a single scale; close to its degrees of freedom if the scale fits."""
    degrees_of_freedom: int | None
    notes: tuple[str, ...]
    confidence_level: float
