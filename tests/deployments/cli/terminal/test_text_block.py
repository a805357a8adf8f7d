from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from deployments.cli.terminal.text_block import MARGIN, as_block, wrapped
from evaluation.escaping import for_terminal


def test_every_line_has_a_margin() -> None:
    assert "  │ a\n  │ \n  │ b" == as_block("a\n\nb", width=None)


def test_long_lines_are_folded_at_a_blank_and_long_words_anywhere() -> None:
    assert "  │ one two\n  │ three" == as_block("one two three", width=14)
    assert "  │ aaaaaaaaaa\n  │ aaaa" == as_block("a" * 14, width=14)


def test_without_an_edge_a_line_stays_one() -> None:
    assert MARGIN + "word " * 500 == as_block("word " * 500, width=None)


@given(st.text(), st.integers(min_value=14, max_value=80))
def test_nothing_is_lost_but_blanks_and_nothing_is_too_wide(text: str, width: int) -> None:
    lines = as_block(text, width=width).split("\n")

    assert all(line.startswith(MARGIN) and cell_len(line) <= width for line in lines)
    shown = "".join(line.removeprefix(MARGIN) for line in lines)
    assert "".join(for_terminal(text).split()) == "".join(shown.split())


def test_prose_is_wrapped_between_words_and_a_command_stays_whole() -> None:
    assert "one two\nthree\nfour" == wrapped("one two three\nfour", width=8)
    assert "one\n`two three`\nfour" == wrapped("one `two three` four", width=12)
    assert "a" * 14 == wrapped("a" * 14, width=10)
    assert "one two three" == wrapped("one two three", width=None)


def test_prose_keeps_its_indentation() -> None:
    assert "  one\n  two" == wrapped("  one two", width=6)
    assert "name  one\n      two" == wrapped("name  one two", width=10, hang=6)


@given(st.text(), st.integers(min_value=1, max_value=80))
def test_wrapping_loses_nothing_but_blanks(text: str, width: int) -> None:
    assert "".join(text.split()) == "".join(wrapped(text, width=width).split())
