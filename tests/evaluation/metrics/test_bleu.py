import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError
from evaluation.metrics.bleu import Bleu

SENTENCES = st.lists(st.sampled_from(["the", "cat", "sat", "on", "mat", "Dog", "."]), min_size=1, max_size=9).map(
    " ".join
)
ANSWERS = ["The dog bit the man.", "It was not unexpected.", "The man bit him first."]
FIRST = ["The dog bit the man.", "It was not unexpected.", "The man bit him first."]
SECOND = ["The dog had bit the man.", "No one was surprised.", "The man had bitten the dog."]


def test_the_corpus_value_of_sacrebleus_own_example(score):
    rows = [score(Bleu(), *texts) for texts in zip([*ANSWERS[:2], "He bit."], FIRST, SECOND, strict=True)]
    import sacrebleu

    expected = sacrebleu.corpus_bleu([*ANSWERS[:2], "He bit."], [FIRST, SECOND]).score
    assert expected == Bleu().aggregate(rows)
    assert 0 < expected < 100


def test_a_perfect_corpus_has_one_hundred(score):
    rows = [score(Bleu(), text, text) for text in ANSWERS]
    assert 100.0 == pytest.approx(Bleu().aggregate(rows))


def test_the_evidence_is_the_hand_counted_statistics(score):
    # "the cat" against "the cat sat": lengths 2 and 3; 2 of 2 words, 1 of 1 pairs, no longer n-grams
    assert (2, 3, 2, 1, 0, 0, 2, 1, 0, 0) == score(Bleu(), "the cat", "the cat sat").evidence


@given(st.lists(st.tuples(SENTENCES, SENTENCES, SENTENCES), min_size=1, max_size=5), st.booleans())
def test_corpus_and_sentence_equal_sacrebleu_to_the_last_digit(score, corpus, ignore_case):
    from sacrebleu.metrics import BLEU

    metric = Bleu(ignore_case=ignore_case)
    rows = [score(metric, *texts) for texts in corpus]
    answers, first, second = (list(column) for column in zip(*corpus, strict=True))
    whole = BLEU(lowercase=ignore_case, force=True).corpus_score(answers, [first, second]).score
    sentence = BLEU(lowercase=ignore_case, effective_order=True).sentence_score(answers[0], [first[0], second[0]]).score
    assert whole == metric.aggregate(rows)
    assert sentence == rows[0].value


def test_an_empty_answer_scores_zero_unless_the_reference_is_empty(score):
    nothing = score(Bleu(), "", "")
    assert 0.0 == score(Bleu(), "", "cat").value
    assert 0.0 == score(Bleu(), "cat", "").value
    assert 100.0 == nothing.value
    assert 100.0 == Bleu().aggregate([nothing])
    full = score(Bleu(), "the cat sat on the mat", "the cat sat on the mat")
    assert Bleu().aggregate([full]) == Bleu().aggregate([full, nothing])


def test_the_signature_holds_sacrebleus_own():
    from sacrebleu import __version__

    assert (
        f"case:lc|eff:no|tok:char|smooth:exp|version:{__version__}" in Bleu(ignore_case=True, tokenize="char").signature
    )


def test_an_unknown_tokenizer_is_refused():
    with pytest.raises(ConfigurationError, match="13a"):
        Bleu(tokenize="flores200")


def test_a_corpus_of_nothing_but_empty_right_answers_is_perfect(score):
    nothing = score(Bleu(), "", "")
    assert 100.0 == Bleu().aggregate([nothing, nothing])


def test_its_range_and_any_number_of_references_are_said():
    assert (0.0, 100.0) == Bleu.value_range
    assert "|nrefs:var|" in Bleu().signature
