import csv
import io
import json
import unicodedata

import pytest
from hostile_texts import ALL, TEXTS
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from evaluation.escaping import (
    as_json,
    as_markdown_code,
    for_cell,
    for_markdown,
    for_spreadsheet,
    for_terminal,
    one_line,
)

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def flattened(tokens: list[Token]) -> list[Token]:
    """The tokens with those inside them."""
    return [part for token in tokens for part in (token, *flattened(token.children or []))]


HOSTILE = [
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;http://evil.example\x07link\x1b]8;;\x07",
    "\x9b31mred",
    "abc\rdef",
    "abc\bdef",
    "nul\x00byte",
    "bidi \u202egnp.exe",
    "isolate \u2066x\u2069",
    "\ufeffmark",
    "tag \U000e0041",
    "private \ue000",
    "line \u2028 and paragraph \u2029",
    "lone \ud800 surrogate",
]


def is_harmless(text: str) -> bool:
    return all(
        letter in "\n\t\u200c\u200d" or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
        for letter in text
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_moves_the_cursor_or_hides_reaches_a_terminal(text: str) -> None:
    shown = for_terminal(text)

    assert is_harmless(shown)
    assert len(text) == len(shown)
    assert "\ufffd" in shown


@given(st.text(alphabet=st.characters()))
def test_any_text_is_harmless_and_stays_as_long(text: str) -> None:
    shown = for_terminal(text)

    assert is_harmless(shown)
    assert len(text) == len(shown)
    assert shown == for_terminal(shown)


@pytest.mark.parametrize(
    "text", ["plain", "two\nlines\tand a tab", "[red]not markup[/red]", "می\u200cخواهم", "👩\u200d🔬", "né"]
)
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert text == for_terminal(text)


def test_one_line_holds_no_line_end_of_any_kind() -> None:
    assert "a b c \ufffd d" == one_line("a\nb\t\tc \u2028 d\n")


@given(st.recursive(st.text(alphabet=st.characters()) | st.integers(), lambda inner: st.lists(inner, max_size=3)))
def test_json_reads_back_the_same_and_is_harmless(value: object) -> None:
    text = as_json({"model said": value})

    assert {"model said": value} == json.loads(text)
    assert is_harmless(text)


def test_json_keeps_letters_that_people_read() -> None:
    assert '"né 漢字 \\u001b"' == as_json("né 漢字 \x1b")


def test_markdown_shows_just_the_characters() -> None:
    assert r"\| \`rm\` \*\*b\*\* \[x\](y) &lt;script&gt;".replace("(y)", r"\(y\)") == for_markdown(
        "| `rm` **b** [x](y) <script>"
    )


def test_markdown_of_several_lines_is_one_line() -> None:
    assert r"a \# b" == for_markdown("a\n# b")


@pytest.mark.parametrize(
    "text",
    [
        "see http://evil.example",
        "see WWW.evil.example",
        "ftp://evil.example",
        "write to me@evil.example",
        "xmpp:a@b.co",
    ],
)
def test_no_address_in_markdown_becomes_a_link(text: str) -> None:
    shown = for_markdown(text)

    assert "://" not in shown
    assert "www." not in shown.lower()
    assert "@evil" not in shown
    assert "@b" not in shown
    assert text == shown.replace("\u200b", "")


def test_a_number_begins_no_list_and_decimals_stay_as_they_are() -> None:
    assert r"1\. first" == for_markdown("1. first")
    assert r"12\." == for_markdown("12.")
    assert "0.5 and 1. so" == for_markdown("0.5 and 1. so")


def test_long_markdown_is_cut_before_it_is_escaped() -> None:
    assert r"\*\*\*…" == for_markdown("*****", max_length=4)
    assert r"\*\*\*\*" == for_markdown("****", max_length=4)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("abc123", "`abc123`"),
        ("a`b", "`` a`b ``"),
        ("a|b", r"`a\|b`"),
        (r"a\|b", "`a\\\u200b\\|b`"),
        ("\x1b[31m", "`\ufffd[31m`"),
        ("a\n# b", "`a # b`"),
    ],
)
def test_code_in_markdown_stays_code(text: str, shown: str) -> None:
    assert shown == as_markdown_code(text)


@pytest.mark.parametrize(
    "text",
    [
        "exact_match",
        "0.900 [0.769, 0.960]",
        "+1.20 [0.31, 2.09]",
        "-0.5",
        "llama3.2:3b",
        "a – b",
        "1.000",
        "<0.1",
        "a & b",
    ],
)
def test_a_cell_of_ours_stays_as_it_is(text: str) -> None:
    assert text == for_cell(text)


@pytest.mark.parametrize("text", [*TEXTS, ALL])
def test_a_cell_that_is_read_as_markdown_holds_text_alone(text: str) -> None:
    tokens = {token.type for token in flattened(MARKDOWN.parse(for_cell(text)))}

    assert {"paragraph_open", "inline", "text", "paragraph_close"} >= tokens


def test_a_cell_looks_the_same_but_for_what_is_not_seen() -> None:
    assert "<script>alert('hostile')</script>" == for_cell(TEXTS[0]).replace("\u200b", "")


@pytest.mark.parametrize(
    "text",
    ["=cmd()", "+1+cmd", "-2+3", "@SUM(A1)", "\t=1", "\n=1", "  =1", "＝cmd()", "＋1", "－1", "＠x"],
)
def test_no_cell_is_a_formula(text: str) -> None:
    line = io.StringIO()
    csv.writer(line).writerow([for_spreadsheet(text)])
    ((cell,),) = csv.reader(io.StringIO(line.getvalue()))

    assert "'" + text == cell


@pytest.mark.parametrize("text", ["", "plain", "a = b", "'quoted'", "12"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert text == for_spreadsheet(text)


def test_a_cell_that_a_carriage_return_would_open_is_text() -> None:
    assert "\ufffd=cmd()" == for_spreadsheet("\r=cmd()")


def test_a_terminal_gets_each_harmless_letter_as_it_is_and_a_mark_for_each_other_one() -> None:
    harmful = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    letters = [
        chr(code) for code in (*range(0x3000), *range(0xD7F0, 0xE010), *range(0xFE00, 0x10400), 0xE0001, 0x10FFFD)
    ]
    expected = [
        letter if unicodedata.category(letter) not in harmful or letter in "\n\t\u200c\u200d" else "\ufffd"
        for letter in letters
    ]
    assert "".join(expected) == for_terminal("".join(letters))
