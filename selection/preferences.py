"""A question for a candidate: constraints that must hold, and weights of quality, latency, cost and energy."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal, get_args

from evaluation.errors import ConfigurationError

OnTie = Literal["cheapest", "fastest", "best"]
"""Preference among candidates near the best: the cheapest, the fastest, or the one with the highest estimate."""
TOLERANCE = 0.5
"""Default tolerance in points (hundredths of quality): how far below the best a named candidate's estimate may be."""
TIE_ORDERS: Mapping[OnTie, tuple[str, ...]] = {
    "cheapest": ("cost", "energy", "memory"),
    "fastest": ("latency", "cost", "energy", "memory"),
    "best": (),
}
"""Order of criteria among candidates near the best: the first that differs decides; otherwise the highest estimate."""
MEMORY_DIGITS = 1
"""Decimal places of gigabytes: a difference in memory of less than a tenth does not count."""
LARGEST_WEIGHT = 1_000_000
"""Maximum weight: with it nothing else counts, and it can still be shown."""
LogPrompt = Literal["hash", "prompt"]
"""What to store of a prompt: its hash and length, or its text too."""
MOST_LOGGED = 4_000
"""Maximum number of characters of a prompt to store."""
OnLittleEvidence = Literal["abstain", "rules"]
"""Behaviour with too few measured cases: name no candidate, or let a rule pick one and say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """Constraints on a candidate. None or empty: no constraint.

    Raises:
        ConfigurationError: an invalid limit.
    """

    max_latency_s: float | None = None
    """Maximum seconds for an answer, at `percentile` of those measured."""
    percentile: float = 0.95
    max_memory_gb: float | None = None
    """Maximum memory of a loaded model in units of 10⁹ bytes."""
    max_cost_per_1k: float | None = None
    """US dollars for 1,000 answers."""
    max_energy_j: float | None = None
    """Maximum joules for an answer, on average."""
    min_quality: float | None = None
    """Minimum of the estimate, a fraction in [0, 1], as all qualities are."""
    capabilities: tuple[str, ...] = ()
    """Required capabilities of the model as reported by its server: `vision`, `tools`, `thinking`."""
    endpoints: tuple[str, ...] = ()
    """Names of the servers to use; empty: all."""
    models_only: bool = False
    """Whether to leave out programs, the baselines."""

    def __post_init__(self) -> None:
        for name in ("capabilities", "endpoints"):
            _must_be_names(self, name)
        for name in ("max_latency_s", "max_memory_gb", "max_cost_per_1k", "max_energy_j", "min_quality"):
            limit = getattr(self, name)
            if limit is not None and not (_is_number(limit) and limit >= 0):
                raise ConfigurationError(
                    f"the constraint {name} is {limit!r}", "Give a number that is zero or more, or leave it out."
                )
        if self.min_quality is not None and self.min_quality > 1:
            raise ConfigurationError(
                f"the constraint min_quality is {self.min_quality!r}",
                "Give a number from 0 to 1, as all qualities are (0.6 for 60 %), or leave it out.",
            )
        if not isinstance(self.models_only, bool):
            raise ConfigurationError(f"the constraint models_only is {self.models_only!r}", "Give True or False.")
        if not (_is_number(self.percentile) and 0 < self.percentile < 1):
            raise ConfigurationError(
                f"the constraint percentile is {self.percentile!r}", "Give a share between 0 and 1: 0.95 for the 95th."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Weights of quality, latency, cost and energy, in points of quality (hundredths) for each halving.

    With `Weights(latency=2)` a candidate that is twice as fast is worth as much as one that is 2 points better.
    Halvings are used instead of shares of the largest, so that a candidate that is never chosen changes no ranking.

    Raises:
        ConfigurationError: an invalid weight.
    """

    quality: float = 1.0
    latency: float = 0.0
    cost: float = 0.0
    energy: float = 0.0

    def __post_init__(self) -> None:
        weights = {each.name: getattr(self, each.name) for each in fields(self)}
        for name, weight in weights.items():
            if not (_is_number(weight) and 0 <= weight <= LARGEST_WEIGHT):
                raise ConfigurationError(
                    f"the weight {name} is {weight!r}", f"Give a number from 0 to {LARGEST_WEIGHT:,}."
                )
        if not any(weights.values()):
            raise ConfigurationError("all weights are zero", "Give at least one that is more, such as quality=1.")


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


def checked_choice(name: str, value: str, kind: object) -> str:
    """Return `value` if it is one of the values of the literal type `kind`.

    Raises:
        ConfigurationError: it is none of them.
    """
    allowed = get_args(kind)
    if value not in allowed:
        raise ConfigurationError(f"{name} is {value!r}", f"Give one of {', '.join(allowed)}.")
    return value


def must_be_ways(*, on_tie: str, tolerance: object, on_little_evidence: str) -> None:
    """Raise `ConfigurationError` unless these are valid preferences."""
    checked_choice("on_tie", on_tie, OnTie)
    checked_choice("on_little_evidence", on_little_evidence, OnLittleEvidence)
    if not (_is_number(tolerance) and 0 <= tolerance <= 100):  # type: ignore[operator]
        raise ConfigurationError(
            f"tolerance is {tolerance!r}", "Give points of quality from 0 to 100, such as 0.5 for half a point."
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _must_be_names(constraints: Constraints, name: str) -> None:
    value = getattr(constraints, name)
    if isinstance(value, str):
        raise ConfigurationError(f"the constraint {name} is {value!r}", f"Give several names: {name}=({value!r},).")
    names = tuple(value)
    if not all(isinstance(entry, str) and entry.strip() for entry in names):
        raise ConfigurationError(f"the constraint {name} is {value!r}", "Give non-empty names.")
    object.__setattr__(constraints, name, names)
