import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.case import Case
from evaluation.errors import ConfigurationError, FailureKind
from evaluation.generation import Generation
from evaluation.metrics.cost import CostUsd, cost_metric
from evaluation.metrics.needs import missing_needs
from evaluation.metrics.parsing import parse_metric
from evaluation.metrics.tokens import OutputTokens, PromptTokens

CASE = Case(case_id="q")
BY_TOKEN = CostUsd(input_per_million=0.15, output_per_million=0.60)
BY_ENERGY = CostUsd(per_kwh=0.30)


def value(metric, **fields):
    found = metric.measure(CASE, (Generation(text="x", answer="x", **fields),), {})
    return None if found is None else found.value


def test_tokens_are_priced_by_the_million():
    # 2,000 · 0.15 + 500 · 0.60 = 300 + 300 millionths of a dollar
    assert 0.0006 == pytest.approx(value(BY_TOKEN, prompt_tokens=2000, output_tokens=500))


def test_energy_is_priced_by_the_kilowatt_hour():
    # 1,800 J are half a watt-hour
    assert 0.0005 * 0.30 == pytest.approx(value(BY_ENERGY, energy_j=1800.0))


def test_what_is_not_known_has_no_cost_and_is_never_free():
    assert value(BY_TOKEN) is None
    assert value(BY_TOKEN, prompt_tokens=3) is None
    assert value(BY_TOKEN, output_tokens=3) is None
    assert value(BY_ENERGY, prompt_tokens=3, output_tokens=3) is None
    assert value(CostUsd(), prompt_tokens=3, output_tokens=3, energy_j=1.0) is None


def test_a_reused_answer_costs_its_tokens_and_no_energy():
    assert 0.15 == pytest.approx(value(BY_TOKEN, prompt_tokens=1_000_000, output_tokens=0, reused=True))
    assert value(BY_ENERGY, energy_j=1800.0, reused=True) is None


def test_an_answer_of_the_candidates_own_failure_costs_as_well():
    failed = {"own_failure": FailureKind.EMPTY_ANSWER, "prompt_tokens": 0, "output_tokens": 1_000_000}
    assert 0.60 == pytest.approx(value(BY_TOKEN, **failed))


def test_a_price_of_nothing_is_a_price():
    assert 0.0 == value(CostUsd(input_per_million=0.0, output_per_million=0.0), prompt_tokens=5, output_tokens=5)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("input_per_million=1", "give both input_per_million and output_per_million"),
        ("output_per_million=1", "give both input_per_million and output_per_million"),
        ("input_per_million=1, output_per_million=1, per_kwh=1", "either token prices or per_kwh, not both"),
        ("per_kwh=-1", "per_kwh=-1.0 must be a finite number of at least 0"),
        ("per_kwh=1e999", "per_kwh=inf must be"),
    ],
)
def test_half_a_price_and_two_prices_are_refused(options, said):
    with pytest.raises(ConfigurationError, match=said):
        parse_metric(f"cost_usd({options})")


def test_a_run_is_refused_that_names_cost_without_a_price():
    assert "give a price as an option" in (missing_needs(CostUsd(), [CASE]) or "")
    assert missing_needs(BY_TOKEN, [CASE]) is None
    assert missing_needs(BY_ENERGY, [CASE]) is None


def test_the_price_is_part_of_the_signature():
    assert BY_TOKEN.signature != CostUsd(input_per_million=0.15, output_per_million=0.61).signature


def test_a_stored_price_gives_the_metric_again():
    assert BY_ENERGY == cost_metric({"per_kwh": 0.30})
    assert cost_metric(None) is None
    assert cost_metric({}) is None


def test_tokens_are_what_the_server_says():
    assert [7.0, 9.0] == [
        value(metric, prompt_tokens=7, output_tokens=9) for metric in (PromptTokens(), OutputTokens())
    ]
    assert [None, None] == [value(metric) for metric in (PromptTokens(), OutputTokens())]
    assert 9.0 == value(OutputTokens(), output_tokens=9, reused=True)


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.floats(0, 1000), st.floats(0, 1000))
def test_no_cost_is_negative_and_twice_the_tokens_cost_twice(n_in, n_out, price_in, price_out):
    metric = CostUsd(input_per_million=price_in, output_per_million=price_out)
    once = value(metric, prompt_tokens=n_in, output_tokens=n_out)
    assert once >= 0
    assert 2 * once == pytest.approx(value(metric, prompt_tokens=2 * n_in, output_tokens=2 * n_out))
