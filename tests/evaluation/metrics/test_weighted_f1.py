import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.case import Case
from evaluation.metrics.classification import WeightedF1
from evaluation.scores import Measurement

LABELS = ("spam", "ham", "eggs")
PAIRS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from([*LABELS, ""])), min_size=1, max_size=30)


def rows(pairs):
    return [Measurement(value=float(wanted == given_), evidence=(wanted, given_)) for wanted, given_ in pairs]


def test_the_hand_worked_value():
    # spam: expected 3, hits 2, predicted 2 -> 4/5; ham: expected 1, hits 1, predicted 2 -> 2/3; (3·4/5 + 2/3) / 4
    pairs = [("spam", "spam"), ("spam", "spam"), ("spam", "ham"), ("ham", "ham")]
    assert pytest.approx((2.4 + 2 / 3) / 4) == WeightedF1().aggregate(rows(pairs))


def test_a_class_that_was_never_expected_weighs_nothing():
    # spam: hits 1, expected 2, predicted 1 -> 2/3, weight 1
    assert pytest.approx(2 / 3) == WeightedF1().aggregate(rows([("spam", "spam"), ("spam", "eggs")]))


def test_the_evidence_holds_both_classes(score):
    found = score(WeightedF1(), "eggs!", "ham", choices=LABELS)
    assert (0.0, "eggs", ("ham", "eggs")) == (found.value, found.label, found.evidence)
    assert 1.0 == score(WeightedF1(), "ham", "ham", choices=LABELS).value


def test_a_reference_outside_the_labels_is_reported_before_anything_is_asked():
    assert "'jam'" in WeightedF1().problem(Case(case_id="q", references=("jam",), choices=LABELS))


@given(PAIRS)
def test_it_equals_scikit_learn(pairs):
    from sklearn.metrics import f1_score

    expected, predicted = [wanted for wanted, _ in pairs], [given_ for _, given_ in pairs]
    reference = f1_score(expected, predicted, average="weighted", zero_division=0)
    assert reference == pytest.approx(WeightedF1().aggregate(rows(pairs)), abs=1e-12)


@given(PAIRS)
def test_it_stays_in_its_range(pairs):
    assert 0.0 <= WeightedF1().aggregate(rows(pairs)) <= 1.0 + 1e-12
