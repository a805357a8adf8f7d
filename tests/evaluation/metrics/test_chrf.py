import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError
from evaluation.metrics.chrf import Chrf

SENTENCES = st.text(alphabet="abcD .", min_size=1, max_size=20).filter(str.strip)


def test_the_hand_worked_value(score):
    # "ab" against "abc", n = 1, 2 (no longer n-gram in the answer): precision 1, recall (2/3 + 1/2) / 2 = 7/12;
    # F with recall weighted twice: 5·P·R / (4·P + R) = (35/12) / (55/12)
    assert pytest.approx(100 * 35 / 55) == score(Chrf(), "ab", "abc").value


@given(st.lists(st.tuples(SENTENCES, SENTENCES, SENTENCES), min_size=1, max_size=5), st.booleans(), st.integers(0, 2))
def test_corpus_and_sentence_equal_sacrebleu_to_the_last_digit(score, corpus, ignore_case, word_order):
    from sacrebleu.metrics import CHRF

    metric = Chrf(ignore_case=ignore_case, word_order=word_order)
    rows = [score(metric, *texts) for texts in corpus]
    answers, first, second = (list(column) for column in zip(*corpus, strict=True))
    reference = CHRF(lowercase=ignore_case, word_order=word_order)
    assert reference.corpus_score(answers, [first, second]).score == metric.aggregate(rows)
    assert reference.sentence_score(answers[0], [first[0], second[0]]).score == rows[0].value


def test_an_empty_answer_scores_zero_unless_the_reference_is_empty(score):
    nothing = score(Chrf(), "", "")
    assert 0.0 == score(Chrf(), "", "cat").value
    assert 0.0 == score(Chrf(), "cat", "").value
    assert 100.0 == nothing.value
    assert 100.0 == Chrf().aggregate([nothing])


def test_the_signature_holds_sacrebleus_own():
    from sacrebleu import __version__

    assert f"case:mixed|eff:yes|nc:6|nw:2|space:no|version:{__version__}" in Chrf(word_order=2).signature


def test_a_word_order_without_meaning_is_refused():
    with pytest.raises(ConfigurationError, match="word_order"):
        Chrf(word_order=-1)


def test_its_range_and_any_number_of_references_are_said():
    assert (0.0, 100.0) == Chrf.value_range
    assert "|nrefs:var|" in Chrf().signature


def test_words_of_up_to_four_can_count():
    assert 4 == Chrf(word_order=4).word_order
    with pytest.raises(ConfigurationError, match="word_order"):
        Chrf(word_order=5)
