import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.case import Case
from evaluation.errors import FailureKind
from evaluation.generation import Generation, Timing
from evaluation.metrics import METRICS
from evaluation.metrics.speed import (
    SPEED_METRICS,
    TIMED_METRICS,
    EnergyJ,
    EnergyPerRightJ,
    LatencyS,
    TokensPerS,
    TpotS,
    TtftS,
)

CASE = Case(case_id="q")
ALL = (LatencyS(), TtftS(), TpotS(), TokensPerS())
FULL = Timing(total_s=5.0, ttft_s=3.0, load_s=2.0, generate_s=2.0)


def measured(metric, *, timing=FULL, output_tokens=11, **fields):
    generation = Generation(text="x", answer="x", timing=timing, output_tokens=output_tokens, **fields)
    return metric.measure(CASE, (generation,), {})


@pytest.mark.parametrize(("metric", "value"), list(zip(ALL, (3.0, 1.0, 0.2, 5.0), strict=True)))
def test_each_figure_has_its_hand_worked_value(metric, value):
    assert value == pytest.approx(measured(metric).value)


@pytest.mark.parametrize("metric", ALL)
def test_a_reused_or_untimed_generation_has_no_figure(metric):
    assert measured(metric, reused=True) is None
    assert measured(metric, timing=None, own_failure=FailureKind.PROMPT_TOO_LONG) is None


def test_a_failure_of_the_candidates_own_that_took_time_is_timed():
    assert 3.0 == measured(LatencyS(), own_failure=FailureKind.REPEATED_ITSELF).value


def test_what_the_server_does_not_say_has_no_figure():
    total_only = Timing(total_s=5.0)
    assert 5.0 == measured(LatencyS(), timing=total_only).value
    assert [None, None, None] == [measured(metric, timing=total_only) for metric in ALL[1:]]
    assert [None, None] == [measured(metric, output_tokens=None) for metric in ALL[2:]]


def test_a_cold_generation_is_labelled_and_needs_its_load_time():
    assert "cold" == measured(LatencyS(), cold=True).label
    assert measured(LatencyS()).label is None
    unknown_load = Timing(total_s=5.0, ttft_s=3.0)
    assert measured(LatencyS(), timing=unknown_load, cold=True) is None
    assert measured(TtftS(), timing=unknown_load, cold=True) is None


def test_rates_need_eight_tokens_and_time():
    assert [None, None] == [measured(metric, output_tokens=7) for metric in ALL[2:]]
    assert 3.5 == measured(TokensPerS(), output_tokens=8).value
    no_time = Timing(total_s=1.0, generate_s=0.0)
    assert [None, None] == [measured(metric, timing=no_time) for metric in ALL[2:]]


def test_energy_is_what_the_gpu_used_and_is_not_known_of_a_reused_answer():
    assert 12.5 == measured(EnergyJ(), energy_j=12.5).value
    assert measured(EnergyJ()) is None
    assert measured(EnergyJ(), energy_j=12.5, reused=True) is None


def test_one_answer_alone_has_no_energy_for_each_right_one():
    assert measured(EnergyPerRightJ(), energy_j=12.5) is None


def test_only_tokens_per_second_are_better_when_higher():
    assert [False, False, False, True] == [metric.higher_is_better for metric in ALL]


@given(st.integers(8, 10_000), st.floats(0.001, 1000))
def test_the_two_rates_are_each_others_inverse(tokens, seconds):
    timing = Timing(total_s=seconds, generate_s=seconds)
    tpot, rate = (measured(metric, timing=timing, output_tokens=tokens).value for metric in (TpotS(), TokensPerS()))
    assert 1.0 == pytest.approx(tpot * rate)


@given(st.floats(0, 100), st.floats(0, 100))
def test_no_latency_is_negative(total_s, load_s):
    assert 0 <= measured(LatencyS(), timing=Timing(total_s=total_s, load_s=load_s)).value


def test_what_took_no_longer_than_the_loading_took_no_time():
    assert 0.0 == measured(LatencyS(), timing=Timing(total_s=1.0, load_s=2.0)).value
    assert all((0.0, float("inf")) == metric.value_range for metric in ALL)


def test_what_every_run_is_measured_by_exists():
    assert set(SPEED_METRICS) <= set(METRICS)
    assert set(TIMED_METRICS) < set(SPEED_METRICS)
