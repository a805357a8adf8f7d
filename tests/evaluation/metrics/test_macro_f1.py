import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.case import Case
from evaluation.metrics.classification import MacroF1
from evaluation.scores import Measurement

LABELS = ("spam", "ham", "eggs")
PAIRS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from([*LABELS, ""])), min_size=1, max_size=30)


def rows(pairs):
    return [Measurement(value=float(wanted == given_), evidence=(wanted, given_)) for wanted, given_ in pairs]


def test_a_case_alone_is_right_or_wrong_and_keeps_both_classes(score):
    wrong = score(MacroF1(), "Spam!", "Ham", choices=LABELS)
    assert (0.0, "spam", ("ham", "spam")) == (wrong.value, wrong.label, wrong.evidence)
    right = score(MacroF1(), "ham", "spam", "ham", choices=LABELS)
    assert (1.0, "ham", ("ham", "ham")) == (right.value, right.label, right.evidence)


def test_an_answer_without_a_label_keeps_the_expected_class(score):
    nothing = score(MacroF1(), "", "ham", choices=LABELS)
    assert (0.0, "not_extracted", ("ham", "")) == (nothing.value, nothing.label, nothing.evidence)


def test_the_hand_worked_value():
    # spam: 1 hit, expected 2, predicted 1 -> 2/3; ham: 1 hit, expected 1, predicted 2 -> 2/3
    pairs = [("spam", "spam"), ("spam", "ham"), ("ham", "ham")]
    assert pytest.approx(2 / 3) == MacroF1().aggregate(rows(pairs))


def test_no_label_counts_against_the_expected_class_and_is_no_class():
    # spam: 2·1 / (2 + 1) = 2/3, and no second class that halves it
    assert pytest.approx(2 / 3) == MacroF1().aggregate(rows([("spam", "spam"), ("spam", "")]))


@given(PAIRS)
def test_it_equals_scikit_learn(pairs):
    from sklearn.metrics import f1_score

    expected, predicted = [wanted for wanted, _ in pairs], [given_ for _, given_ in pairs]
    classes = sorted({*expected, *predicted} - {""})
    reference = f1_score(expected, predicted, labels=classes, average="macro", zero_division=0)
    assert reference == pytest.approx(MacroF1().aggregate(rows(pairs)), abs=1e-12)


@given(PAIRS, st.randoms())
def test_the_order_of_cases_does_not_matter(pairs, random):
    shuffled = random.sample(pairs, len(pairs))
    assert MacroF1().aggregate(rows(pairs)) == MacroF1().aggregate(rows(shuffled))


def test_a_reference_outside_the_labels_is_reported_before_anything_is_asked():
    assert "'jam'" in MacroF1().problem(Case(case_id="q", references=("jam",), choices=LABELS))


def test_a_reference_that_is_no_label_keeps_its_own_words(score):
    assert ("jam", "ham") == score(MacroF1(), "ham", "jam", choices=LABELS).evidence
