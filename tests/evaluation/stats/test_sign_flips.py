from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.stats.sign_flips import N_FLIPS, sign_flip_p_value

# Darwin's maize pairs in eighths of an inch: Fisher 1935, The Design of Experiments
MAIZE = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48], dtype=float)
# Student's sleep data, group 1 less group 2
SLEEP = np.array([-1.2, -2.4, -1.3, -1.3, 0.0, -1.0, -1.8, -0.8, -4.6, -1.4])
NUMBERS = st.lists(st.integers(-50, 50), min_size=1, max_size=10)


def flipped(differences, seed=0):
    return sign_flip_p_value(np.asarray(differences, dtype=float), rng=np.random.default_rng(seed))


def test_fishers_count_of_darwins_maize():
    # 863 of 32768 at least as large: two-sided 5.267 %
    assert (2 * 863 / 32768, "sign_flip_exact") == flipped(MAIZE)


def test_all_flips_of_the_sleep_data():
    assert (0.00390625, "sign_flip_exact") == flipped(SLEEP)


@given(NUMBERS)
def test_up_to_fifteen_pairs_every_choice_of_signs_is_counted(differences):
    sums = [
        abs(sum(s * d for s, d in zip(signs, differences, strict=True)))
        for signs in product((1, -1), repeat=len(differences))
    ]
    expected = sum(size >= abs(sum(differences)) for size in sums) / len(sums)
    assert pytest.approx(expected) == flipped(differences)[0]


@given(NUMBERS, st.randoms())
def test_neither_order_nor_side_nor_scale_changes_p(differences, random):
    shuffled = random.sample(differences, len(differences))
    p_value = flipped(differences)[0]
    assert p_value == flipped(shuffled)[0] == flipped([-d for d in differences])[0]
    assert p_value == flipped([d * 0.1 for d in differences])[0]


def test_drawn_flips_depend_on_neither_order_nor_side():
    differences = np.random.default_rng(3).normal(0.3, 1, 40)
    p_value, form = flipped(differences)
    assert "sign_flip" == form
    assert p_value == flipped(differences[::-1])[0] == flipped(-differences)[0]


def test_fifteen_pairs_are_exact_and_of_sixteen_flips_with_the_same_mean_count_half():
    assert (2 * (1 + 15) / 2**15, "sign_flip_exact") == flipped([1] * 14 + [-1])
    assert (2 * (1 + 15 / 2) / 2**15, "sign_flip") == flipped([1] * 14 + [-1, 0])


def test_beyond_fifteen_pairs_of_ones_it_is_mcnemars_mid_p():
    from evaluation.stats.mcnemar import mid_p_value

    assert pytest.approx(mid_p_value(9, 3)) == flipped([1.0] * 9 + [-1.0] * 3 + [0.0] * 8)[0]
    assert mid_p_value(14, 6) == pytest.approx(flipped([1.0] * 14 + [-1.0] * 6)[0], abs=0.01)


def test_beyond_fifteen_pairs_too_a_mean_of_nothing_has_a_p_of_one():
    assert (1.0, "sign_flip") == flipped([1, -1, 2, -2, 0.5, -0.5] + [0] * 20)
    assert (1.0, "sign_flip") == flipped([1, -1] * 10)
    assert (1.0, "sign_flip") == flipped([0.0] * 16)


@pytest.mark.parametrize("n", [16, 17, 23, 24, 25, 200])
def test_drawn_flips_come_close_to_the_paired_t_test_of_normal_differences(n):
    from scipy.stats import ttest_1samp

    differences = np.random.default_rng(n).normal(0.3, 1, n)
    assert ttest_1samp(differences, 0).pvalue == pytest.approx(flipped(differences)[0], abs=0.02)


def test_draws_count_themselves_in_so_that_p_is_never_zero():
    assert 1 / (1 + N_FLIPS) == flipped(np.full(60, 1.0))[0]


def test_one_seed_gives_one_p_and_another_seed_another():
    differences = np.random.default_rng(5).normal(0.2, 1, 50)
    assert flipped(differences, seed=1) == flipped(differences, seed=1)
    assert flipped(differences, seed=1) != flipped(differences, seed=2)


def test_where_nothing_differs_p_is_one():
    assert (1.0, "sign_flip_exact") == flipped([0.0] * 8)


def test_a_constant_difference_has_the_least_p_of_so_many_pairs():
    # .7 against .6: floating-point noise must not make the flips unequal
    assert 2 / 2**8 == flipped(np.full(8, 0.7) - np.full(8, 0.6))[0]


def test_ten_thousand_flips_of_ten_thousand_pairs_need_no_table_of_all_signs():
    # A table of all signs would take 10^8 numbers; the ones used here take 10^7 bytes.
    import tracemalloc

    differences = np.random.default_rng(0).normal(0, 1, 10_000)
    tracemalloc.start()
    p_value, _ = flipped(differences)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0 < p_value <= 1
    assert peak < 60e6
