import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError, IncomparableError
from evaluation.stats.judge_bias import length_bias_of_grades, length_bias_of_pairs, position_bias

TURNED = {"A": "B", "B": "A", "tie": "tie"}


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def judged(source: np.random.Generator, n_pairs: int, share_first: float) -> tuple[list[str], list[str]]:
    """Verdicts in both orders of a judge who picks the first place with this share, else the better answer."""
    better = np.where(source.random(n_pairs) < 0.5, "A", "B")
    swapped = [TURNED[verdict] for verdict in better]
    return tuple(
        ["A" if source.random() < share_first else str(verdict) for verdict in verdicts]
        for verdicts in (better, swapped)
    )


def test_a_judge_who_looks_at_the_answers_alone_prefers_no_place():
    found = position_bias(["A", "B", "A", "tie", "B", "A", "B"], ["B", "A", "B", "tie", "A", "B", "A"])
    assert (0.5, 0.0, 1.0) == (found.first_share, found.size, found.p_value)
    assert (7, 12, 0) == (found.n_pairs, found.n_decided, found.n_inconsistent)
    assert found.size_low < 0 < found.size_high


def test_the_numbers_of_a_small_table_by_hand():
    # Leans: +1 +1 +1 0 0 0 -1 +1/2 0: sum 2.5 of 9 pairs. Decided: 2*7 + 1 = 15, such as name the first: 3*2 + 3 + 1.
    found = position_bias(
        ["A", "A", "A", "A", "B", "A", "B", "A", "tie"], ["A", "A", "A", "B", "A", "B", "B", "tie", "tie"]
    )
    assert (15, 5) == (found.n_decided, found.n_inconsistent)
    assert 10 / 15 == found.first_share
    assert 2.5 / 9 == pytest.approx(found.size)
    # Wilson for 10 of 15: .417 .. .848. Sign test 4 against 1: 2 * (1 + 5) / 32.
    assert (0.417, 0.848) == (round(found.first_low, 3), round(found.first_high, 3))
    assert 0.375 == pytest.approx(found.p_value)
    # Bonett and Price: centre 2.5/11, variance (4.25 + 2)/11 - centre^2, 1.96 * sqrt(variance / 11) to each side.
    assert (-0.197, 0.652) == (round(found.size_low, 3), round(found.size_high, 3))


def test_a_judge_who_always_takes_the_first_has_the_full_size_with_an_interval():
    found = position_bias(["A"] * 10, ["A"] * 10)
    assert (1.0, 1.0, 10) == (found.first_share, found.size, found.n_inconsistent)
    assert 2 / 2**10 == found.p_value
    assert 0.4 < found.size_low < found.size_high == 1.0


def test_preferring_the_second_place_is_a_negative_size():
    found = position_bias(["B"] * 10, ["B"] * 10)
    assert (0.0, -1.0, -1.0) == (found.first_share, found.size, found.size_low)


@pytest.mark.parametrize("share_first", [0.0, 0.3, 0.8])
def test_the_size_of_a_bias_is_found_again(share_first):
    found = position_bias(*judged(np.random.default_rng(1), 2000, share_first))
    assert found.size_low < share_first < found.size_high
    assert found.size == pytest.approx(share_first, abs=0.05)
    assert (found.p_value < 0.001) == (share_first > 0)


@pytest.mark.parametrize(("n_pairs", "share_first"), [(30, 0.0), (30, 0.4), (120, 0.15)])
def test_the_interval_of_the_size_holds_the_true_one_about_as_often_as_it_says(n_pairs, share_first):
    source = np.random.default_rng(3)
    found = [position_bias(*judged(source, n_pairs, share_first)) for _ in range(400)]
    held = [bias.size_low <= share_first <= bias.size_high for bias in found]
    assert 0.92 <= np.mean(held) <= 1.0


def test_an_unbiased_judge_who_wavers_is_found_biased_no_more_often_than_the_level_says():
    source = np.random.default_rng(4)
    verdicts = source.choice(["A", "B", "tie"], size=(400, 2, 60))
    assert np.mean([position_bias(*pair.tolist()).p_value < 0.05 for pair in verdicts]) <= 0.06


def test_too_few_decided_pairs_have_counts_and_a_reason_but_no_values():
    found = position_bias(["A"] * 5 + ["tie"] * 20, ["A"] * 5 + ["tie"] * 20)
    assert (None, None, None, None) == (found.first_share, found.size, found.size_low, found.p_value)
    assert (25, 10, 5) == (found.n_pairs, found.n_decided, found.n_inconsistent)
    assert "5 cases with a decided verdict are too few (at least 6)" == found.reason
    assert "0 cases" in position_bias([], []).reason


def test_a_hundred_pairs_of_one_case_are_one_case():
    found = position_bias(["A"] * 100, ["A"] * 100, clusters=["the same"] * 100)
    assert found.size is None
    assert "1 cases with a decided verdict are too few (at least 6)" == found.reason


def test_what_is_no_verdict_is_refused_and_never_counted_as_a_tie():
    with pytest.raises(ConfigurationError, match="'C'"):
        position_bias(["A", "C"], ["A", "B"])
    with pytest.raises(IncomparableError, match="2 verdicts and 1"):
        position_bias(["A", "B"], ["A"])


verdicts = st.lists(st.tuples(*[st.sampled_from(["A", "B", "tie"])] * 2), min_size=6, max_size=40)


@settings(max_examples=80)
@given(verdicts)
def test_exchanging_the_places_turns_the_bias_round(pairs):
    first, second = zip(*pairs, strict=True)
    found = position_bias(first, second)
    turned = position_bias([TURNED[verdict] for verdict in first], [TURNED[verdict] for verdict in second])
    assert found == position_bias(second, first)
    if found.size is None:
        assert turned.size is None
        return
    assert -1 <= found.size_low <= found.size <= found.size_high <= 1
    assert found.size == -turned.size
    assert found.size_low == pytest.approx(-turned.size_high)
    assert found.first_share == pytest.approx(1 - turned.first_share)
    assert found.p_value == turned.p_value


def test_a_judge_who_always_takes_the_longer_answer_has_a_full_correlation_even_where_one_side_is_always_longer():
    found = length_bias_of_pairs([1.0] * 8, [100, 200, 300, 400, 500, 600, 700, 800], [50] * 8, rng=rng())
    assert (1.0, 8, 8) == (found.longer_share, found.n_decided, found.n_cases)
    assert found.correlation > 0.8
    assert 2 / 2**8 == found.p_value


def test_the_length_bias_of_pairs_does_not_depend_on_who_is_called_measured():
    source = np.random.default_rng(2)
    lengths, others = source.integers(1, 900, size=(2, 40)).tolist()
    wins = source.choice([0.0, 0.5, 1.0], size=40).tolist()
    found = length_bias_of_pairs(wins, lengths, others, rng=rng())
    turned = length_bias_of_pairs([1 - win for win in wins], others, lengths, rng=rng())
    assert found.correlation == pytest.approx(turned.correlation)
    assert (found.longer_share, found.n_decided) == (turned.longer_share, turned.n_decided)
    assert found.p_value == pytest.approx(turned.p_value)


def test_a_judge_who_does_not_look_at_length_shows_no_bias_and_one_who_does_shows_it():
    source = np.random.default_rng(6)
    lengths, others = source.integers(50, 900, size=(2, 300))
    fair = source.choice([0.0, 1.0], size=300)
    biased = np.where(source.random(300) < 0.5, (lengths > others).astype(float), fair)
    for wins, is_biased in ((fair, False), (biased, True)):
        found = length_bias_of_pairs(wins.tolist(), lengths.tolist(), others.tolist(), rng=rng())
        assert is_biased == (found.p_value < 0.001)
        assert is_biased == (found.low > 0)
        assert is_biased == (found.longer_low > 0.5)
    assert found.longer_share == pytest.approx(0.75, abs=0.06)


@pytest.mark.parametrize(
    ("wins", "lengths", "others", "reason"),
    [
        ([], [], [], "there are no verdicts"),
        ([0.5] * 20, [10] * 20, [20] * 20, "0 decided pairs of unequal length are too few (at least 6)"),
        ([1.0] * 20, [10] * 20, [10] * 20, "0 decided pairs"),
        ([1.0] * 5, [10] * 5, [20] * 5, "5 decided pairs"),
    ],
)
def test_too_few_pairs_that_could_show_a_length_bias_have_a_reason_and_no_values(wins, lengths, others, reason):
    found = length_bias_of_pairs(wins, lengths, others, rng=rng())
    assert (None, None, None) == (found.correlation, found.p_value, found.longer_share)
    assert reason in found.reason


@pytest.mark.parametrize("seed", range(4))
def test_the_correlation_of_grades_with_length_equals_the_one_of_scipy(seed):
    stats = pytest.importorskip("scipy.stats")
    source = np.random.default_rng(seed)
    lengths = source.integers(1, 30, size=60)
    grades = np.clip(lengths // 8 + source.integers(-2, 3, size=60), 1, 5)
    reference = stats.spearmanr(lengths, grades)
    found = length_bias_of_grades(grades.tolist(), lengths.tolist(), rng=rng())
    assert found.correlation == pytest.approx(reference.statistic, abs=1e-12)
    assert found.low < found.correlation < found.high
    assert found.p_value == pytest.approx(reference.pvalue, abs=0.02)
    assert found.longer_share is None


def test_many_grades_are_tested_by_students_approximation():
    stats = pytest.importorskip("scipy.stats")
    source = np.random.default_rng(8)
    lengths, grades = source.normal(size=(2, 1500))
    reference = stats.spearmanr(lengths, grades)
    found = length_bias_of_grades(grades.tolist(), lengths.tolist(), rng=rng(), n_resamples=20)
    assert found.p_value == pytest.approx(reference.pvalue, rel=1e-9)


def test_a_perfect_order_has_the_smallest_p_that_shuffles_can_give():
    found = length_bias_of_grades([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], list(range(10)), rng=rng())
    assert (1.0, 1 / 10_001) == (found.correlation, found.p_value)
    many = length_bias_of_grades(list(range(1200)), list(range(1200)), rng=rng(), n_resamples=10)
    assert 0.0 <= many.p_value < 1e-9


@pytest.mark.parametrize(
    ("grades", "lengths", "reason"),
    [
        ([1, 2, 3], [1, 2, 3], "3 grades are too few (at least 6)"),
        ([4] * 10, range(10), "all grades are equal"),
        (range(10), [7] * 10, "all lengths are equal"),
    ],
)
def test_grades_that_can_show_nothing_have_a_reason(grades, lengths, reason):
    found = length_bias_of_grades(list(grades), list(lengths), rng=rng())
    assert (None, None) == (found.correlation, found.p_value)
    assert reason in found.reason


def test_rows_that_do_not_belong_together_are_refused():
    with pytest.raises(IncomparableError, match="2 grades and 1 lengths"):
        length_bias_of_grades([1, 2], [3], rng=rng())
    with pytest.raises(IncomparableError, match="2 preferences, 1 lengths and 2"):
        length_bias_of_pairs([1, 0], [3], [4, 5], rng=rng())


def test_equal_seeds_give_equal_figures():
    source = np.random.default_rng(9)
    lengths, grades = source.integers(1, 50, size=(2, 30)).tolist()
    assert length_bias_of_grades(grades, lengths, rng=rng()) == length_bias_of_grades(grades, lengths, rng=rng())


def test_pairs_of_one_case_are_one_piece_of_evidence_of_a_position_bias():
    verdicts, swapped = judged(np.random.default_rng(5), 30, 0.3)
    clusters = [number // 4 for number in range(120)]
    once = position_bias(verdicts, swapped)
    often = position_bias(np.repeat(verdicts, 4).tolist(), np.repeat(swapped, 4).tolist(), clusters=clusters)
    assert (once.size, once.size_low, once.size_high, once.p_value) == (
        often.size,
        often.size_low,
        often.size_high,
        often.p_value,
    )
    assert (120, once.first_share) == (often.n_pairs, often.first_share)


def test_answers_of_one_case_are_one_piece_of_evidence_of_a_length_bias():
    source = np.random.default_rng(9)
    lengths, others = source.integers(1, 900, size=(2, 40))
    wins = np.where(source.random(40) < 0.4, (lengths > others) * 1.0, source.choice([0.0, 1.0], size=40))
    clusters = [number // 3 for number in range(120)]
    once = length_bias_of_pairs(wins, lengths, others, rng=rng())
    often = length_bias_of_pairs(
        np.repeat(wins, 3), np.repeat(lengths, 3), np.repeat(others, 3), rng=rng(), clusters=clusters
    )
    grades_once = length_bias_of_grades(wins, lengths, rng=rng())
    grades_often = length_bias_of_grades(np.repeat(wins, 3), np.repeat(lengths, 3), rng=rng(), clusters=clusters)
    for few, many in ((once, often), (grades_once, grades_often)):
        assert few.correlation == pytest.approx(many.correlation, abs=0.02)
        assert few.high - few.low == pytest.approx(many.high - many.low, rel=0.1)
        assert few.p_value == pytest.approx(many.p_value, abs=0.03)


def test_an_innocent_judge_of_cases_that_differ_is_found_biased_no_more_often_than_the_level_says():
    source = np.random.default_rng(12)
    found = []
    for _ in range(120):
        # Each case has its own level and its own length: answers of one case are alike in both.
        levels, sizes = source.integers(1, 6, size=20), source.integers(10, 500, size=20)
        grades = np.clip(np.repeat(levels, 6) + source.integers(-1, 2, size=120), 1, 5)
        lengths = np.repeat(sizes, 6) + source.integers(0, 60, size=120)
        clusters = np.repeat(np.arange(20), 6).tolist()
        bias = length_bias_of_grades(grades, lengths, rng=source, clusters=clusters, n_resamples=20)
        found.append(bias.p_value < 0.05)
    assert np.mean(found) <= 0.1
