"""Findings about the judges of a run: their agreement and their biases."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from evaluation.metrics.judges.pairwise import JudgePairwise, PairwiseEvidence, pairwise_evidence
from evaluation.metrics.judges.rubric import JudgeRubric, RubricEvidence, rubric_evidence
from evaluation.scores import Measurement
from evaluation.stats.agreement import Agreement, krippendorff_alpha
from evaluation.stats.judge_bias import (
    LengthBias,
    PositionBias,
    length_bias_of_grades,
    length_bias_of_pairs,
    position_bias,
)

_MISSING = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeScores:
    """Scores of one judge under one metric."""

    judge: str
    """Name of the judge in the report."""
    metric: str
    """Any metric that asks a judge. The inputs of its value are known only for `judge_rubric` and `judge_pairwise`."""
    measurements: Mapping[str, Measurement]
    """Measurements by a key that is equal for the same answer or pair of answers, for any judge."""
    failures: Mapping[str, int] = field(default_factory=dict)
    """Number of failed verdicts, by kind of failure."""
    cases: Mapping[str, str] = field(default_factory=dict)
    """Case of each key, if cases were judged more than once: repeats and candidates of a case are not independent
    evidence. Empty if each key is a case of its own.
    """

    def clusters(self, keys: Iterable[str]) -> list[str]:
        """Return the case of each of these keys."""
        return [self.cases.get(key, key) for key in keys]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeFinding:
    """Findings on one judge."""

    judge: str
    metric: str
    n_judged: int
    """Values based on a verdict, as far as known."""
    failures: Mapping[str, int]
    position: PositionBias | None
    """None for a metric that shows one answer at a time."""
    length: LengthBias | None
    """None for a metric whose individual verdicts are unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterAgreement:
    """Agreement of raters under one metric."""

    raters: tuple[str, ...]
    """The judges."""
    metric: str
    agreement: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingFindings:
    """Findings on all judges of a run."""

    judges: tuple[JudgeFinding, ...]
    agreements: tuple[RaterAgreement, ...]
    """First among all judges of a metric, then of each two."""


def judging_findings(judges: Sequence[JudgeScores], *, rng: "np.random.Generator") -> JudgingFindings:
    """Return the findings about the judges from their stored verdicts.

    Args:
        judges: Each judge once under each metric.
        rng: Seed it to reproduce a report.
    """
    judge_findings = tuple(_finding(scores, rng) for scores in judges)
    agreements = []
    for metric in dict.fromkeys(scores.metric for scores in judges):
        same = [scores for scores in judges if scores.metric == metric]
        agreements += _agreements(same, rng)
    return JudgingFindings(judges=judge_findings, agreements=tuple(agreements))


def _finding(scores: JudgeScores, rng: "np.random.Generator") -> JudgeFinding:
    pairs, grades = _pairs(scores), _grades(scores)
    return JudgeFinding(
        judge=scores.judge,
        metric=scores.metric,
        n_judged=len(_rated(scores)),
        failures=dict(scores.failures),
        position=_position(scores, pairs) if scores.metric == JudgePairwise.name else None,
        length=_length(scores, pairs, grades, rng),
    )


def _length(
    scores: JudgeScores,
    pairs: Mapping[str, PairwiseEvidence],
    grades: Mapping[str, RubricEvidence],
    rng: "np.random.Generator",
) -> LengthBias | None:
    if scores.metric == JudgePairwise.name:
        return _length_of_pairs(scores, pairs, rng)
    return _length_of_grades(scores, grades, rng) if scores.metric == JudgeRubric.name else None


def _pairs(scores: JudgeScores) -> dict[str, PairwiseEvidence]:
    """Return the evidence behind each pair's value, where a judge was asked."""
    if scores.metric != JudgePairwise.name:
        return {}
    read = {key: pairwise_evidence(measurement) for key, measurement in scores.measurements.items()}
    return {key: evidence for key, evidence in read.items() if evidence is not None}


def _grades(scores: JudgeScores) -> dict[str, RubricEvidence]:
    if scores.metric != JudgeRubric.name:
        return {}
    read = {key: rubric_evidence(measurement) for key, measurement in scores.measurements.items()}
    return {key: evidence for key, evidence in read.items() if evidence is not None}


def _position(scores: JudgeScores, pairs: Mapping[str, PairwiseEvidence]) -> PositionBias:
    return position_bias(
        [evidence.measured_first for evidence in pairs.values()],
        [evidence.opponent_first for evidence in pairs.values()],
        clusters=scores.clusters(pairs),
    )


def _length_of_pairs(
    scores: JudgeScores, pairs: Mapping[str, PairwiseEvidence], rng: "np.random.Generator"
) -> LengthBias:
    return length_bias_of_pairs(
        [scores.measurements[key].value for key in pairs],
        [evidence.n_characters for evidence in pairs.values()],
        [evidence.n_characters_opponent for evidence in pairs.values()],
        rng=rng,
        clusters=scores.clusters(pairs),
    )


def _length_of_grades(
    scores: JudgeScores, grades: Mapping[str, RubricEvidence], rng: "np.random.Generator"
) -> LengthBias:
    return length_bias_of_grades(
        [evidence.score for evidence in grades.values()],
        [evidence.n_characters for evidence in grades.values()],
        rng=rng,
        clusters=scores.clusters(grades),
    )


def _rated(scores: JudgeScores) -> dict[str, float]:
    """Return a judge's ratings: a grade of 1-5, or 1, 0.5 and 0 for a pair."""
    if scores.metric not in (JudgeRubric.name, JudgePairwise.name):
        return {key: measurement.value for key, measurement in scores.measurements.items()}
    pairs = {key: scores.measurements[key].value for key in _pairs(scores)}
    return pairs | {key: evidence.score for key, evidence in _grades(scores).items()}


def _agreements(judges: Sequence[JudgeScores], rng: "np.random.Generator") -> list[RaterAgreement]:
    """Return the agreement of one metric's judges with one another."""
    rated = {scores.judge: _rated(scores) for scores in judges}
    groups = [tuple(rated)] if len(rated) > 2 else []
    groups += list(combinations(rated, 2))
    agreements = []
    for raters in groups:
        keys, table = _table([rated[rater] for rater in raters])
        alpha = krippendorff_alpha(table, rng=rng, clusters=judges[0].clusters(keys))
        agreements.append(RaterAgreement(raters=raters, metric=judges[0].metric, agreement=alpha))
    return agreements


def _table(rows: Sequence[Mapping[str, float]]) -> tuple[list[str], list[list[float]]]:
    """Return the keys of everything rated, and a row of ratings per rater with gaps as NaN."""
    keys = sorted(set().union(*rows))
    return keys, [[row.get(key, _MISSING) for key in keys] for row in rows]
