import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.metrics.classification import classification_report
from evaluation.scores import Measurement

LABELS = ("eggs", "ham", "spam")
PAIRS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from([*LABELS, ""])), min_size=1, max_size=30)


def rows(pairs):
    return [Measurement(value=float(wanted == given_), evidence=(wanted, given_)) for wanted, given_ in pairs]


def test_the_hand_worked_table():
    # ham is expected twice and found once; once no label came; eggs is predicted but never expected
    table = classification_report(rows([("spam", "spam"), ("spam", "eggs"), ("ham", "ham"), ("ham", "")]))
    eggs, ham, spam = table.classes
    assert ("eggs", 0.0, 0.0, 0.0, 0, 1) == (
        eggs.label,
        eggs.precision,
        eggs.recall,
        eggs.f1,
        eggs.support,
        eggs.n_predicted,
    )
    assert (1.0, 0.5, 2 / 3, 2, 1) == (ham.precision, ham.recall, ham.f1, ham.support, ham.n_predicted)
    assert (1.0, 0.5, 2, 1) == (spam.precision, spam.recall, spam.support, spam.n_predicted)
    assert ("eggs", "ham", "spam", "") == table.predicted
    assert ((0, 0, 0, 0), (0, 1, 0, 1), (1, 0, 1, 0)) == table.confusion
    assert (0.5, 4) == (table.accuracy, table.n_rows)


def test_there_is_no_column_for_answers_without_a_label_where_there_are_none():
    assert ("ham", "spam") == classification_report(rows([("spam", "ham")])).predicted


def test_no_rows_make_an_empty_table():
    table = classification_report([])
    assert ((), (), 0.0, 0) == (table.classes, table.confusion, table.accuracy, table.n_rows)


@pytest.mark.filterwarnings("ignore:A single label was found")
@given(PAIRS)
def test_it_equals_scikit_learn(pairs):
    from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

    expected, predicted = [wanted for wanted, _ in pairs], [given_ for _, given_ in pairs]
    table = classification_report(rows(pairs))
    labels = [row.label for row in table.classes]
    columns = zip(*precision_recall_fscore_support(expected, predicted, labels=labels, zero_division=0.0), strict=True)
    ours = [(row.precision, row.recall, row.f1, row.support) for row in table.classes]
    assert [pytest.approx(column) for column in columns] == ours
    whole = confusion_matrix(expected, predicted, labels=list(table.predicted))
    assert whole[: len(labels)].tolist() == [list(row) for row in table.confusion]
    assert accuracy_score(expected, predicted) == pytest.approx(table.accuracy)
