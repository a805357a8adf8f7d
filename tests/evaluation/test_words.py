"""Words are counted in scripts without blanks too, and long words by their length."""

import pytest

from evaluation.words import n_words, unspaced_bigrams, words_of


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
