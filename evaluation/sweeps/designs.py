"""Designs of a sweep: full grid, random sample or Latin hypercube of the combinations."""

from collections.abc import Sequence
from enum import StrEnum
from itertools import product
from math import prod

import numpy as np

from evaluation.errors import ConfigurationError
from evaluation.fingerprint import canonical_json
from evaluation.sweeps.space import Combination, Parameter

MAX_COMBINATIONS = 10_000
_DRAWS_FOR_EACH = 50
"""Draws without a new combination that are allowed for each requested combination."""


class Design(StrEnum):
    """How combinations are chosen."""

    GRID = "grid"
    RANDOM = "random"
    LATIN = "latin"
    """Latin hypercube: each parameter's range is divided into as many pieces as combinations, each used once."""


def combinations(
    parameters: Sequence[Parameter], design: Design, *, n_samples: int | None, seed: int
) -> tuple[Combination, ...]:
    """Return the combinations, each once; the same for the same seed.

    Args:
        parameters: The space, at least one.
        design: How to choose from it.
        n_samples: How many; a grid takes all that there are.
        seed: Of the random draws.

    Raises:
        ConfigurationError: no parameter, a grid over a continuous range, too many or no number of combinations.
    """
    if not parameters:
        raise ConfigurationError("a sweep needs a parameter", "For example --param temperature=0:1:0.25")
    if design is Design.GRID:
        return _grid(parameters, n_samples)
    if n_samples is None or not 1 <= n_samples <= MAX_COMBINATIONS:
        raise ConfigurationError(
            f"a {design} sweep needs a number of combinations from 1 to {MAX_COMBINATIONS:,}, not {n_samples}",
            "For example --samples 30",
        )
    rng = np.random.default_rng([seed, n_samples])
    places = _at_random if design is Design.RANDOM else _latin
    chosen: dict[str, Combination] = {}
    for _ in range(_DRAWS_FOR_EACH):
        for row in places(n_samples, len(parameters), rng):
            combination = {
                parameter.name: parameter.at(share) for parameter, share in zip(parameters, row, strict=True)
            }
            chosen.setdefault(canonical_json(combination), combination)
        if len(chosen) >= n_samples:
            break
    return tuple(list(chosen.values())[:n_samples])


def _grid(parameters: Sequence[Parameter], n_samples: int | None) -> tuple[Combination, ...]:
    for parameter in parameters:
        if parameter.is_continuous:
            raise ConfigurationError(
                f"parameter {parameter.name!r} has no step, and a grid needs one",
                f"Give {parameter.name}={parameter.low:g}:{parameter.high:g}:STEP, or --design random or latin.",
            )
    n = prod(len(parameter.values) for parameter in parameters)
    if n > MAX_COMBINATIONS:
        raise ConfigurationError(
            f"the grid has {n:,} combinations; allowed: {MAX_COMBINATIONS:,}",
            "Give fewer values, or --design latin --samples N.",
        )
    if n_samples is not None and n_samples != n:
        raise ConfigurationError(
            f"a grid has all its {n:,} combinations, not {n_samples}", "Leave --samples out, or give --design latin."
        )
    names = [parameter.name for parameter in parameters]
    return tuple(
        dict(zip(names, values, strict=True)) for values in product(*(parameter.values for parameter in parameters))
    )


def _at_random(n: int, n_parameters: int, rng: "np.random.Generator") -> list[list[float]]:
    rows: list[list[float]] = rng.random((n, n_parameters)).tolist()
    return rows


def _latin(n: int, n_parameters: int, rng: "np.random.Generator") -> list[list[float]]:
    """Return a Latin hypercube: one point in each of n parts of every axis.

    Source: McKay, Beckman and Conover 1979, doi:10.2307/1268522.
    """
    strata = np.column_stack([rng.permutation(n) for _ in range(n_parameters)])
    rows: list[list[float]] = ((strata + rng.random((n, n_parameters))) / n).tolist()
    return rows
