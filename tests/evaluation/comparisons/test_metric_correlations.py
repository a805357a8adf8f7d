"""Do the correlations of a run's metrics say what the reference library says?"""

import numpy as np
import pytest
from compared_runs import candidate, cases_of, right_on
from scipy.stats import spearmanr
from stored_runs import Asked, answer, store_run

from evaluation.candidate import Candidate
from evaluation.case import Case
from evaluation.comparisons.metric_correlations import metric_correlations
from evaluation.results.analytics import MetricCorrelation
from evaluation.store.session import Store

METRICS = ("exact_match", "token_f1")


def _asked(cases: tuple[Case, ...], *, seed: int) -> Asked:
    """A candidate whose long answers tend to be wrong."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 90, len(cases))
    outcomes = {
        case.case_id: answer(case.references[0] if length < 50 else "no idea", output_tokens=int(length))
        for case, length in zip(cases, lengths, strict=True)
    }
    return Asked(candidate=Candidate(model="long:1b", digest="digest"), outcomes=outcomes)


def _found(rows: tuple[MetricCorrelation, ...], first: str, second: str) -> MetricCorrelation:
    (row,) = (row for row in rows if {row.first, row.second} == {first, second})
    return row


def test_metrics_that_go_together_are_shown_and_a_constant_has_no_correlation(store: Store) -> None:
    cases = cases_of(40)
    store_run(store, _asked(cases, seed=1), cases=cases, run_id="long", metrics=METRICS)

    rows = metric_correlations(store, "long").correlations
    tokens, same = _found(rows, "exact_match", "output_tokens"), _found(rows, "exact_match", "token_f1")

    assert 6 == len(rows)
    assert 40 == tokens.n_cases
    rng = np.random.default_rng(1)
    lengths = rng.integers(1, 90, len(cases))
    assert tokens.correlation == pytest.approx(spearmanr(lengths < 50, lengths).statistic)
    assert same.correlation == pytest.approx(1.0)
    assert tokens.low is not None
    assert tokens.high is not None
    assert tokens.low < float(tokens.correlation or 0) < tokens.high < 0
    assert all(row.is_shown for row in (tokens, same))


def test_a_metric_that_does_not_vary_has_none_and_noise_is_not_shown(store: Store) -> None:
    cases = cases_of(40)
    rng = np.random.default_rng(4)
    outcomes = {
        case.case_id: answer(case.references[0] if rng.random() < 0.5 else "no", output_tokens=int(rng.integers(1, 90)))
        for case in cases
    }
    noise = Asked(candidate=Candidate(model="noise:1b", digest="n"), outcomes=outcomes)
    store_run(
        store, candidate("all:1b", right_on(cases, range(40))), noise, cases=cases, run_id="mixed", metrics=METRICS
    )

    rows = metric_correlations(store, "mixed").correlations
    of_all = [row for row in rows if row.candidate == "all:1b"]
    of_noise = _found(tuple(row for row in rows if row.candidate == "noise:1b"), "exact_match", "output_tokens")

    assert {(None, None, False)} == {
        (row.correlation, row.p_adjusted, row.is_shown) for row in of_all if "exact_match" in (row.first, row.second)
    }
    assert of_noise.p_value is not None
    assert (False, True) == (of_noise.is_shown, (of_noise.p_adjusted or 0) >= of_noise.p_value)


def test_candidates_that_share_what_is_drawn_have_the_correlations_that_each_has_alone(store: Store) -> None:
    cases = cases_of(40)
    nobody = Asked(candidate=Candidate(model="nobody:1b", digest="n"))
    store_run(store, _asked(cases, seed=1), nobody, _few(cases), cases=cases, run_id="all", metrics=METRICS)
    store_run(store, _few(cases), cases=cases, run_id="alone", metrics=METRICS)

    together = metric_correlations(store, "all").correlations
    alone = metric_correlations(store, "alone").correlations

    assert [(row.low, row.p_value, row.n_cases) for row in alone] == [
        (row.low, row.p_value, row.n_cases) for row in together if row.candidate.startswith("few")
    ]


def _few(cases: tuple[Case, ...]) -> Asked:
    outcomes = _asked(cases, seed=2).outcomes
    return Asked(
        candidate=Candidate(model="few:1b", digest="few"),
        outcomes={case.case_id: outcomes[case.case_id] for case in cases[:20]},
    )
