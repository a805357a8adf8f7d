"""Are these values that can be computed with, and how much do they vary?"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import ConfigurationError

Vector = NDArray[np.float64]
_ROUNDING = 1e-12


def as_vector(values: Iterable[float], *, what: str = "values") -> Vector:
    """Return the values as floats, shape (n,): at least one, all finite, truth values as 0 and 1.

    Raises:
        ConfigurationError: nothing to compute with, or a value that is no finite number.
    """
    vector = np.asarray(list(values), dtype=np.float64)
    if vector.size == 0:
        raise ConfigurationError(f"there are no {what} to compute with", "an empty run has no value; it is not 0")
    if not np.isfinite(vector).all():
        first = int(np.flatnonzero(~np.isfinite(vector))[0])
        raise ConfigurationError(
            f"{what}[{first}] is {vector[first]}, not a finite number", "leave failed cases out and count them"
        )
    return vector


def difference_of(a: Vector, b: Vector) -> Vector:
    """Return `a - b`, with 0 where the two differ by floating-point noise alone."""
    differences = a - b
    differences[np.abs(differences) <= _ROUNDING * np.maximum(np.abs(a), np.abs(b))] = 0.0
    return differences


def is_binary(vector: Vector) -> bool:
    """Return True where every value is 0 or 1."""
    return bool(np.isin(vector, (0.0, 1.0)).all())


def is_constant(vector: Vector) -> bool:
    """Return True where the values differ by no more than floating-point noise."""
    return bool(np.ptp(vector) <= _ROUNDING * np.abs(vector).max())


def standard_deviation(vector: Vector) -> float:
    """Return the standard deviation of a sample of at least two values (n - 1).

    Of very small and very large ones too.
    """
    scale = float(np.abs(vector).max()) or 1.0
    return float((vector / scale).std(ddof=1)) * scale
