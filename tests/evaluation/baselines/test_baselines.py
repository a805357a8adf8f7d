"""Every baseline answers every prompt, by its own method, the same way each time."""

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.baselines import BASELINES, Baseline
from evaluation.baselines.best_sentence import BestSentence
from evaluation.baselines.label_match import LabelMatch, RandomChoice
from evaluation.baselines.lead import Lead
from evaluation.baselines.ngram import Ngram
from evaluation.errors import UnknownNameError

MUSEUM = (
    "The Amber Museum opened in 1987 in the harbour town of Lindholm. It was founded by Greta Olsen, a retired "
    "captain. The museum holds over 4,200 pieces of amber. Visitors pay 12 euros on weekdays."
)
SUMMARIZE = f"Document:\n{MUSEUM}\n\nSummarize the document in one or two sentences."
PLANETS = (
    "Which planet is called the red planet?\n\nA. Venus\nB. The planet Mars\nC. Jupiter\n\n"
    "Answer with the letter of the right option only."
)
every_baseline = pytest.mark.parametrize("baseline", [cls() for cls in BASELINES.values()], ids=list(BASELINES))


def asked(question: str) -> str:
    return f"Context:\n{MUSEUM}\n\nQuestion: {question}\n\nAnswer in as few words as possible, using the context."


def to_label(text: str, labels: str = "politics, sports, science") -> str:
    return f"Text:\n{text}\n\nLabels: {labels}\n\nAnswer with one label from the list and nothing else."


def test_the_catalogue_holds_the_six_and_helps_with_a_misspelt_one() -> None:
    names = {"lead", "textrank", "best-sentence", "label-match", "ngram", "random"}
    assert {f"baseline-{name}" for name in names} == set(BASELINES)
    with pytest.raises(UnknownNameError, match="did you mean 'baseline-lead'"):
        BASELINES["baseline-leed"]


@every_baseline
@settings(max_examples=40, deadline=None)
@given(prompt=st.text(min_size=1, max_size=300), seed=st.integers(-(2**31), 2**31))
def test_every_prompt_gets_an_answer_and_the_same_one_again(baseline: Baseline, prompt: str, seed: int) -> None:
    first = baseline.answer(prompt, seed=seed)
    assert bool(prompt.strip()) == bool(first.strip())
    assert first == baseline.answer(prompt, seed=seed)


@every_baseline
@pytest.mark.parametrize("prompt", [asked("Who founded it?"), SUMMARIZE, to_label("Goal!"), PLANETS, "Hello"])
@pytest.mark.parametrize("limit", [1, 3])
def test_a_limit_is_kept_and_leaves_something(baseline: Baseline, prompt: str, limit: int) -> None:
    assert 1 <= len(baseline.answer(prompt, seed=4, limit=limit).split()) <= limit


@every_baseline
def test_a_baseline_crosses_processes_and_says_who_it_is(baseline: Baseline) -> None:
    assert baseline == pickle.loads(pickle.dumps(baseline))
    assert 64 == len(baseline.digest)
    assert baseline.digest == type(baseline)().digest


def test_another_option_or_another_method_is_another_digest() -> None:
    digests = [cls().digest for cls in BASELINES.values()] + [Lead(n_sentences=3).digest]
    assert len(digests) == len(set(digests))


def test_lead_gives_the_first_sentences_of_the_document() -> None:
    first = "The Amber Museum opened in 1987 in the harbour town of Lindholm."
    assert first == Lead(n_sentences=1).answer(SUMMARIZE)
    assert f"{first} It was founded by Greta Olsen, a retired captain." == Lead().answer(SUMMARIZE)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who founded the museum?", "Greta Olsen"),
        ("When did the Amber Museum open?", "1987"),
        ("How many pieces of amber does the museum hold?", "4,200"),
        ("What do visitors pay on weekdays?", "12 euros"),
    ],
)
def test_best_sentence_answers_with_what_the_question_lacks(question: str, answer: str) -> None:
    assert answer == BestSentence().answer(asked(question))


def test_best_sentence_gives_the_whole_sentence_on_request() -> None:
    whole = BestSentence(shorten=False).answer(asked("Who founded the museum?"))
    assert "It was founded by Greta Olsen, a retired captain." == whole


def test_best_sentence_answers_a_multiple_choice_case_with_a_letter() -> None:
    assert "B" == BestSentence().answer(PLANETS)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("A new law passed after long political talks.", "politics"),
        ("The sporting year ended with a cup.", "sports"),
        ("Scientists at the science fair looked at sports drinks; science won.", "science"),
    ],
)
def test_label_match_finds_a_label_or_its_variant_in_the_text(text: str, label: str) -> None:
    assert label == LabelMatch().answer(to_label(text))


def test_label_match_falls_back_to_letters_and_then_to_the_first_label() -> None:
    assert "astronomy" == LabelMatch().answer(to_label("The astronaut slept.", "cooking, astronomy"))
    assert "cooking" == LabelMatch().answer(to_label("9 9 9", "cooking, astronomy"))


def test_random_draws_each_label_about_as_often() -> None:
    prompt = to_label("It rained.")
    drawn = [RandomChoice().answer(prompt, seed=seed) for seed in range(3000)]
    assert {"politics", "sports", "science"} == set(drawn)
    assert all(abs(drawn.count(label) - 1000) < 5 * (3000 * 2 / 9) ** 0.5 for label in set(drawn))


def test_random_answers_by_kind_of_prompt() -> None:
    assert RandomChoice().answer(PLANETS, seed=1) in {"A", "B", "C"}
    assert RandomChoice().answer(asked("Who?"), seed=1) in MUSEUM


def test_ngram_continues_with_word_pairs_it_has_seen() -> None:
    prompt = "zig zag zog " * 3
    words = Ngram().answer(prompt, seed=5, limit=6).split()
    assert ["zig", "zag", "zog", "zig", "zag", "zog"] == words


def test_ngram_draws_by_seed() -> None:
    answers = {Ngram().answer("Tell me a story about the sea.", seed=seed) for seed in range(5)}
    assert len(answers) > 1
