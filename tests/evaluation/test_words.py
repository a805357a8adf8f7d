"""Words are counted in scripts without blanks too, and long words by their length."""

import pytest

from evaluation.words import first_words, n_words, stretches, unspaced_bigrams, words_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("Two words, père", 3),
        ("日本語。", 3),
        ("「日本」 is Japan", 5),
        ("ภาษาไทย", 7),
        ("x" * 30, 1),
        ("x" * 400, 100),
        ("データ", 3),
    ],
)
def test_words_of_any_script_are_counted(text: str, expected: int) -> None:
    assert expected == n_words(text) == len(words_of(text))


def test_a_mark_and_a_full_stop_stay_with_their_letter() -> None:
    assert ["か\u3099", "本。", "ที่"] == words_of("か\u3099本。ที่")


def test_neighbours_of_a_run_are_bigrams_and_a_lone_letter_is_itself() -> None:
    assert (" GPU , ok", ["日本", "本語", "本"]) == unspaced_bigrams("日本語GPU本, ok")


@pytest.mark.parametrize(
    ("text", "n", "expected"),
    [
        ("Two words, père", 2, "Two words,"),
        ("日本語。GPU", 2, "日本"),
        ("ที่นี่", 1, "ที่"),
        ("x" * 400, 3, "x" * 12),
        ("few", 9, "few"),
        ("", 5, ""),
    ],
)
def test_the_first_words_of_any_script(text: str, n: int, expected: str) -> None:
    assert expected == first_words(text, n)
    assert n_words(first_words(text, n)) <= n


@pytest.mark.parametrize("text", ["", "ascii only", "GPU日本語 and ภาษา", "日", "1987年に", "عام 1987"])
def test_stretches_make_up_the_text(text: str) -> None:
    assert text == "".join(stretch for stretch, _ in stretches(text))


def test_stretches_tell_scripts_without_blanks() -> None:
    assert [("GPU ", False), ("日本語", True), ("1, ", False), ("ภาษา", True)] == list(stretches("GPU 日本語1, ภาษา"))
