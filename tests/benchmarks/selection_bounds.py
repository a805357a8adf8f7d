"""Bounds that must hold, with what was found: a program prints them and ends with 1 where one is missed."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import t


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What was found, and between what it must lie."""

    name: str
    value: float
    least: float = -math.inf
    most: float = math.inf

    @property
    def holds(self) -> bool:
        """False for a value that is no number, too."""
        return bool(self.least <= self.value <= self.most)


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean over the splits, and its 95 % interval by Student's t."""
    found = np.asarray(values)
    reach = float(t.ppf(0.975, len(found) - 1) * found.std(ddof=1) / np.sqrt(len(found))) if len(found) > 1 else np.inf
    return float(found.mean()), float(found.mean() - reach), float(found.mean() + reach)


def printed(program: str, bounds: Sequence[Bound], **about: Any) -> int:
    """Prints one line of JSON; gives the exit status."""
    listed = [
        {name: value for name, value in asdict(bound).items() if not math.isinf(value if name != "name" else 0)}
        | {"holds": bound.holds}
        for bound in bounds
    ]
    missed = [bound.name for bound in bounds if not bound.holds]
    print(json.dumps({"program": program, "holds": not missed, "missed": missed, "bounds": listed, **about}))
    return 1 if missed else 0
