"""Which cases do two candidates have in common? Pairs are made by case id, never by position."""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from math import isfinite, isinf, isnan
from typing import cast

from evaluation.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """The scores of two candidates on the cases that both have, and what was left out."""

    case_ids: tuple[str, ...]
    a: tuple[float, ...]
    b: tuple[float, ...]
    only_a: tuple[str, ...]
    """Cases that A has and B lacks: B's server failed there, or it was never asked."""
    only_b: tuple[str, ...]

    @property
    def n_pairs(self) -> int:
        """How many cases both have."""
        return len(self.case_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usable:
    """Scores that can be computed with, and the cases that have none."""

    values: Mapping[str, float]
    missing: frozenset[str]
    """Cases whose score is None, NaN or a value that stands for "no score"."""


def paired_by_case(a: Mapping[str, float], b: Mapping[str, float]) -> Pairs:
    """Return the cases of `a` that `b` has too, in the order of `a`."""
    shared = tuple(case_id for case_id in a if case_id in b)
    return Pairs(
        case_ids=shared,
        a=tuple(a[case_id] for case_id in shared),
        b=tuple(b[case_id] for case_id in shared),
        only_a=tuple(case_id for case_id in a if case_id not in b),
        only_b=tuple(case_id for case_id in b if case_id not in a),
    )


def usable_scores(scores: Mapping[str, float | None], *, sentinels: Collection[float] = ()) -> Usable:
    """Return the finite scores as floats, truth values as 0 and 1, apart from the cases without a score.

    Args:
        scores: One for each case; None and NaN say that there is none.
        sentinels: Values that say the same, such as the -1 of a judge that gave no verdict.

    Raises:
        ConfigurationError: a score that is infinite or no number.
    """
    if not sentinels and all(type(score) is float and isfinite(score) for score in scores.values()):
        return Usable(values=cast(dict[str, float], dict(scores)), missing=frozenset())  # the common case, read fast
    values = {case_id: _number(case_id, score) for case_id, score in scores.items()}
    missing = frozenset(case_id for case_id, value in values.items() if isnan(value) or value in sentinels)
    return Usable(
        values={case_id: value for case_id, value in values.items() if case_id not in missing}, missing=missing
    )


def _number(case_id: Hashable, score: object) -> float:
    if type(score) is float and not isinf(score):
        return score
    if score is None:
        return float("nan")
    # Not float(score) alone: it would read the text "1".
    if isinstance(score, str | bytes) or not hasattr(score, "__float__"):
        raise ConfigurationError(f"the score {score!r} of case {case_id!r} is not a number", "leave such cases out")
    value = float(score)
    if isinf(value):
        raise ConfigurationError(
            f"the score of case {case_id!r} is {value}, not a finite number", "leave failed cases out and count them"
        )
    return value
