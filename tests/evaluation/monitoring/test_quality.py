"""Quality against a baseline: what a look may spend, which cases are held together, and how often it is wrong."""

import pytest

from evaluation.monitoring.quality import QualityCheck, Values, adjusted, check_quality, level_of


def looked(
    newest: Values, *baseline: Values, higher_is_better: bool = True, level: float = 0.01
) -> QualityCheck | None:
    runs = {f"run-{i}": values for i, values in enumerate(baseline)}
    return check_quality(newest, runs, metric="m", signature="M()", higher_is_better=higher_is_better, level=level)


@pytest.mark.parametrize(("rate", "n_looks"), [(0.05, 200), (0.1, 21), (0.05, 7), (0.05, 1)])
def test_so_many_looks_spend_the_rate_and_no_more(rate: float, n_looks: int) -> None:
    spent = [level_of(n, rate=rate, n_looks=n_looks) for n in range(3 * n_looks)]

    assert pytest.approx(rate) == sum(spent[:n_looks])
    assert rate >= sum(spent[n_looks : 2 * n_looks]) - 1e-12
    assert spent == sorted(spent, reverse=True)


def test_only_cases_that_both_have_are_held_together_and_repeats_are_averaged() -> None:
    found = looked({"a": [1.0, 0.0], "b": [1.0], "new": [0.0]}, {"a": [1.0, 1.0], "gone": [1.0]}, {"b": [1.0]})

    assert found is not None
    assert (2, 1, 0) == (found.n_cases, found.n_worse, found.n_better)
    assert (0.75, 1.0, ("run-0", "run-1")) == (found.value, found.usual, found.baseline)


def test_of_a_metric_that_should_be_low_more_is_worse() -> None:
    cases = {f"c{i}": [0.1] for i in range(20)}
    more = {name: [0.2] for name in cases}

    found, better = looked(more, cases, higher_is_better=False), looked(cases, more, higher_is_better=False)

    assert found is not None
    assert better is not None
    assert pytest.approx((0.2, 0.1, 2**-20)) == (found.value, found.usual, found.p_value)
    assert 1.0 == better.p_value


def test_runs_without_a_shared_case_cannot_be_held_against_one_another() -> None:
    assert looked({"a": [1.0]}, {"b": [1.0]}) is None


def test_looks_of_one_time_share_the_chance_of_a_false_alarm() -> None:
    right = {f"c{i}": [1.0] for i in range(7)}
    one = looked({name: [0.0] for name in right}, right)

    assert one is not None
    assert [True] == [found.is_below for found in adjusted([one])]
    assert [False, False] == [found.is_below for found in adjusted([one, one])]
    assert all(found.stays for found in adjusted([one, one]))
    assert [] == adjusted([])
