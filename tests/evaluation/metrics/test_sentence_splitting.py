"""Where sentences end, in prose, dialogue, lists and scripts without blanks."""

import string
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evaluation.metrics.sentence_splitting import split_sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The cat sat. The dog ran! Why? Nobody knows.", ["The cat sat.", "The dog ran!", "Why?", "Nobody knows."]),
        ("Mr. Smith paid 3.5 dollars. He left.", ["Mr. Smith paid 3.5 dollars.", "He left."]),
        (
            "J. R. Jones of the U.S. Army left the U.S. The end.",
            ["J. R. Jones of the U.S. Army left the U.S.", "The end."],
        ),
        ("He came at 5 p.m. The sun shone.", ["He came at 5 p.m.", "The sun shone."]),
        (
            "See Fig. 3 and No. 5. No. It is wrong, i.e. false.",
            ["See Fig. 3 and No. 5.", "No.", "It is wrong, i.e. false."],
        ),
        (
            "It sold to Apple Inc. in May. Apple Inc. The firm grew.",
            ["It sold to Apple Inc. in May.", "Apple Inc.", "The firm grew."],
        ),
        ("Smith et al. (2020) found it. So did we.", ["Smith et al. (2020) found it.", "So did we."]),
        ("It ended in 1990. The next began.", ["It ended in 1990.", "The next began."]),
        ("Visit example.com now. Thanks.", ["Visit example.com now.", "Thanks."]),
    ],
)
def test_a_dot_of_an_abbreviation_an_initial_or_a_number_ends_no_sentence(text: str, expected: list[str]) -> None:
    assert expected == list(split_sentences(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"What?" he asked. "Go!" She went.', ['"What?" he asked.', '"Go!"', "She went."]),
        ("(He left.) She stayed.", ["(He left.)", "She stayed."]),
        ("Wait... then go. Wait... What? I… waited.", ["Wait... then go.", "Wait...", "What?", "I… waited."]),
        ("**Bold.** Next *one.* End", ["**Bold.**", "Next *one.*", "End"]),
        ("“Stop.” “Why?” “Because…”", ["“Stop.”", "“Why?”", "“Because…”"]),
    ],
)
def test_quotes_brackets_and_emphasis_stay_with_the_sentence_they_close(text: str, expected: list[str]) -> None:
    assert expected == list(split_sentences(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("他来了。他说：“好。”然后走了！真的吗？", ["他来了。", "他说：“好。”然后走了！", "真的吗？"]),
        ("「はい。」と言った。そうか。", ["「はい。」と言った。", "そうか。"]),
        ("مرحبا بك. كيف حالك؟ بخير.", ["مرحبا بك.", "كيف حالك؟", "بخير."]),
        ("वह आया। वह गया॥", ["वह आया।", "वह गया॥"]),
    ],
)
def test_full_stops_of_other_scripts_need_no_blank_after_them(text: str, expected: list[str]) -> None:
    assert expected == list(split_sentences(text))


def test_list_items_and_headings_are_sentences_without_their_marks() -> None:
    text = "## Steps\nDo this:\n1. Mix the flour.\n2) Bake it\n- Eat\n* Wash up\n\n---\nDone"

    expected = ["Steps", "Do this:", "Mix the flour.", "Bake it", "Eat", "Wash up", "Done"]

    assert expected == list(split_sentences(text))


def test_a_line_break_inside_prose_ends_no_sentence() -> None:
    wrapped = "This is a line of prose that was wrapped at its sixtieth letter in\nParis.\nThe end was\nnear."

    expected = ["This is a line of prose that was wrapped at its sixtieth letter in Paris.", "The end was near."]

    assert expected == list(split_sentences(wrapped))


@pytest.mark.parametrize(("length", "n_sentences"), [(59, 2), (60, 1)])
def test_a_line_of_sixty_letters_without_a_mark_goes_on_in_the_next(length: int, n_sentences: int) -> None:
    assert n_sentences == len(split_sentences("x" * length + "\nParis is near"))


def test_short_lines_that_begin_with_capitals_are_sentences_of_their_own() -> None:
    assert ("Roses are red", "Violets are blue") == split_sentences("Roses are red\nViolets are blue")


def test_a_break_after_a_mark_ends_the_sentence_even_before_a_small_letter() -> None:
    assert ("We ate.", "then we left") == split_sentences("We ate.\nthen we left")


def test_a_break_after_an_abbreviation_ends_no_sentence() -> None:
    assert ("We met Dr. Jones.",) == split_sentences("We met Dr.\nJones.")


def test_a_text_without_capitals_is_split_before_small_letters() -> None:
    assert ("the cat sat.", "the dog ran.") == split_sentences("the cat sat. the dog ran.")


def test_a_list_number_in_the_middle_of_a_line_belongs_to_what_it_counts() -> None:
    assert ("Do this.", "2. Mix it.", "3. Eat.") == split_sentences("Do this. 2. Mix it. 3. Eat.")


def test_only_the_first_sentences_up_to_the_limit_are_returned() -> None:
    assert ("One.", "Two.") == split_sentences("One. Two. Three.", limit=2)


@pytest.mark.parametrize("text", ["", " ", "\n\n\n", "---\n***", "\t\r\n\x0b"])
def test_a_text_of_blanks_and_rules_has_no_sentence(text: str) -> None:
    assert () == split_sentences(text)


_LETTERS = st.text(
    alphabet=st.one_of(st.sampled_from(string.printable + "。！？…“”「」\u202e\ud800\x00"), st.characters())
)


@settings(max_examples=200)
@given(_LETTERS)
@example("1. 1. 1.")
def test_nothing_but_marks_of_lists_and_rules_is_lost(text: str) -> None:
    found = split_sentences(text)

    assert all(sentence == " ".join(sentence.split()) != "" for sentence in found)
    letters = [letter for letter in text if letter.isalpha() and not letter.isascii()]
    assert letters == [letter for sentence in found for letter in sentence if letter.isalpha() and not letter.isascii()]


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "piece", [".", "a. ", "A. ", "1. ", '."', "- ", "(", '.""\'', "\n", "x", " ", "  x", "。", "|", "Mr. ", "。」"]
)
def test_a_hostile_text_takes_time_in_proportion_to_its_length(piece: str) -> None:
    def seconds(length: int) -> float:
        text = piece * (length // len(piece)) + "x"
        began = time.thread_time()
        split_sentences(text, limit=length)
        return time.thread_time() - began

    # Work that grows with the square takes 64 times as long for a text 8 times as long.
    small, large = (min(seconds(length) for _ in range(3)) for length in (20_000, 160_000))
    assert large < 30 * small + 0.2
