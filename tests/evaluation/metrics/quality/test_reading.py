import pytest

from evaluation.metrics.quality.reading import READ_CHARS, reading_of, sentences, without_code, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't re-read it, snake_case!", ["Don't", "re-read", "it", "snake", "case"]),
        ("It’s 3.5 km", ["It’s", "3", "5", "km"]),
        ("今天 ok", ["今", "天", "ok"]),
        ("cafe\u0301s", ["cafe\u0301s"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("-- 'tis -", ["tis"]),
        ("🎉 !", []),
    ],
)
def test_words_are_runs_of_letters_marks_and_digits(text: str, expected: list[str]) -> None:
    assert expected == words(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ("One.", "Two!", "Three?", "Four")),
        ("Dr. Lie met J. R. Holm, e.g. Tuesday. They left.", ("Dr. Lie met J. R. Holm, e.g. Tuesday.", "They left.")),
        ("It cost $57.00 in all. not a new one.", ("It cost $57.00 in all. not a new one.",)),
        ('He said "Go." Then he left.', ('He said "Go."', "Then he left.")),
        ("你好。今天好！是吗？", ("你好。", "今天好！", "是吗？")),
        ("क्या हाल है। ठीक है।", ("क्या हाल है।", "ठीक है।")),
        ("- eggs\n- milk. And tea\n2) bread", ("eggs", "milk.", "And tea", "bread")),
        ("# Title\nA line\nthat goes on.\n\nNew part", ("Title", "A line that goes on.", "New part")),
        ("... !!! ---", ()),
        ("", ()),
    ],
)
def test_sentences_end_at_marks_empty_lines_items_and_headings(text: str, expected: tuple[str, ...]) -> None:
    assert expected == sentences(text)


def test_fenced_code_is_left_out_even_where_it_is_never_closed() -> None:
    assert ["Before", "after"] == words(without_code("Before\n```py\nx = 1\n```\nafter"))
    assert ["Before"] == words(without_code("Before\n~~~\nx = 1\n"))


def test_an_answer_of_code_alone_is_read_as_it_is() -> None:
    assert ("py", "x", "1") == reading_of("```py\nx = 1\n```").words


def test_only_the_beginning_is_read() -> None:
    reading = reading_of("Word. " * READ_CHARS)
    assert READ_CHARS == len(reading.text)
    assert READ_CHARS // 6 == len(reading.words) == len(reading.sentences)


def test_lower_case_words_keep_their_order() -> None:
    assert ("the", "cat", "of", "köln") == reading_of("The CAT of Köln").lower
