import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.metrics.ter import MAX_WORDS, Ter

SENTENCES = st.lists(st.sampled_from(["the", "cat", "sat", "on", "mat", "Cat", "."]), max_size=9).map(" ".join)


def test_the_hand_worked_value(score):
    # one word replaced and one missing, of four
    found = score(Ter(), "the dog sat", "the cat sat down")
    assert (50.0, (2.0, 4.0), "2 edits for 4 words") == (found.value, found.evidence, found.rationale)


def test_a_moved_phrase_is_one_edit(score):
    assert 20.0 == score(Ter(), "d e a b c", "a b c d e").value


def test_the_least_edits_are_over_the_mean_length_of_the_references(score):
    # no edit to the second; lengths 4 and 2
    assert (0.0, 3.0) == score(Ter(), "a b", "a b c d", "a b").evidence


def test_it_has_no_upper_end_and_lower_is_better(score):
    assert 400.0 == score(Ter(), "b c d e", "a").value
    assert not Ter.higher_is_better


def test_an_empty_answer_costs_the_whole_reference(score):
    assert 100.0 == score(Ter(), "", "a b").value
    assert 100.0 == score(Ter(), "a b", "").value
    assert 0.0 == score(Ter(), "", "").value
    assert 0.0 == Ter().aggregate([score(Ter(), "", "")])


@pytest.mark.parametrize(
    ("metric", "answer", "reference"),
    [
        (Ter(), "The CAT", "the cat"),
        (Ter(normalized=True), "cat.", "cat ."),
        (Ter(no_punct=True), "cat, dog", "cat dog"),
        (Ter(normalized=True, asian_support=True), "猫犬", "猫 犬"),
    ],
)
def test_each_option_makes_two_texts_equal_which_differ_without_it(score, metric, answer, reference):
    assert 0.0 == score(metric, answer, reference).value
    assert 0.0 < score(Ter(ignore_case=False), answer, reference).value


@given(
    st.lists(st.tuples(SENTENCES, SENTENCES, SENTENCES), min_size=1, max_size=5),
    st.fixed_dictionaries({name: st.booleans() for name in ("ignore_case", "normalized", "no_punct", "asian_support")}),
)
def test_corpus_and_sentence_equal_sacrebleu_to_the_last_digit(score, corpus, options):
    from sacrebleu.metrics import TER

    metric = Ter(**options)
    reference = TER(case_sensitive=not options.pop("ignore_case"), **options)
    rows = [score(metric, *texts) for texts in corpus]
    answers, first, second = (list(column) for column in zip(*corpus, strict=True))
    assert reference.corpus_score(answers, [first, second]).score == metric.aggregate(rows)
    assert reference.sentence_score(answers[0], [first[0], second[0]]).score == rows[0].value


def test_words_beyond_the_limit_cost_one_edit_each_and_are_told_of(score):
    whole = score(Ter(), "a " * MAX_WORDS, "a")
    cut = score(Ter(), "a " * (MAX_WORDS + 1), "a")
    assert (100.0 * (MAX_WORDS - 1), None) == (whole.value, whole.label)
    assert (100.0 * MAX_WORDS, "cut") == (cut.value, cut.label)


def test_a_long_reference_raises_the_limit(score):
    words = " ".join(str(i) for i in range(MAX_WORDS + 50))
    found = score(Ter(), words, "a", words)
    assert (0.0, None) == (found.value, found.label)


def test_the_signature_holds_sacrebleus_own():
    from sacrebleu import __version__

    assert f"case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:{__version__}" in Ter().signature
    assert "case:mixed" in Ter(ignore_case=False).signature


def test_its_range_and_any_number_of_references_are_said():
    assert (0.0, float("inf")) == Ter.value_range
    assert "|nrefs:var|" in Ter().signature
