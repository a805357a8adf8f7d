import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.metrics.classification import Mcc
from evaluation.scores import Measurement

LABELS = ("spam", "ham", "eggs")
PAIRS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from([*LABELS, ""])), min_size=1, max_size=30)


def rows(pairs):
    return [Measurement(value=float(wanted == given_), evidence=(wanted, given_)) for wanted, given_ in pairs]


def test_the_hand_worked_value_of_two_classes():
    # TP 2, FN 1, FP 1, TN 1: (2·1 - 1·1) / √(3·3·2·2) = 1/6
    pairs = [("spam", "spam")] * 2 + [("spam", "ham"), ("ham", "spam"), ("ham", "ham")]
    assert pytest.approx(1 / 6) == Mcc().aggregate(rows(pairs))


def test_perfect_opposite_and_undefined():
    assert pytest.approx(1.0) == Mcc().aggregate(rows([("spam", "spam"), ("ham", "ham"), ("eggs", "eggs")]))
    assert pytest.approx(-1.0) == Mcc().aggregate(rows([("spam", "ham"), ("ham", "spam")]))
    assert 0.0 == Mcc().aggregate(rows([("spam", "spam"), ("spam", "spam")]))
    assert 0.0 == Mcc().aggregate(rows([("spam", "spam"), ("ham", "spam")]))
    assert 0.0 == Mcc().aggregate(rows([("spam", "")]))


def test_an_answer_without_a_label_is_a_class_of_its_own():
    # n 3, hits 2, expected (2, 1), predicted (spam 1, ham 1, none 1):
    # (3·2 - 2·1 - 1·1) / √((9 - 3)·(9 - 5)) = 3 / √24
    pairs = [("spam", "spam"), ("spam", ""), ("ham", "ham")]
    assert pytest.approx(3 / 24**0.5) == Mcc().aggregate(rows(pairs))


def test_a_case_alone_is_right_or_wrong(score):
    assert (1.0, "ham") == (score(Mcc(), "Ham.", "ham", choices=LABELS).value, "ham")
    assert ("ham", "") == score(Mcc(), "?", "ham", choices=LABELS).evidence


@pytest.mark.filterwarnings("ignore:A single label was found")
@given(PAIRS)
def test_it_equals_scikit_learn(pairs):
    from sklearn.metrics import matthews_corrcoef

    expected, predicted = [wanted for wanted, _ in pairs], [given_ for _, given_ in pairs]
    assert matthews_corrcoef(expected, predicted) == pytest.approx(Mcc().aggregate(rows(pairs)), abs=1e-12)


@given(PAIRS)
def test_expected_and_predicted_can_be_swapped(pairs):
    swapped = [(given_, wanted) for wanted, given_ in pairs]
    value = Mcc().aggregate(rows(pairs))
    assert value == pytest.approx(Mcc().aggregate(rows(swapped)), abs=1e-12)
    assert -1.0 - 1e-12 <= value <= 1.0 + 1e-12


def test_its_range_and_its_chance_level_are_said():
    assert ((-1.0, 1.0), 0.0) == (Mcc.value_range, Mcc.chance_level)
