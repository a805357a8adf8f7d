import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.metrics.edit_similarity import EditSimilarity


def similarity(left, right):
    """By the plain table of edit distances."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    longest = max(len(left), len(right))
    return 1 - row[-1] / longest if longest else 1.0


def test_the_hand_worked_value(score):
    # kitten -> sitting: two replaced, one added, of seven
    assert pytest.approx(4 / 7) == score(EditSimilarity(), "kitten", "sitting").value


def test_the_closest_reference_counts(score):
    assert 1.0 == score(EditSimilarity(), "cat", "dog", "cat").value


def test_an_empty_answer_scores_zero_unless_the_reference_is_empty(score):
    assert 0.0 == score(EditSimilarity(), " ", "cat").value
    assert 1.0 == score(EditSimilarity(), "", "").value


def test_blanks_do_not_matter_and_case_does_unless_said_otherwise(score):
    assert 1.0 == score(EditSimilarity(), " a\n  b", "a b").value
    assert 0.75 == score(EditSimilarity(strip=False), "a  b", "a b").value
    assert 0.0 == score(EditSimilarity(), "CAT", "cat").value
    assert 1.0 == score(EditSimilarity(ignore_case=True), "CAT", "cat").value


TEXTS = st.text(alphabet="abß😀 \x00", max_size=30)


@given(TEXTS, TEXTS)
def test_it_equals_the_plain_table_and_is_symmetric(score, left, right):
    value = score(EditSimilarity(strip=False), left, right).value
    assert similarity(left, right) == pytest.approx(value, abs=1e-12)
    assert value == score(EditSimilarity(strip=False), right, left).value
    assert 0.0 <= value <= 1.0


def test_words_are_parted_by_one_blank_and_case_is_folded_as_unicode_says(score):
    # "a b c" and "abc": two blanks deleted, of five characters
    assert pytest.approx(0.6) == score(EditSimilarity(), "a  b\nc", "abc").value
    assert 1.0 == score(EditSimilarity(ignore_case=True), "STRASSE", "straße").value


def test_without_references_nothing_is_alike(score):
    assert 0.0 == score(EditSimilarity(), "cat").value
