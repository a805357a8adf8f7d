import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selection.learning.features import HEAD, PLAIN_FEATURES, TAIL, plain_features, read_part, words
from selection.learning.fitted_space import fit_space

PROMPTS = (
    "How many apples are left when 3 of 12 apples are eaten?",
    "def total(prices):\n    return sum(prices)\n\nWhat does this return for []?",
    "Wie viele Äpfel sind noch übrig, und was ist mit den Birnen?",
    '{"name": "Ada", "born": 1815}\nGive the year.',
    "- first\n- second\n1. third\nWhich is the last of the list?",
    "| a | b |\n|---|---|\n| 1 | 2 |\nWhich is larger?",
    "How many pears are left when 5 of 20 pears are eaten, and apples?",
    "Сколько яблок осталось?",
)


def feature(prompt: str, name: str) -> float:
    return float(plain_features(prompt)[PLAIN_FEATURES.index(name)])


def test_every_plain_feature_has_a_name_of_its_own() -> None:
    assert len(PLAIN_FEATURES) == len(set(PLAIN_FEATURES)) == len(plain_features("What is it?"))


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        ("code", PROMPTS[1]),
        ("german", PROMPTS[2]),
        ("json", PROMPTS[3]),
        ("log_list_items", PROMPTS[4]),
        ("log_table_rows", PROMPTS[5]),
        ("cyrillic", PROMPTS[7]),
        ("non_ascii", PROMPTS[7]),
    ],
)
def test_a_feature_is_largest_for_the_prompt_that_is_made_for_it(name: str, prompt: str) -> None:
    assert prompt == max(PROMPTS, key=lambda one: feature(one, name))
    assert 0 == feature("What is it?", name)


def test_counts_and_shares_are_those_worked_by_hand() -> None:
    prompt = "Ab 12?\nCD 3.5!"
    assert np.log1p(14) == pytest.approx(feature(prompt, "log_characters"))
    assert np.log1p(1) == pytest.approx(feature(prompt, "log_lines"))
    assert 4 / 14 == pytest.approx(feature(prompt, "digits"))
    assert np.log1p(2) == pytest.approx(feature(prompt, "log_numbers"))
    assert 3 / 14 == pytest.approx(feature(prompt, "capitals"))
    assert 3 / 14 == pytest.approx(feature(prompt, "punctuation"))
    assert np.log1p(1) == pytest.approx(feature(prompt, "log_questions"))
    assert 2 == pytest.approx(feature(prompt, "word_length"))


def test_words_are_letters_of_any_script_in_lower_case() -> None:
    assert ["foo", "bar", "übrig", "яблок"] == words("Foo_bar 12 x ÜBRIG яблок")


def test_of_a_long_prompt_head_and_tail_are_read_and_its_length_counts_in_full() -> None:
    long = "a" * HEAD + "b" * 50_000 + "c" * TAIL
    assert f"{'a' * HEAD}\n{'c' * TAIL}" == read_part(long)
    assert np.log1p(len(long)) == pytest.approx(feature(long, "log_characters"))


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=300))
def test_any_text_has_finite_features(text: str) -> None:
    assert np.isfinite(plain_features(text)).all()


def test_a_lone_surrogate_is_a_character_like_another() -> None:
    assert np.isfinite(plain_features("broken \ud800 text")).all()


def test_what_serves_gives_the_features_that_scikit_learn_gives() -> None:
    fitted = fit_space(PROMPTS, rng=np.random.default_rng(0))
    assert fitted.space.components.shape[1] > 1
    asked = (*PROMPTS, "", "nothing known in here: zebra", PROMPTS[0] * 900, "12 34")
    np.testing.assert_allclose(fitted.slow_features(asked), fitted.space.of_all(asked), atol=1e-6)


def test_prompts_without_a_common_word_leave_the_plain_features() -> None:
    fitted = fit_space(("alpha", "beta", "gamma"), rng=np.random.default_rng(0))
    assert len(PLAIN_FEATURES) == fitted.space.n_features
    assert (len(PLAIN_FEATURES),) == fitted.space.of("delta").shape


def test_a_feature_that_never_varied_counts_nothing() -> None:
    fitted = fit_space(PROMPTS[:1] * 4, rng=np.random.default_rng(0))
    assert 0 == np.abs(fitted.space.of("日本語" * 50)).max()


@pytest.mark.parametrize("piece", ["word and 12 ", "\n", '"', "a", "| x ", "日", " \t", "1-", "(", "- a\n"])
def test_the_cost_of_a_prompt_does_not_grow_with_the_square_of_its_length(piece: str) -> None:
    space = fit_space(PROMPTS, rng=np.random.default_rng(0)).space
    long = (piece * 100_000)[:100_000]
    # This thread's processor time, and far more than is needed: what grows with the square takes minutes.
    started = time.thread_time()
    space.of(long)
    assert time.thread_time() - started < 5
