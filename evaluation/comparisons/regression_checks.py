"""Regression checks on a comparison, for `--fail-on-regression`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from evaluation.comparisons.sentences import ALPHA, pair_sentence
from evaluation.errors import UnknownNameError
from evaluation.results.as_json import json_key
from evaluation.results.comparisons import ComparisonResult
from evaluation.results.pairs import PairResult
from evaluation.stats.verdicts import A_BETTER, B_BETTER, INSUFFICIENT_DATA

Outcome = Literal["passed", "regressed", "undecided", "unscored"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionCheck:
    """One side compared with the baseline on one metric."""

    benchmark: str
    metric: str
    baseline: str
    side: str
    outcome: Outcome
    """`passed`, `regressed`, `undecided` if the cases are too few, `unscored` if the side has no score."""
    sentence: str = field(metadata=json_key("said"))
    """The comparison's sentence on the two sides."""

    @property
    def has_failed(self) -> bool:
        """True where the side is worse, or was not measured at all."""
        return self.outcome in ("regressed", "unscored")


def regression_checks(results: Sequence[ComparisonResult], metrics: Sequence[str] = ()) -> list[RegressionCheck]:
    """Return a check for each side and metric against the baseline, which is `--against` or the first side.

    A significant loss fails, unless a margin was given and the side is shown to be not worse by it.

    Args:
        results: Of comparisons.
        metrics: Additional to the headline: `latency_s`, say.

    Raises:
        UnknownNameError: a metric that was not compared.
    """
    return [check for result in results for check in _of_result(result, metrics)]


def _of_result(result: ComparisonResult, metrics: Sequence[str]) -> list[RegressionCheck]:
    baseline = result.against or result.sides[0].label
    compared = [metric.metric for metric in result.metrics]
    names = list(dict.fromkeys(([result.headline] if result.headline else []) + list(metrics)))
    for name in names:
        if name not in compared:
            raise UnknownNameError("metric that was compared", name, compared)
    pairs = [pair for pair in result.pairs if baseline in (pair.a, pair.b)]
    checks = [_check(result, baseline, pair) for name in names for pair in pairs if pair.metric == name]
    return [*checks, *(_unscored(result, baseline, side) for side in result.unscored)]


def _unscored(result: ComparisonResult, baseline: str, side: str) -> RegressionCheck:
    metric = str(result.headline)
    return RegressionCheck(
        benchmark=result.benchmark,
        metric=metric,
        baseline=baseline,
        side=side,
        outcome="unscored",
        sentence=f"{metric}: {side} has no score and cannot be compared with {baseline}",
    )


def _check(result: ComparisonResult, baseline: str, pair: PairResult) -> RegressionCheck:
    is_a = pair.a == baseline
    side = pair.b if is_a else pair.a
    lost = pair.verdict == (A_BETTER if is_a else B_BETTER)
    p_not_worse = pair.p_b_not_worse if is_a else pair.p_a_not_worse
    tolerated = lost and p_not_worse is not None and p_not_worse < ALPHA
    outcome: Outcome = "regressed" if lost and not tolerated else "passed"
    if pair.verdict == INSUFFICIENT_DATA:
        outcome = "undecided"
    sentence = f"{pair.metric}: {pair_sentence(pair)}" + ("; within the margin" if tolerated else "")
    return RegressionCheck(
        benchmark=result.benchmark,
        metric=pair.metric,
        baseline=baseline,
        side=side,
        outcome=outcome,
        sentence=sentence,
    )
