"""The table of classes of a run, as rows of short texts."""

from evaluation.metrics.classification import classification_report
from evaluation.reports.runs.classes import class_rows, confusion_rows
from evaluation.scores import Measurement


def _row(expected: str, given: str) -> Measurement:
    return Measurement(value=float(expected == given), evidence=(expected, given))


TABLE = classification_report([_row("cat", "cat"), _row("cat", "dog"), _row("dog", "dog"), _row("dog", "")])


def test_each_class_has_its_precision_recall_and_f1() -> None:
    assert [
        {"class": "cat", "precision": "1.000", "recall": "0.500", "F1": "0.667", "expected": "2", "given": "1"},
        {"class": "dog", "precision": "0.500", "recall": "0.500", "F1": "0.500", "expected": "2", "given": "2"},
    ] == class_rows(TABLE)


def test_an_answer_without_a_class_has_a_column_of_its_own() -> None:
    assert [
        {"expected": "cat", "cat": "1", "dog": "1", "no class": "0"},
        {"expected": "dog", "cat": "0", "dog": "1", "no class": "1"},
    ] == confusion_rows(TABLE)
