import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.case import Case
from evaluation.metrics.rouge import Rouge1, Rouge2, RougeL

WORDS = st.lists(st.sampled_from(["cats", "cat", "running", "run", "fast", "the", "slow"]), max_size=9).map(" ".join)
TYPES = [(Rouge1, "rouge1"), (Rouge2, "rouge2"), (RougeL, "rougeL")]


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        # "police killed the gunman" against "police kill the gunman" with stemming: all shared
        (Rouge1(), 1.0),
        # without stemming 3 of 4 words, 1 of 3 pairs, 3 in order
        (Rouge1(use_stemmer=False), 0.75),
        (Rouge2(use_stemmer=False), 1 / 3),
        (RougeL(use_stemmer=False), 0.75),
    ],
)
def test_lins_example_has_its_hand_worked_value(score, metric, value):
    assert value == pytest.approx(score(metric, "Police kill the gunman.", "police killed the gunman").value)


def test_order_matters_to_the_longest_common_subsequence(score):
    # Lin 2004, S3: "the gunman kill police" shares only "the gunman" in order
    assert 0.5 == score(RougeL(use_stemmer=False), "the gunman kill police", "police killed the gunman").value


def test_the_best_reference_counts(score):
    assert 1.0 == score(Rouge1(), "a cat", "dogs", "a cat").value


def test_an_empty_answer_scores_zero_unless_the_reference_is_empty(score):
    assert 0.0 == score(RougeL(), " ", "cat").value
    assert 1.0 == score(RougeL(), "", "").value
    assert 0.0 == score(RougeL(), "cat", "").value


def test_a_reference_that_rouge_cannot_read_is_reported_before_anything_is_asked():
    assert "ROUGE sees no word" in Rouge1().problem(Case(case_id="q", references=("кошка",)))
    assert Rouge1().problem(Case(case_id="q", references=("cat", ""))) is None


@pytest.mark.parametrize(("metric", "rouge_type"), TYPES)
@given(answer=WORDS, references=st.lists(WORDS, min_size=1, max_size=3), use_stemmer=st.booleans())
def test_it_equals_the_reference_package(score, metric, rouge_type, answer, references, use_stemmer):
    from rouge_score.rouge_scorer import RougeScorer

    if not answer:
        return
    reference = RougeScorer([rouge_type], use_stemmer=use_stemmer).score_multi(references, answer)[rouge_type]
    value = score(metric(use_stemmer=use_stemmer), answer, *references).value
    assert reference.fmeasure == value
    assert 0.0 <= value <= 1.0


def test_a_blank_answer_is_right_where_any_reference_is_blank(score):
    assert 1.0 == score(Rouge1(), " ", "cat", "").value


def test_what_shares_nothing_has_neither_precision_nor_recall(score):
    found = score(RougeL(), "cat", "dog")
    assert (0.0, "precision 0.000, recall 0.000") == (found.value, found.rationale)
