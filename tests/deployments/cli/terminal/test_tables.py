import re
from datetime import UTC, datetime

import pytest

from deployments.cli.terminal import tables


@pytest.mark.parametrize(
    ("text", "n_bytes"),
    [
        ("8GB", 8 * 10**9),
        ("8g", 8 * 10**9),
        (" 500 MB ", 5 * 10**8),
        ("7.5GiB", 8_053_063_680),
        ("42", 42),
        ("42b", 42),
    ],
)
def test_a_size_is_read_in_decimal_and_binary_units(text: str, n_bytes: int) -> None:
    assert n_bytes == tables.read_size(text, option="--max-size")


def test_a_table_keeps_every_character_of_a_long_cell_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    tables.print_table(
        ("name", "said", "n"), [("x" * 150, "many words " * 90, 1234), ("[bold]not markup[/bold]", "", None)]
    )

    out = capsys.readouterr().out
    assert ("many words " * 90).strip() in out, "a line of its own for each row"
    assert "x" * 150 in out
    assert "[bold]not markup[/bold]" in out
    assert "1,234" in out


@pytest.mark.parametrize("width", [70, 44])
def test_a_narrow_terminal_gets_every_column_with_its_words_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))

    tables.print_table(("name", "status", "said"), [("a" * 28, "completed", "some words " * 9)])

    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    assert ["name", "status"] == lines[1].split()[:2]
    assert ["a" * 28, "completed"] == lines[3].split()[:2]
    assert 9 == " ".join(lines).count("words")


def test_columns_that_do_not_fit_continue_below_beside_the_first_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    names = ("stage", "kind", "model", *(f"figure{number}" for number in range(9)))
    label = "small:1b pipeline=retrieval embedder=nomic-embed-text-v1.5"
    rows = [(f"search {number}", "embed", label, *(f"{number + place}.123" for place in range(9))) for number in (1, 2)]

    tables.print_table(names, rows)

    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    heads = [line.split() for line in lines if line.strip().startswith("stage")]
    assert len(heads) > 1
    shown = " ".join(word for head in heads for word in head if word != "stage")
    assert " ".join(names[1:]) == shown
    for word in label.split():
        assert any(word in line.split() for line in lines), word


def test_details_leave_out_what_is_not_known_and_indent_further_lines(capsys: pytest.CaptureFixture[str]) -> None:
    tables.print_details({"name": "a", "licence": None, "text": "one\ntwo", "none": 0})

    assert "name  a\ntext  one\n      two\nnone  0\n" == capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "–"),
        (True, "yes"),
        (1234, "1,234"),
        (0.3, "0.3"),
        (("a", "b"), "a, b"),
        ({"a": 1}, "a=1"),
        ("red\x1b[31m", "red\ufffd[31m"),
        (["\x1b"], "\ufffd"),
        ({"\x1b": "\x1b"}, "\ufffd=\ufffd"),
    ],
)
def test_a_cell_is_said_in_words_that_a_terminal_can_bear(value: object, words: str) -> None:
    assert words == tables.in_words(value)


def test_a_moment_is_said_by_this_machines_clock() -> None:
    moment = datetime(2026, 5, 4, 3, 2, tzinfo=UTC)

    assert moment.astimezone().strftime("%Y-%m-%d %H:%M") == tables.in_words(moment)
    assert "–" == tables.moment(None)


@pytest.mark.parametrize("is_terminal", [True, False])
@pytest.mark.parametrize("width", [80, 100])
def test_long_words_are_broken_where_the_table_would_not_fit(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int, is_terminal: bool
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: is_terminal)
    monkeypatch.setenv("COLUMNS", str(width))
    headline = "token_f1: baseline-best-sentence 0.833, hf.co/someone/a-very-long-name-of-a-model-GGUF:Q4_K_M 0.500"
    row = ("5c9ba1f1-4c", "interrupted", "code_generation_python (nightly)", "11-23 07:00", "1,319/5,276", headline)

    tables.print_table(("run", "status", "benchmark", "started", "answered", "headline, best first"), [row])

    lines = re.sub("\x1b[^m]*m", "", capsys.readouterr().out).splitlines()
    assert max(map(len, lines)) <= width
    assert ["5c9ba1f1-4c", "interrupted"] == next(line.split()[:2] for line in lines if "5c9ba1f1-4c" in line)
    assert any("baseline-best-sentence" in line for line in lines), "a word of a usual length stays whole"
    assert all(sign in "".join(lines) for sign in ("0.833", "0.500"))
