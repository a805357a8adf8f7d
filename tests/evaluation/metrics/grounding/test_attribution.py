"""Each sentence of an answer with the passage that it rests on."""

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.grounding.attribution import (
    MOST_SENTENCES,
    Attribution,
    as_evidence,
    as_rationale,
    attributions,
    claims,
)

CASE = Case(case_id="1", context=("The sea is wide.", "The lamp burns oil. It was lit in 1868."))


def attributed(answer: str) -> tuple[Attribution, ...]:
    return attributions(CASE, Generation(text=answer, answer=answer))


def test_each_sentence_names_its_best_passage() -> None:
    found = attributed("Yes. The lamp burns oil. The sea is wide. Cats purr. It was lit in 1869.")

    assert [1, 0, None, 1] == [each.passage_index for each in found]
    assert [True, True, False, False] == [each.supported for each in found]
    assert [1.0, 1.0, 0.0] == [round(each.relevance, 9) for each in found[:3]]
    assert "number not in the passage: 1869" == found[3].doubt


def test_of_equal_passages_the_earlier_one_is_named() -> None:
    case = Case(case_id="1", context=("Cats purr.", "Cats purr."))

    (found,) = attributions(case, Generation(text="", answer="Cats purr."))

    assert 0 == found.passage_index


def test_the_threshold_decides_what_counts_as_support() -> None:
    generation = Generation(text="", answer="The lamp burns gas.")

    (strict,) = attributions(CASE, generation, threshold=0.9)
    (mild,) = attributions(CASE, generation, threshold=0.3)

    assert (False, True) == (strict.supported, mild.supported)
    assert strict.relevance == mild.relevance


def test_evidence_has_three_values_a_sentence() -> None:
    found = attributed("The sea is wide. Cats purr.")

    assert (1.0, 1.0, 1.0, "none", 0.0, 0.0) == tuple(
        round(value, 9) if isinstance(value, float) else value for value in as_evidence(found)
    )


def test_the_rationale_says_where_each_sentence_comes_from_and_what_speaks_against_it() -> None:
    found = (
        Attribution(sentence="The lamp\x00 burns.", passage_index=1, relevance=0.834, supported=True),
        Attribution(sentence="x" * 80, passage_index=0, relevance=0.5, supported=False, doubt="number is missing: 3"),
        Attribution(sentence="Cats.", passage_index=None, relevance=0.0, supported=False),
    )

    expected = [
        'sentence 1 ← passage 2 (.83) "The lamp· burns."',
        f'sentence 2 ↚ passage 1 (.50, number is missing: 3) "{"x" * 59}…"',
        'sentence 3 ↚ no passage (.00) "Cats."',
    ]
    assert expected == as_rationale(found).split("\n")


def test_a_long_rationale_says_how_much_it_leaves_out() -> None:
    found = attributed("Cats purr. " * 50)

    lines = as_rationale(found).split("\n")

    assert 41 == len(lines)
    assert "and 10 more" == lines[-1]


def test_no_more_sentences_are_looked_at_than_promised() -> None:
    assert MOST_SENTENCES == len(claims("Cats purr. " * (MOST_SENTENCES + 50)))


def test_an_empty_answer_and_empty_passages_have_no_attributions_or_no_support() -> None:
    assert () == attributed(" ")
    (found,) = attributions(Case(case_id="1", context=("", " ")), Generation(text="", answer="Cats purr."))
    assert Attribution(sentence="Cats purr.", passage_index=None, relevance=0.0, supported=False) == found
