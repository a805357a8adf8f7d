import pytest

from evaluation.metrics.quality.sentence_facts import sentence_of


def test_a_sentence_is_known_by_its_stems_its_articles_and_its_cues() -> None:
    sentence = sentence_of("The old herons also saw three green frogs.")
    assert ("the", ("the", "old"), 8) == (sentence.first, sentence.start, sentence.n_words)
    assert {"old", "heron", "saw", "green", "frogs"} == sentence.stems
    assert {"old", "hero", "saw", "gree", "frog"} == sentence.short_stems
    assert {"green", "frogs"} == sentence.introduced
    assert {"old", "heron"} == sentence.pointed_at
    assert {"the", "also", "three"} == sentence.small
    assert {"starts_definite", "also", "has_also", "no_finite_verb", "indefinite_thing", "past", "letters"} == set(
        sentence.cues
    )


def test_halves_compounds_and_words_alone() -> None:
    sentence = sentence_of("Window functions need a filter.")
    assert {"windo", "funct"} == sentence.front
    assert {"filte"} == sentence.back
    assert {("windo", "funct")} == sentence.compounds
    assert {"windo", "filte"} == sentence.alone


def test_what_this_and_such_point_at_near_the_beginning() -> None:
    assert {"frog"} == sentence_of("Now this frog is quick.").shown
    assert frozenset() == sentence_of("Nobody here in town ever saw this frog.").shown


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("Herons fish.", "starts_content"),
        ("And so on.", "starts_other"),
        ("It rains.", "starts_anaphoric"),
        ("Return the frog.", "like_an_order"),
        ("Herons of", "starts_with_s"),
        ("Usually quiet.", "starts_with_ly"),
        ("Wading birds.", "no_finite_verb"),
        ("We like both.", "has_other"),
        ("We left, though.", "has_however"),
        ("We may go.", "has_modal"),
        ("We cannot go.", "has_negative"),
        ("Oh, rain.", "comma"),
        ('He said "no".', "quote"),
        ("They saw Oslo.", "name"),
        ("Anna Berg left.", "long_name"),
        ("They saw 7.", "digit"),
    ],
)
def test_words_marks_and_forms_are_cues(text: str, cue: str) -> None:
    assert 1.0 == sentence_of(text).cues[cue]
    assert cue not in sentence_of("in rain is").cues


def test_cues_that_are_numbers() -> None:
    # 3 words of 3, 5 and 4 letters; one of them in the past tense: 10/3, cut to 2.
    assert sentence_of("The train left.").cues["letters"] == pytest.approx(12 / 3 / 3)
    assert 2.0 == sentence_of("The train left.").cues["past"] == sentence_of("The train waited.").past
    assert 0.0 == sentence_of("The red train leaves.").past


def test_names_know_how_many_words_they_have() -> None:
    sentence = sentence_of("The mayor Anna Berg met Iversen's son (IV).")
    assert {"anna": 2, "berg": 2, "iversen": 1, "iv": 1} == dict(sentence.names)
    assert {"anna", "berg", "ivers", "iv"} == sentence.named
    assert {"iv"} == sentence.abbreviations


def test_years_ordinals_and_speakers() -> None:
    sentence = sentence_of("Second, you and he met in 1999 and 1950, not in 0042.")
    assert (1950, 2) == (sentence.year, sentence.ordinal)
    assert {"you", "he"} == sentence.speakers
    assert (None, None) == (sentence_of("Rain.").year, sentence_of("Rain.").ordinal)


def test_quotation_marks_open_and_close() -> None:
    opening, closed = sentence_of('"It was late.'), sentence_of('It was "late".')
    assert (True, True, True) == (opening.quotes, opening.opens_quote, opening.quote_open)
    assert (True, False, False) == (closed.quotes, closed.opens_quote, closed.quote_open)
    assert sentence_of("“It was late.").quote_open


def test_a_sentence_without_words_is_known_by_nothing() -> None:
    nothing = sentence_of("!")
    assert frozenset() == nothing.stems == nothing.front == nothing.back
    assert {"no_finite_verb": 1.0} == dict(nothing.cues)
    assert 1 == nothing.n_words
