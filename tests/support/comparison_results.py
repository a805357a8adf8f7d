"""Results of comparisons as types, for what shows, checks and stores them."""

from typing import Any

from evaluation.results.comparisons import ComparisonResult, Flips
from evaluation.results.pairs import PairResult
from evaluation.stats.verdicts import Kind


def a_pair(**changes: Any) -> PairResult:
    """B better than A by 4.1 points on 1,319 pairs of right and wrong answers, but for what is changed."""
    return PairResult(
        **{
            "metric": "exact_match",
            "a": "A",
            "b": "B",
            "verdict": "B better",
            "difference": -0.041,
            "low": -0.063,
            "high": -0.019,
            "p_value": 0.0004,
            "p_adjusted": 0.0004,
            "n_pairs": 1319,
            "method": "newcombe+mcnemar_exact",
            "effect_size": -0.065,
            "mde": 0.031,
            "kind": Kind.BINARY,
            "n_only_a": 0,
            "n_only_b": 0,
            "n_clusters": None,
            "mean_a": 0.5,
            "mean_b": 0.541,
            "effect_size_name": "cohen_g",
            "n_more": None,
            "aim": None,
            "margin": None,
            "p_equivalence": None,
            "p_a_not_worse": None,
            "p_b_not_worse": None,
            "design_effect": None,
            "n_better_a": 180,
            "n_better_b": 234,
            "n_equal": 905,
            "higher_is_better": True,
            "confidence_level": 0.95,
            "also": {},
            "intervals": {},
            "notes": (),
            "standard_error": 0.0112,
            "unit": "fraction",
            "failures_as_zero": None,
        }
        | changes
    )


def a_comparison(**changes: Any) -> ComparisonResult:
    """A comparison of nothing, but for what is changed."""
    return ComparisonResult(
        **{
            "comparison_id": "abcdef",
            "code_version": "0.1.0",
            "sentences": (),
            "benchmark": "numbers",
            "benchmark_version": "v1",
            "task_type": None,
            "n_cases": None,
            "run_ids": ("one", "two"),
            "by": None,
            "against": None,
            "margin": None,
            "headline": None,
            "winner": None,
            "sides": (),
            "metrics": (),
            "preferences": (),
            "flips": (),
            "notes": (),
            "pairs": (),
        }
        | changes
    )


def some_flips(**changes: Any) -> Flips:
    """Twelve cases on which x and y are alike, but for what is changed."""
    return Flips(
        **{
            "a": "x",
            "b": "y",
            "run_a": "one",
            "run_b": "one",
            "n_better_a": 0,
            "n_better_b": 0,
            "n_equal": 12,
            "better_a": (),
            "better_b": (),
        }
        | changes
    )
