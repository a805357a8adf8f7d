"""Means of a run's scores by tag."""

import numpy as np

from evaluation.answer_matrix.figures import MatrixFigures
from evaluation.reports.runs.score_charts import tag_rows, tagged_cases

SCORES = np.array([[0.1, 1.0, 0.7]])


def _figures(metric: str) -> MatrixFigures:
    return MatrixFigures(
        run_id="run-1",
        metric=metric,
        signature=f"{metric}()|v1",
        higher_is_better=True,
        best_possible=None,
        worst_possible=None,
        labels=("a:1b",),
        run_candidate_ids=(1,),
        fingerprints=("f1",),
        case_ids=("q0", "q1", "q2"),
        scores=SCORES,
        seconds=SCORES,
        tokens=SCORES,
        characters=SCORES,
        marks=np.zeros(SCORES.shape, dtype=np.uint8),
    )


def _interval(metric: str) -> str:
    figures = _figures(metric)
    (row,) = tag_rows(figures, tagged_cases(dict.fromkeys(figures.case_ids, ("letters",)), figures))
    return row["a:1b"]


def test_a_mean_by_tag_has_no_interval_beyond_what_the_metric_can_be() -> None:
    assert "0.600 [0.000, 1.000]" == _interval("token_f1")


def test_a_metric_of_unknown_range_keeps_its_interval() -> None:
    assert "0.600 [-0.538, 1.738]" == _interval("my_own")
