"""How long a score took before: read from the moments at which scores were stored; unknown where those say nothing."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from stored_runs import MOMENT, asked, numbers, right, store_run

from evaluation.forecasts.scoring_work import ScoringPace, n_requests, scoring_pace
from evaluation.metrics.metric import Metric, ModelMetric
from evaluation.metrics.parsing import parse_metric
from evaluation.records.candidates import MetricUse
from evaluation.records.scores import ScoreRow
from evaluation.scores import Measurement, ScoreFailure
from evaluation.store.outcomes import iterate_outcomes
from evaluation.store.runs import find_run
from evaluation.store.scores import save_scores
from evaluation.store.session import Store

RUBRIC = parse_metric("judge_rubric(model='j', digest='d')")
PAIRWISE = parse_metric("judge_pairwise(model='j', digest='d', against='a #1')")
OTHERS = parse_metric("judge_rubric(model='k', digest='e')")


def by_j(metric: Metric) -> bool:
    return isinstance(metric, ModelMetric) and metric.model == "j"


class Scorer:
    """Stores scores of the first answers of a run as if it were a certain moment."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch, run_id: str = "run-1") -> None:
        cases = numbers(40)
        store_run(store, asked("a:1b", right(cases)), cases=cases, run_id=run_id)
        (candidate,) = find_run(store, run_id).candidates
        (page,) = iterate_outcomes(store, candidate.run_candidate_id)
        self._ids: Sequence[int] = [found.generation_id for found in page]
        self._store, self._patch = store, monkeypatch

    def save(self, metric: Metric, after_s: float, first: int, last: int, *, failed: bool = False) -> datetime:
        """The moment at which the scores of these answers were stored."""
        moment = MOMENT + timedelta(seconds=after_s)
        self._patch.setattr("evaluation.store.scores.now", lambda: moment)
        use = MetricUse(name=metric.name, signature=metric.signature)
        measurement = ScoreFailure(kind="verdict_unreadable", message="{") if failed else Measurement(value=0.5)
        rows = [
            ScoreRow(generation_id=row_id, metric=use, measurement=measurement, scorer_version="1")
            for row_id in self._ids[first:last]
        ]
        save_scores(self._store, rows)
        return moment


def test_each_batch_took_the_time_since_the_one_before_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = Scorer(store, monkeypatch)
    scorer.save(RUBRIC, 0, 0, 10)
    scorer.save(RUBRIC, 20, 10, 20)
    last = scorer.save(RUBRIC, 50, 20, 30, failed=True)

    assert ScoringPace(n_scores=30, newest_at=last, request_s=2.5) == scoring_pace(store, by_j)


def test_a_pair_is_two_requests_and_all_metrics_of_one_judge_share_its_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer = Scorer(store, monkeypatch)
    scorer.save(RUBRIC, 0, 0, 1)
    scorer.save(PAIRWISE, 30, 0, 10)
    scorer.save(RUBRIC, 40, 1, 21)
    scorer.save(OTHERS, 45, 0, 10)

    pace = scoring_pace(store, by_j)
    assert (2, 1) == (n_requests(PAIRWISE), n_requests(RUBRIC))
    assert pace is not None
    assert 1.0 == pace.request_s


def test_pauses_in_which_nobody_worked_and_those_between_runs_do_not_count(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer = Scorer(store, monkeypatch)
    scorer.save(RUBRIC, 0, 0, 10)
    scorer.save(RUBRIC, 10, 10, 20)
    scorer.save(RUBRIC, 5_000, 20, 30)
    other = Scorer(store, monkeypatch, "run-2")
    other.save(RUBRIC, 5_100, 0, 10)

    pace = scoring_pace(store, by_j)
    assert pace is not None
    assert (40, 1.0) == (pace.n_scores, pace.request_s)


def test_nothing_is_known_of_who_was_never_asked_or_once_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert scoring_pace(store, by_j) is None
    scorer = Scorer(store, monkeypatch)
    scorer.save(OTHERS, 0, 0, 10)
    scorer.save(OTHERS, 10, 10, 20)
    assert scoring_pace(store, by_j) is None
    scorer.save(RUBRIC, 20, 0, 10)
    assert scoring_pace(store, by_j) is None
