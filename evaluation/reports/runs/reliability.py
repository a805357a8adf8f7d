"""How sure the candidates of a run say they are, beside how often they are right."""

from collections.abc import Mapping
from itertools import chain

import numpy as np

from evaluation.answer_matrix.figures import MatrixFigures
from evaluation.charts.chart import plotted_number
from evaluation.charts.curve_chart import LabelledLine, LineChart, PointOnLine
from evaluation.formatting import counted, score, score_interval
from evaluation.results.estimates import shown_estimate
from evaluation.stats.reliability import Reliability, reliability

TITLE = "How sure the answers are, and how often right"
SHARE = (0.0, 1.0)
READING = (
    "The confidence is what the candidate's pipeline says of its answer, such as the chance that one more sample would "
    "agree. On the diagonal it is as sure as it is right; below it, surer than right."
)


def reliabilities(figures: MatrixFigures, confidences: Mapping[int, Mapping[str, float]]) -> dict[str, Reliability]:
    """Return how far the confidences of each candidate can be taken at their word, of those that have any.

    Nothing for a metric whose scores are no shares, or of which less is better.

    Args:
        figures: The run's, with the scores.
        confidences: By the candidate's id and the case.
    """
    if (figures.worst_possible, figures.best_possible) != SHARE:
        return {}
    by_label = {}
    for row, (label, candidate) in enumerate(zip(figures.labels, figures.run_candidate_ids, strict=True)):
        of_case = confidences.get(candidate, {})
        confidence = np.array([of_case.get(case_id, np.nan) for case_id in figures.case_ids])
        if (result := reliability(confidence, figures.scores[row])) is not None:
            by_label[label] = result
    return by_label


def reliability_chart(metric: str, by_label: Mapping[str, Reliability]) -> LineChart | None:
    """Return the mean score against the confidence of each candidate; None where none has a confidence."""
    if not by_label:
        return None
    return LineChart(
        title=TITLE,
        description=f"For each candidate that says how sure it is: the mean {metric} of its answers against their "
        "confidence, with 95 % intervals, and the diagonal on which both are the same",
        lines=tuple(
            LabelledLine(
                label=label,
                points=tuple(
                    PointOnLine(x=each.confidence, number=number)
                    for each in result.bins
                    if (number := plotted_number(each.score)) is not None
                ),
            )
            for label, result in by_label.items()
        ),
        x_title="confidence of the answer",
        y_title=metric,
        y_range=SHARE,
        has_diagonal=True,
    )


def reliability_rows(metric: str, by_label: Mapping[str, Reliability]) -> list[dict[str, str]]:
    """Return a row for each candidate and about equal confidence."""
    return [
        {
            "candidate": label,
            "confidence": score(each.confidence),
            metric: shown_estimate(each.score),
            "cases": f"{each.score.n_cases:,}",
        }
        for label, result in by_label.items()
        for each in result.bins
    ]


def reliability_lines(by_label: Mapping[str, Reliability]) -> list[str]:
    """Return a sentence on each candidate, and how to read them; nothing where none has a confidence."""
    return [
        *chain.from_iterable(_lines(label, result) for label, result in by_label.items()),
        *([READING] if by_label else []),
    ]


def _lines(label: str, result: Reliability) -> list[str]:
    excess = result.excess
    cases = counted(excess.n_cases, "case")
    distance = f"{score(result.calibration_error)} from its scores on average over the bins (ECE)"
    if excess.low is None or excess.high is None:
        return [f"{label}: its confidence is {distance}, {cases}: too few to say more."]
    by = f"{score(abs(excess.value))} {score_interval(*_ascending(excess.low, excess.high, excess.value))}"
    if excess.low > 0:
        word = f"surer than right, by {by}"
    elif excess.high < 0:
        word = f"less sure than right, by {by}"
    else:
        between = score_interval(excess.low, excess.high, signed=True)
        word = f"not shown to be surer or less sure than right (confidence less score in {between})"
    return [f"{label}: {word}; its confidence is {distance}, {cases}."]


def _ascending(low: float, high: float, value: float) -> tuple[float, float]:
    return (low, high) if value >= 0 else (-high, -low)
