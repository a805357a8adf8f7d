"""How far may the judges of a run be trusted: do they agree, and what do they look at beside the answers?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from statistics import fmean

import numpy as np

from evaluation.metrics.judges.pairwise import JudgePairwise, PairwiseEvidence, pairwise_evidence
from evaluation.metrics.judges.rubric import JudgeRubric, RubricEvidence, rubric_evidence
from evaluation.score import Measurement
from evaluation.stats.agreement import Agreement, krippendorff_alpha, weighted_kappa
from evaluation.stats.judge_bias import (
    LengthBias,
    PositionBias,
    length_bias_of_grades,
    length_bias_of_pairs,
    position_bias,
)

PEOPLE = "people"
_MISSING = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeScores:
    """What one judge said under one metric."""

    judge: str
    """What the judge is called in the report."""
    metric: str
    """`judge_rubric` or `judge_pairwise`."""
    measurements: Mapping[str, Measurement]
    """By what was judged: the same key for the same answer, or pair of answers, whoever judges it."""
    failures: Mapping[str, int] = field(default_factory=dict)
    """How many verdicts could not be had, by the kind of the failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeFinding:
    """What one judge looks at."""

    judge: str
    metric: str
    n_judged: int
    """Values that rest on a verdict."""
    n_without_judge: int
    """Values of answers that needed none: empty ones, equal ones."""
    failures: Mapping[str, int]
    position: PositionBias | None
    """None for a metric that shows one answer at a time."""
    length: LengthBias


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterAgreement:
    """How far raters agree under one metric."""

    raters: tuple[str, ...]
    """Judges, or `people`: the mean of what they gave."""
    metric: str
    agreement: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingFindings:
    """What is known of all judges of a run."""

    judges: tuple[JudgeFinding, ...]
    agreements: tuple[RaterAgreement, ...]
    """Between all judges of a metric, then between each two, then of each with people."""


def judging_findings(
    judges: Sequence[JudgeScores],
    *,
    rng: np.random.Generator,
    ratings: Mapping[str, Mapping[str, Sequence[float]]] | None = None,
) -> JudgingFindings:
    """What the stored verdicts tell of the judges.

    Args:
        judges: Each judge once under each metric.
        rng: Seed it to reproduce a report.
        ratings: People's, by metric and by what was rated, one or more each: 1-5 for grades; 1, 0.5 or 0 for pairs.
    """
    found = tuple(_finding(scores, rng) for scores in judges)
    agreements = []
    for metric in dict.fromkeys(scores.metric for scores in judges):
        rated = {scores.judge: _rated(scores) for scores in judges if scores.metric == metric}
        agreements += _agreements(metric, rated, (ratings or {}).get(metric, {}), rng)
    return JudgingFindings(judges=found, agreements=tuple(agreements))


def _finding(scores: JudgeScores, rng: np.random.Generator) -> JudgeFinding:
    pairs, grades = _pairs(scores), _grades(scores)
    n_judged = len(pairs) + len(grades)
    return JudgeFinding(
        judge=scores.judge,
        metric=scores.metric,
        n_judged=n_judged,
        n_without_judge=len(scores.measurements) - n_judged,
        failures=dict(scores.failures),
        position=_position(pairs) if scores.metric == JudgePairwise.name else None,
        length=_length_of_pairs(pairs, rng) if scores.metric == JudgePairwise.name else _length_of_grades(grades, rng),
    )


def _pairs(scores: JudgeScores) -> list[tuple[float, PairwiseEvidence]]:
    """Value and evidence of each pair that was judged."""
    if scores.metric != JudgePairwise.name:
        return []
    read = [(found.value, pairwise_evidence(found)) for found in scores.measurements.values()]
    return [(value, evidence) for value, evidence in read if evidence is not None]


def _grades(scores: JudgeScores) -> list[RubricEvidence]:
    if scores.metric != JudgeRubric.name:
        return []
    read = [rubric_evidence(found) for found in scores.measurements.values()]
    return [evidence for evidence in read if evidence is not None]


def _position(pairs: Sequence[tuple[float, PairwiseEvidence]]) -> PositionBias:
    return position_bias(
        [evidence.measured_first for _, evidence in pairs], [evidence.opponent_first for _, evidence in pairs]
    )


def _length_of_pairs(pairs: Sequence[tuple[float, PairwiseEvidence]], rng: np.random.Generator) -> LengthBias:
    return length_bias_of_pairs(
        [value for value, _ in pairs],
        [evidence.n_characters for _, evidence in pairs],
        [evidence.n_characters_opponent for _, evidence in pairs],
        rng=rng,
    )


def _length_of_grades(grades: Sequence[RubricEvidence], rng: np.random.Generator) -> LengthBias:
    return length_bias_of_grades(
        [evidence.score for evidence in grades], [evidence.n_characters for evidence in grades], rng=rng
    )


def _rated(scores: JudgeScores) -> dict[str, float]:
    """What a judge gave, in the unit in which people give it: a grade of 1-5, or 1, 0.5 and 0 for a pair."""
    if scores.metric == JudgePairwise.name:
        return {key: found.value for key, found in scores.measurements.items() if pairwise_evidence(found) is not None}
    read = {key: rubric_evidence(found) for key, found in scores.measurements.items()}
    return {key: evidence.score for key, evidence in read.items() if evidence is not None}


def _agreements(
    metric: str,
    judges: Mapping[str, Mapping[str, float]],
    ratings: Mapping[str, Sequence[float]],
    rng: np.random.Generator,
) -> list[RaterAgreement]:
    groups = [tuple(judges)] if len(judges) > 2 else []
    groups += list(combinations(judges, 2))
    found = []
    for raters in groups:
        alpha = krippendorff_alpha(_table([judges[rater] for rater in raters]), rng=rng)
        found.append(RaterAgreement(raters=raters, metric=metric, agreement=alpha))
    people = {key: fmean(given) for key, given in ratings.items() if given}
    for judge, rated in judges.items() if people else ():
        kappa = weighted_kappa(*_table([rated, people]), rng=rng)
        found.append(RaterAgreement(raters=(judge, PEOPLE), metric=metric, agreement=kappa))
    return found


def _table(rows: Sequence[Mapping[str, float]]) -> list[list[float]]:
    keys = sorted(set().union(*rows))
    return [[row.get(key, _MISSING) for key in keys] for row in rows]
