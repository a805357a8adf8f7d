import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.case import Case
from evaluation.metrics import rouge
from evaluation.metrics.rouge import RougeLsum

LINES = st.lists(st.sampled_from(["cats", "cat", "running", "run", "the", "slow", "\n", "\n\n"]), max_size=14).map(
    " ".join
)


def test_the_papers_example_has_its_hand_worked_value(score):
    # Lin 2004, 3.2: reference w1-w5; the sentences share w1 w2 and w1 w3 w5: 4 of 5 words, of 10 in the answer
    found = score(RougeLsum(), "w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", "w1 w2 w3 w4 w5")
    assert pytest.approx(2 * 0.4 * 0.8 / 1.2) == found.value
    assert "precision 0.400, recall 0.800" == found.rationale


def test_a_word_of_the_answer_counts_once(score):
    # both lines of the reference want "cat", the answer has one: P 1, R 1/2
    assert pytest.approx(2 / 3) == score(RougeLsum(), "cat", "cat\ncat").value


def test_the_order_of_sentences_does_not_matter(score):
    assert 1.0 == score(RougeLsum(), "dogs bark\nthe cat sleeps", "the cat sleeps\ndogs bark").value


def test_sentences_can_be_told_by_punctuation(score):
    answer, reference = "Dogs bark. The cat sleeps.", "The cat sleeps. Dogs bark."
    assert 0.6 == pytest.approx(score(RougeLsum(), answer, reference).value)
    assert 1.0 == score(RougeLsum(split_sentences=True), answer, reference).value


def test_an_empty_answer_scores_zero_unless_the_reference_is_empty(score):
    assert 0.0 == score(RougeLsum(), "\n", "cat").value
    assert 1.0 == score(RougeLsum(), "", "").value
    assert 0.0 == score(RougeLsum(), "!", "cat").value
    assert 1.0 == score(RougeLsum(), "cat", "dog", "cat").value


def test_a_reference_that_rouge_cannot_read_is_reported_before_anything_is_asked():
    assert "ROUGE sees no word" in RougeLsum().problem(Case(case_id="q", references=("кошка",)))


@given(answer=LINES, references=st.lists(LINES, min_size=1, max_size=3), use_stemmer=st.booleans())
def test_it_equals_the_reference_package(score, answer, references, use_stemmer):
    from rouge_score.rouge_scorer import RougeScorer

    if not answer.strip():
        return
    reference = RougeScorer(["rougeLsum"], use_stemmer=use_stemmer).score_multi(references, answer)["rougeLsum"]
    assert reference.fmeasure == score(RougeLsum(use_stemmer=use_stemmer), answer, *references).value


def test_what_cannot_be_compared_counts_as_not_shared_and_is_told_of(score, monkeypatch):
    # a reference of 2 words costs 10 with its share of a pair, so that 22 words can be compared with it
    monkeypatch.setattr(rouge, "MAX_CELLS", 220)
    short = score(RougeLsum(use_stemmer=False), "a b\nx y", "a b")
    assert (pytest.approx(2 * 0.5 / 1.5), None) == (short.value, short.label)
    long = score(RougeLsum(use_stemmer=False), "x y\nq r\na b", "a b")
    assert (0.0, "cut") == (long.value, long.label)
    # 10 of the 22 for "x y", 8 for the next pair, and 4 for the words "q r s a"
    part = score(RougeLsum(use_stemmer=False), "x y\nq r s a b", "a b")
    assert (pytest.approx(2 / 9), "cut") == (part.value, part.label)
    assert "precision 0.143, recall 0.500" == part.rationale


def test_equal_lines_are_compared_once(score, monkeypatch):
    monkeypatch.setattr(rouge, "MAX_CELLS", 220)
    assert score(RougeLsum(), "a b\n" * 100, "a b").label is None
