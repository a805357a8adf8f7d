"""What a sweep says on scores whose truth is known: effects found, none invented, and the best one kept."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evaluation.errors import ConfigurationError
from evaluation.sweeps.analysis import analyse, recommended
from evaluation.sweeps.contrasts import Matrix, coefficients, columns_of, interaction_of, joint_p_value, partial_p_value
from evaluation.sweeps.designs import Design, combinations
from evaluation.sweeps.effect_tests import MIN_UNITS
from evaluation.sweeps.findings import SweepAnalysis
from evaluation.sweeps.levels import may_be_best, one_sided_p
from evaluation.sweeps.space import Parameter, parse_parameters

PARAMETERS = parse_parameters(["temperature=0:1:0.25", "top_p=0.4,0.7,1.0", "model=a,b"])
TRIED = combinations(PARAMETERS, Design.GRID, n_samples=None, seed=0)


def scores(truth: Matrix, n_cases: int = 40, seed: int = 0) -> Matrix:
    """Right and wrong answers: chances around `truth`, with a difficulty that all combinations share."""
    rng = np.random.default_rng(seed)
    logits = np.log(truth / (1 - truth))[:, None] + rng.normal(0, 1, n_cases)
    return (rng.random((len(truth), n_cases)) < 1 / (1 + np.exp(-logits))).astype(np.float64)


def truth(curve: float = 1.6) -> Matrix:
    return np.array([0.9 - curve * (one["temperature"] - 0.5) ** 2 - 0.5 * (one["top_p"] - 0.7) ** 2 for one in TRIED])


def analysed(values: Matrix, **given: object) -> SweepAnalysis:
    return analyse(TRIED, values, PARAMETERS, seed=1, **given)  # type: ignore[arg-type]


def test_a_curve_is_found_its_top_is_recommended_and_the_rest_is_left_alone() -> None:
    found = analysed(scores(truth()))

    assert ["temperature"] == [effect.name for effect in found.shown]
    levels = recommended(found.shown[0])
    assert levels[0].low <= 0.5 <= levels[-1].high
    assert 0.0 not in [level.low for level in levels]
    assert 1.0 not in [level.low for level in levels]
    by_name = {effect.name: effect for effect in found.effects}
    assert by_name["model"].p_adjusted is not None
    assert by_name["model"].p_adjusted > 0.05
    assert by_name["model"].correlation is None


def test_a_straight_rise_has_a_correlation_of_its_sign_and_a_cost_turns_it_round() -> None:
    rising = np.array([0.3 + 0.5 * one["temperature"] for one in TRIED])
    values = scores(rising)

    found = analysed(values)
    effect = found.effects[0]
    assert effect.correlation is not None
    assert effect.correlation > 0.8
    assert effect.p_correlation is not None
    assert effect.p_correlation < 0.01
    assert 1.0 == recommended(effect)[-1].high
    assert found.best is not None
    assert 0.0 == recommended(analysed(values, higher_is_better=False).effects[0])[0].low


def test_without_an_effect_none_is_claimed_more_often_than_agreed() -> None:
    """40 sweeps without an effect: claims in about 1 of 20; 8 or more in 40 have a chance of 0.001."""
    level = np.full(len(TRIED), 0.6)
    claims = sum(bool(analysed(scores(level, n_cases=20, seed=seed)).shown) for seed in range(40))

    assert claims < 8


def test_the_true_best_combination_is_kept_among_those_that_may_be_the_best() -> None:
    """Kept in 95 of 100 at least; 7 or more losses in 40 have a chance of 0.003."""
    chances = truth()
    best = int(chances.argmax())
    lost = sum(
        not may_be_best(scores(chances, n_cases=60, seed=seed), confidence_level=0.95)[best] for seed in range(40)
    )

    assert lost < 7
    assert not all(may_be_best(scores(truth(curve=3.0), n_cases=200), confidence_level=0.95))


def test_an_interaction_is_found_where_there_is_one() -> None:
    crossing = np.array([0.55 + (0.6 if one["model"] == "a" else -0.6) * (one["temperature"] - 0.5) for one in TRIED])

    found = analysed(scores(crossing, n_cases=60))

    shown = {(one.first, one.second) for one in found.interactions if one.is_shown(0.95)}
    assert {("temperature", "model")} == shown


def test_cases_of_one_cluster_are_one_piece_of_evidence() -> None:
    values = np.repeat(scores(truth(), n_cases=8), 10, axis=1)

    found = analysed(values, clusters=[f"text {case // 10}" for case in range(80)])

    assert 8 == found.n_units
    assert 80 == analysed(values).n_units


def test_too_few_cases_test_nothing_and_say_so() -> None:
    found = analysed(scores(truth(), n_cases=MIN_UNITS - 1))

    assert (None, None) == (found.effects[0].p_value, found.effects[0].p_adjusted)
    assert () == found.shown
    assert "5 cases are too few" in found.notes[0]
    assert all(one.may_be_best for one in found.standings)


def test_missing_scores_are_left_out_case_by_case() -> None:
    values = scores(truth())
    values[::7, ::3] = np.nan
    values[3] = np.nan

    found = analysed(values)

    assert found.standings[-1].value is None
    assert (0, False) == (found.standings[-1].n_units, found.standings[-1].may_be_best)
    assert all(np.isfinite(one.value) for one in found.standings[:-1] if one.value is not None)


def test_a_parameter_with_one_value_is_named_constant() -> None:
    parameters = parse_parameters(["temperature=0,1", "top_p=0.9"])
    tried = combinations(parameters, Design.GRID, n_samples=None, seed=0)

    found = analyse(tried, scores(np.array([0.9, 0.2])), parameters, seed=0)

    assert ("top_p",) == found.constant
    assert ["temperature"] == [effect.name for effect in found.shown]


def test_a_range_of_many_values_is_told_in_pieces() -> None:
    parameters = parse_parameters(["temperature=0:1"])
    tried = combinations(parameters, Design.LATIN, n_samples=40, seed=0)
    chances = np.array([0.9 - 0.7 * one["temperature"] for one in tried])

    found = analyse(tried, scores(chances), parameters, seed=0)

    levels = found.effects[0].levels
    assert [10, 10, 10, 10] == [level.n_combinations for level in levels]
    assert levels[0].value > levels[-1].value
    assert recommended(found.effects[0])[0].low == levels[0].low


def test_few_combinations_look_for_straight_lines_alone_and_say_so() -> None:
    parameters = parse_parameters(["temperature=0:1", "top_p=0.1:1"])
    tried = combinations(parameters, Design.LATIN, n_samples=4, seed=0)

    found = analyse(tried, scores(np.full(4, 0.5)), parameters, seed=0)

    assert any("straight lines" in note for note in found.notes)
    assert found.effects[0].p_value is not None
    assert all(one.p_value is None for one in found.interactions)


def test_answers_to_a_single_prompt_are_the_evidence_and_few_repeats_of_many_combinations_suffice() -> None:
    rng = np.random.default_rng(5)
    clear = np.array([0.8 - 0.9 * (one["temperature"] - 0.5) ** 2 for one in TRIED])[:, None]
    answers = clear + rng.normal(0, 0.03, (len(TRIED), 3))

    found = analysed(answers, independent=True)

    assert ("answer", 90) == (found.unit, found.n_units)
    assert ["temperature"] == [effect.name for effect in found.shown]
    assert found.best is not None
    assert 0.5 == found.best.combination["temperature"]
    levels = recommended(found.shown[0])
    assert (0.25, 0.75) >= (levels[0].low, levels[-1].high) or levels[0].low == 0.5


@pytest.mark.no_cover
def test_without_an_effect_on_a_single_prompt_none_is_claimed_more_often_than_agreed() -> None:
    """20 sweeps without an effect: claims in about 1 of 20; 6 or more in 20 have a chance of 0.0003."""
    claims = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        claims += bool(analysed(rng.exponential(1.0, (len(TRIED), 2)), independent=True).shown)

    assert claims < 6


def test_a_partial_test_needs_answers_to_spare_and_columns_of_its_own() -> None:
    rng = np.random.default_rng(0)
    line = np.arange(6.0)[:, None]

    assert partial_p_value(np.arange(6.0), np.empty((6, 0)), line, rng=rng) == pytest.approx(2 / 720, abs=0.003)
    assert partial_p_value(np.arange(4.0), np.empty((4, 0)), line[:4], rng=rng) is not None
    assert partial_p_value(np.arange(3.0), np.empty((3, 0)), line[:3], rng=rng) is None
    assert partial_p_value(np.arange(6.0), line, line * 2 + 1, rng=rng) is None
    assert 1.0 == partial_p_value(np.ones(6), np.empty((6, 0)), line, rng=rng)


def test_scores_of_another_shape_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"30 combinations, but scores of shape \(3, 2\)"):
        analysed(np.zeros((3, 2)))


def test_the_same_seed_gives_the_same_numbers() -> None:
    values = scores(truth())

    assert analysed(values) == analysed(values)


def test_coefficients_are_those_of_least_squares() -> None:
    design = np.array([[-1.0, 1.0], [0.0, -2.0], [1.0, 1.0], [2.0, 0.5]])
    exact = 3.0 + design @ np.array([[0.5, -1.0], [0.25, 0.0]])
    with_gap = np.column_stack([exact, exact[:, 0]])
    with_gap[3, 2] = np.nan
    unknown = np.column_stack([exact[:, 0], exact[:, 0]])
    unknown[1:, 1] = np.nan

    assert np.allclose(coefficients(with_gap, design), [[0.5, 0.25], [-1.0, 0.0], [0.5, 0.25]])
    assert np.isnan(coefficients(unknown, design)[1]).all()
    assert np.isnan(coefficients(exact, np.column_stack([design, design[:, 0]]))).all()


def test_columns_are_a_line_a_curve_and_deviations() -> None:
    tried = [{"t": value, "m": word} for value in (0.0, 1.0, 2.0) for word in ("a", "b")]
    numbers = columns_of(Parameter(name="t", values=(0.0, 1.0, 2.0)), tried)
    words = columns_of(Parameter(name="m", values=("a", "b")), tried)
    assert numbers is not None
    assert words is not None

    assert np.allclose(numbers.matrix.T @ numbers.matrix / 6, np.eye(2))
    assert np.allclose(numbers.matrix.mean(axis=0), 0)
    assert [1.0, -1.0] == words.matrix[:2, 0].tolist()
    assert (6, 1) == interaction_of(numbers, words).shape
    assert columns_of(Parameter(name="m", values=("a",)), [{"m": "a"}] * 2) is None


def test_a_joint_test_of_nothing_is_one_and_of_one_case_is_none() -> None:
    rng = np.random.default_rng(0)

    assert 1.0 == joint_p_value(np.zeros((10, 2)), rng=rng)
    assert joint_p_value(np.ones((1, 1)), rng=rng) is None
    assert joint_p_value(np.ones((12, 1)), rng=rng) == pytest.approx(2**-11, abs=0.001)


def p_of(first: Matrix, second: Matrix) -> float:
    return float(one_sided_p(first[None, :], second)[0])


def test_one_sided_p_is_the_sign_test_on_right_and_wrong_and_students_else() -> None:
    right = np.array([1.0] * 8 + [0.0] * 4)
    wrong = np.array([0.0] * 8 + [0.0] * 4)
    assert 0.5**8 == pytest.approx(p_of(right, wrong))
    assert 1.0 == p_of(wrong, right)
    # scipy.stats.ttest_rel([.1, .5, .9, .4, .8, .7], [.0, .3, .8, .4, .5, .6], alternative="greater")
    a, b = np.array([0.1, 0.5, 0.9, 0.4, 0.8, 0.7]), np.array([0.0, 0.3, 0.8, 0.4, 0.5, 0.6])
    assert 0.012515507909226486 == pytest.approx(p_of(a, b))
    assert 0.5**6 == p_of(b + 0.5, b)
    assert 1.0 == p_of(a[:5], b[:5])


def test_many_rows_are_compared_as_each_alone_and_only_over_what_both_have() -> None:
    rng = np.random.default_rng(3)
    rows = rng.integers(0, 2, (9, 20)).astype(np.float64)
    rows[4] = rng.random(20)
    rows[rng.random(rows.shape) < 0.2] = np.nan
    second = rng.integers(0, 2, 20).astype(np.float64)
    second[:3] = np.nan

    together = one_sided_p(rows, second)

    assert [p_of(row, second) for row in rows] == together.tolist()
    both = ~(np.isnan(rows[4]) | np.isnan(second))
    expected = stats.ttest_rel(rows[4][both], second[both], alternative="greater").pvalue
    assert (expected if together[4] < 1 else 1.0) == pytest.approx(together[4])


def test_answers_to_a_single_prompt_are_compared_by_welch() -> None:
    rng = np.random.default_rng(4)
    scores_ = rng.normal(0, 1, (3, 8)) + np.array([[0.0], [0.2], [3.0]])
    scores_[0, 5:] = np.nan

    p_value = stats.ttest_ind(scores_[2], scores_[0][:5], equal_var=False, alternative="greater").pvalue

    for level, expected in ((2 * p_value * 1.01, False), (2 * p_value * 0.99, True)):
        assert expected == may_be_best(scores_, confidence_level=1 - level, independent=True)[0]


def test_what_could_have_been_found_is_said_and_is_found_about_four_times_in_five() -> None:
    """Over cases whose effects are normal; 12 or fewer of 40 at .8 have a chance far below 1 in 1,000."""
    found = 0
    lines = np.array([one["temperature"] for one in TRIED])
    for seed in range(40):
        noise = np.random.default_rng(seed).normal(0, 0.3, (len(TRIED), 25))
        detectable = analysed(noise).effects[0].detectable
        assert detectable is not None
        found += analysed(noise + (lines * detectable)[:, None]).effects[0].is_shown(0.95)

    assert 12 < found


def test_nothing_is_said_of_what_could_have_been_found_without_a_test_or_any_variation() -> None:
    assert analysed(scores(truth(), n_cases=4)).effects[0].detectable is None
    assert analysed(np.ones((len(TRIED), 10))).effects[0].detectable is None
    assert analysed(np.ones((len(TRIED), 2)), independent=True).effects[0].detectable is None


def test_what_has_no_scores_is_said() -> None:
    values = scores(truth())
    values[7:] = np.nan
    values[2, 4] = np.nan

    found = analysed(values)

    assert any("23 of 30 combinations have no score" in note for note in found.notes)
    assert any("1 combination lacks" in note for note in found.notes)


@settings(max_examples=40)
@given(
    st.integers(0, 9).flatmap(
        lambda seed: st.tuples(st.just(seed), st.integers(1, 12), st.sampled_from([0.0, 0.1, 0.5]))
    )
)
def test_no_number_is_ever_nan(given_: tuple[int, int, float]) -> None:
    seed, n_cases, missing = given_
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 2, size=(len(TRIED), n_cases)).astype(np.float64)
    values[rng.random(values.shape) < missing] = np.nan

    found = analysed(values)

    for standing in found.standings:
        assert standing.value is None or 0 <= standing.value <= 1
    for effect in found.effects:
        for number in (effect.p_value, effect.p_adjusted, effect.correlation, effect.p_correlation):
            assert number is None or -1 <= number <= 1
        assert 0 <= effect.spread <= 1
