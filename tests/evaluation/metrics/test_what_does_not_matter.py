"""Which changes of a text leave a metric's value as it is: the two sides swapped, case, blanks, order of references."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.parsing import parse_metric

WORDS = st.sampled_from(
    ["cat", "Cats", "the", "A", "sat", "42", "3.5", "mat,", "кот", "שלום", "猫", "🙂", "naïve", "-5", "no."]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=10).map(" ".join)
BLANKS = st.sampled_from([" ", "  ", "\n", "\t ", "\u00a0", " \r\n"])

SYMMETRIC = (
    "exact_match",
    "exact_match(squad=True)",
    "token_f1",
    "numeric_match",
    "edit_similarity",
    "rouge_1",
    "rouge_2",
    "rouge_l",
)
WITHOUT_CASE = (
    "exact_match",
    "token_f1",
    "contains",
    "numeric_match",
    "edit_similarity(ignore_case=True)",
    "rouge_1",
    "rouge_2",
    "rouge_l",
    "rouge_lsum",
    "bleu(ignore_case=True)",
    "chrf(ignore_case=True)",
    "ter",
)
WITHOUT_BLANKS = (
    "exact_match",
    "token_f1",
    "contains",
    "edit_similarity",
    "rouge_1",
    "rouge_2",
    "rouge_l",
    "bleu",
    "chrf",
    "ter",
)
BEST_OF_REFERENCES = (
    "exact_match",
    "token_f1",
    "contains",
    "contains(all=True)",
    "numeric_match",
    "edit_similarity",
    "rouge_1",
    "rouge_l",
    "rouge_lsum",
    "chrf",
    "ter",
)


def value(metric, answer, *references):
    case = Case(case_id="q", references=references, choices=("cat", "mat"))
    return parse_metric(metric).measure(case, (Generation(text=answer, answer=answer),), {}).value


@pytest.mark.parametrize("metric", SYMMETRIC)
@settings(max_examples=30)
@given(left=TEXTS, right=TEXTS)
def test_the_two_sides_can_be_swapped(metric, left, right):
    assert value(metric, left, right) == pytest.approx(value(metric, right, left))


@pytest.mark.parametrize("metric", WITHOUT_CASE)
@settings(max_examples=30)
@given(answer=TEXTS, reference=TEXTS)
def test_case_does_not_matter(metric, answer, reference):
    expected = value(metric, answer, reference)
    assert expected == value(metric, answer.upper(), reference)
    assert expected == value(metric, answer, reference.lower())


@pytest.mark.parametrize("metric", WITHOUT_BLANKS)
@settings(max_examples=30)
@given(words=st.lists(WORDS, min_size=1, max_size=10), reference=TEXTS, blank=BLANKS, outer=BLANKS)
def test_how_words_are_parted_does_not_matter(metric, words, reference, blank, outer):
    expected = value(metric, " ".join(words), reference)
    assert expected == pytest.approx(value(metric, outer + blank.join(words) + outer, reference))


@pytest.mark.parametrize("metric", BEST_OF_REFERENCES)
@settings(max_examples=30)
@given(answer=TEXTS, references=st.lists(TEXTS, min_size=1, max_size=3), order=st.randoms())
def test_the_order_of_references_does_not_matter(metric, answer, references, order):
    shuffled = order.sample(references, len(references))
    assert value(metric, answer, *references) == pytest.approx(value(metric, answer, *shuffled))


@pytest.mark.parametrize("metric", [name for name in BEST_OF_REFERENCES if "all" not in name and name != "ter"])
@settings(max_examples=30)
@given(answer=TEXTS, references=st.lists(TEXTS, min_size=1, max_size=3))
def test_one_more_reference_never_makes_an_answer_worse(metric, answer, references):
    assert value(metric, answer, *references, "cat") >= value(metric, answer, *references) - 1e-9


@pytest.mark.parametrize("label", ["cat", "CAT", " Cat. ", "**cat**", "cat\n\nbecause it purrs"])
@pytest.mark.parametrize("metric", ["accuracy", "macro_f1", "weighted_f1", "mcc", "multiple_choice"])
def test_case_and_marks_around_a_label_do_not_matter(metric, label):
    assert 1.0 == value(metric, label, "Cat")
