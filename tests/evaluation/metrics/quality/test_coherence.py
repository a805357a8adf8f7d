import math
import random

import pytest

from evaluation.metrics.quality.coherence import Coherence, linked_share
from evaluation.metrics.quality.reading import sentences
from evaluation.metrics.quality.sentence_facts import sentence_of
from evaluation.metrics.quality.sentence_order import MOST_SENTENCES, order_log_odds


def test_the_value_weighs_the_probability_of_the_order_and_the_links(measure, story) -> None:
    found = [sentence_of(text) for text in sentences(story)]
    order = 1 / (1 + math.exp(-order_log_odds(found)))
    expected = 0.8 * order + 0.2 * linked_share(found)
    measurement = measure(Coherence(), story)
    assert measurement.value == pytest.approx(expected)
    assert ("order", order, "linked", linked_share(found), "sentences", 7.0) == measurement.evidence[:6]
    assert linked_share(found) == pytest.approx(measure(Coherence(link_weight=1.0), story).value)


def test_a_text_in_its_order_beats_nearly_all_of_its_shuffles(measure, story) -> None:
    rng = random.Random(0)
    lines = list(sentences(story))
    good = measure(Coherence(), story).value
    shuffles = [measure(Coherence(), " ".join(rng.sample(lines, len(lines)))).value for _ in range(50)]
    assert 45 <= sum(good > bad for bad in shuffles)


def test_a_text_whose_first_sentence_points_back_is_less_coherent(measure) -> None:
    first, second = "Herons stand still.", "However, they also strike fast."
    assert measure(Coherence(), f"{first} {second}").value > 0.5 > measure(Coherence(), f"{second} {first}").value


def test_one_sentence_tells_nothing(measure) -> None:
    measurement = measure(Coherence(), "Herons stand still.")
    assert (0.5, "one_sentence") == (measurement.value, measurement.label)
    assert 0.0 == measurement.evidence[-1]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("Oak trees.", "An oak.", "Iron ships."), 2 / 3),
        (("Oak trees.", "However, tin.", "Iron ships."), 1 / 3),
        (("However, tin.", "Oak trees.", "Iron ships."), 0.0),
        (("Oak trees.",), 0.5),
    ],
)
def test_sentences_are_linked_by_stems_and_by_words_that_point_back(texts: tuple[str, ...], expected: float) -> None:
    assert expected == linked_share([sentence_of(text) for text in texts])


def test_only_the_first_sentences_of_a_long_text_are_looked_at(measure) -> None:
    beginning = " ".join(f"Ship {i} left." for i in range(MOST_SENTENCES))
    assert measure(Coherence(), beginning) == measure(Coherence(), f"{beginning} However, it also sank.")


def test_confidence_grows_with_the_number_of_sentences(measure, story) -> None:
    assert 6 / 11 == measure(Coherence(), story).evidence[-1]
    assert measure(Coherence(), story).label is None
    assert "low_confidence" == measure(Coherence(), "Herons fish. They wait.").label


def test_a_text_in_another_language_is_judged_by_its_shared_words(measure) -> None:
    text = "Der Reiher steht im Schilf. Im Schilf sitzt ein Frosch. Der Frosch springt ins Wasser."
    assert 0 < measure(Coherence(), text).value < 1
