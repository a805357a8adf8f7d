"""What can be wished for, and what cannot."""

from typing import Any

import pytest

from evaluation.errors import ConfigurationError
from selection.preferences import LARGEST_WEIGHT, Constraints, Weights


@pytest.mark.parametrize(
    ("wish", "step"),
    [
        ({"min_quality": 1.4}, "from 0 to 1"),
        ({"min_quality": 80}, "from 0 to 1"),
        ({"min_quality": -0.1}, "zero or more"),
        ({"max_latency_s": -1}, "zero or more"),
        ({"max_memory_gb": -1}, "zero or more"),
        ({"max_cost_per_1k": -1}, "zero or more"),
        ({"max_energy_j": -1}, "zero or more"),
        ({"max_energy_j": float("nan")}, "zero or more"),
        ({"percentile": 95}, "between 0 and 1"),
        ({"percentile": 0}, "between 0 and 1"),
        ({"capabilities": ("vision", " ")}, "non-empty names"),
        ({"endpoints": ("",)}, "non-empty names"),
    ],
)
def test_what_nothing_can_hold_is_refused_with_what_can_be_asked(wish: dict[str, Any], step: str) -> None:
    (name,) = wish
    with pytest.raises(ConfigurationError, match=f"the constraint {name} is ") as refused:
        Constraints(**wish)

    assert step in (refused.value.next_step or "")


def test_the_ends_of_what_a_quality_can_be_may_be_asked() -> None:
    assert (0, 1) == (Constraints(min_quality=0).min_quality, Constraints(min_quality=1).min_quality)


@pytest.mark.parametrize("weight", [-1, LARGEST_WEIGHT + 1, float("inf"), float("nan"), True, "2"])
def test_a_weight_that_cannot_be_one_is_refused_with_its_range(weight: Any) -> None:
    with pytest.raises(ConfigurationError, match="the weight latency is ") as refused:
        Weights(latency=weight)

    assert "Give a number from 0 to 1,000,000." == refused.value.next_step
