import pytest

from evaluation.errors import ConfigurationError
from evaluation.metrics.quality.completeness import Completeness, coverage, ending_score


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("It works.", 1.0),
        ('He said "go!"', 1.0),
        ("Well done! 🎉👍", 1.0),
        ("**Done.**\n", 1.0),
        ("It works.[1][2]", 1.0),
        ("It works. [12] ", 1.0),
        ("今天很好。", 1.0),
        ("नमस्ते।", 1.0),
        ("هل هذا صحيح؟", 1.0),
        ("Paris", 1.0),
        ("Eggs:\n- two eggs\n- a cup of milk", 1.0),
        ("It is so. " * 5 + "\n1. one\n2. two", 1.0),
        ("| a | b |\n|---|---|\n| 1 | 2 |", 1.0),
        ("See this.\n```py\nx\n```", 1.0),
        ("one two three four five six seven eight nine ten eleven twelve", 1.0),
        ("one two three four five six seven eight nine ten eleven twelve thirteen", 0.5),
        ("It (still works.", 0.5),
        ("Yes. It (still) works.", 1.0),
        ("def f(x):\n    return x + 1", 0.5),
        ("Here it is:", 0.0),
        ("Eggs, milk,", 0.0),
        ("Eggs and", 0.0),
        ("- eggs\n- the", 0.0),
        ("Yes, it is", 1.0),
        ("I will not", 1.0),
        ("It is one two three four five. Six seven eight nine ten", 1.0),
        ("It is one two three four five. Six seven eight nine ten eleven", 0.0),
        ("```py\nx = 1.", 0.0),
        ("```py\nx = 1\n```\nThen:\n```py\nx = 2.", 0.0),
        ("```py\nx = 1\n```\nThen:\n```py\nx = 2\n```\nDone.", 1.0),
        ("Well done! 👍🏽", 1.0),
    ],
)
def test_an_ending_is_proper_uncertain_or_broken_off(answer: str, expected: float) -> None:
    assert expected == ending_score(answer)


@pytest.mark.parametrize(
    ("prompt", "answer", "expected"),
    [
        ("explain photosynthesis, respiration and fermentation.", "Photosynthesis needs light.", 1 / 3),
        ("explain photosynthesis, respiration and fermentation.", "It ferments and respires.", 2 / 3),
        ("what is rust? how do we stop corrosion of iron?", "Rust is iron oxide.", (1 + 2 / 3) / 2),
        ("what is rust? how do we stop corrosion of iron?", "Rust eats old cars.", 0.5),
        ("list three reasons.", "- light\n- warmth", 2 / 3),
        ("list three reasons.", "Light, warmth, rain.", 1.0),
        ("list three reasons.", "Light. Warmth. Rain. Wind.", 1.0),
        ("what is the capital of france?", "Paris", None),
        ("go on.", "Yes.", None),
        ("", "Yes.", None),
    ],
)
def test_coverage_is_the_mean_over_what_was_asked(prompt: str, answer: str, expected: float | None) -> None:
    assert coverage(prompt, answer) == (expected if expected is None else pytest.approx(expected))


def test_ending_and_coverage_are_weighed(measure) -> None:
    prompt = "Explain photosynthesis and respiration."
    assert 0.75 == measure(Completeness(), "Photosynthesis needs light.", prompt=prompt).value
    assert 0.9 == measure(Completeness(ending_weight=0.8), "Photosynthesis needs light.", prompt=prompt).value
    assert 0.5 == measure(Completeness(), "Photosynthesis (by light.", prompt=prompt).value
    assert 1.0 == measure(Completeness(), "Photosynthesis needs light.", prompt="Go on.").value


@pytest.mark.parametrize("weight", [-0.1, 1.1])
def test_a_weight_that_is_no_share_is_refused(weight: float) -> None:
    with pytest.raises(ConfigurationError, match=r"ending_weight=.* is not from 0 to 1"):
        Completeness(ending_weight=weight)


def test_an_answer_that_the_server_cut_has_no_ending(measure) -> None:
    measurement = measure(Completeness(), "It works.", finish_reason="length")
    assert (0.0, "cut_off") == (measurement.value, measurement.label)


def test_a_text_cut_inside_a_sentence_is_less_complete_than_the_whole(measure, story) -> None:
    tokens = story.split()
    assert 1.0 == measure(Completeness(), story).value
    inside = [n for n in range(20, len(tokens)) if tokens[n - 1][-1] not in ".,"]
    cut = [measure(Completeness(), " ".join(tokens[:n])) for n in inside]
    assert {0.0} == {measurement.value for measurement in cut}
    assert {"cut_off"} == {measurement.label for measurement in cut}


def test_confidence_is_a_half_at_twenty_words(measure) -> None:
    assert 0.5 == measure(Completeness(), "word " * 19 + "end.").evidence[-1]
    assert "low_confidence" == measure(Completeness(), "Paris.").label
