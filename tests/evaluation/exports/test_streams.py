"""Is a file that is sent in pieces the file that is written, and an Excel file one of typed cells without formulas?"""

import io
import re
import tempfile
import zipfile
from collections.abc import Generator, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pyarrow.parquet as pq
import pytest
from hostile_texts import TEXTS
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError
from evaluation.exports import excel
from evaluation.exports.files import write_rows, written_chunks
from evaluation.exports.writers import Format

COLUMNS = ("case_id", "answer", "value", "n", "higher_is_better", "started_at")
MOMENT = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
XML = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def _rows(n: int) -> list[dict[str, Any]]:
    return [
        {"case_id": f"c{i}", "answer": TEXTS[i % len(TEXTS)], "value": i / 3, "n": i, "started_at": MOMENT}
        for i in range(n)
    ]


def _cells(content: bytes) -> list[dict[str, tuple[str, str]]]:
    """Return type and text of each cell of each row, by the letter of its column."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    assert [] == list(sheet.iter(f"{XML}f")) == list(sheet.iter(f"{XML}hyperlink"))
    return [
        {cell.attrib["r"].rstrip("0123456789"): (cell.get("t", "n"), "".join(cell.itertext())) for cell in row}
        for row in sheet.iter(f"{XML}row")
    ]


@pytest.mark.parametrize("n", [0, 1, 499, 500, 501, 4321])
@pytest.mark.parametrize("form", [Format.CSV, Format.JSON, Format.NDJSON, Format.XLSX])
def test_the_pieces_are_the_file(form: Format, n: int) -> None:
    file = io.BytesIO()

    assert n == write_rows(file, COLUMNS, _rows(n), form)
    assert file.getvalue() == b"".join(written_chunks(COLUMNS, _rows(n), form))


@pytest.mark.parametrize("n", [0, 1, 2000, 4321])
def test_the_pieces_of_parquet_are_a_file_of_the_same_rows(n: int) -> None:
    file = io.BytesIO()
    write_rows(file, COLUMNS, _rows(n), Format.PARQUET)

    pieces = pq.read_table(io.BytesIO(b"".join(written_chunks(COLUMNS, _rows(n), Format.PARQUET))))

    assert pq.read_table(io.BytesIO(file.getvalue())).equals(pieces)
    assert n == pieces.num_rows


@pytest.mark.parametrize("form", [Format.CSV, Format.JSON, Format.PARQUET, Format.XLSX])
def test_the_first_piece_comes_before_the_first_row_is_read(form: Format) -> None:
    def unreadable() -> Iterator[dict[str, Any]]:
        raise AssertionError("a row was read")
        yield {}

    assert next(written_chunks(COLUMNS, unreadable(), form))


def test_rows_are_read_a_page_at_a_time() -> None:
    n_read = 0

    def counted() -> Iterator[dict[str, Any]]:
        nonlocal n_read
        for row in _rows(10_000):
            n_read += 1
            yield row

    chunks = written_chunks(COLUMNS, counted(), Format.NDJSON)
    next(chunks)
    next(chunks)

    assert 500 == n_read


def test_excel_is_sent_while_the_rows_are_read() -> None:
    n_read = 0

    def counted() -> Iterator[dict[str, Any]]:
        nonlocal n_read
        for row in _rows(20_000):
            n_read += 1
            yield row

    lengths = [(n_read, len(piece)) for piece in written_chunks(COLUMNS, counted(), Format.XLSX)]

    early = sum(length for n, length in lengths if n <= 10_000)
    assert early > sum(length for _, length in lengths) / 3


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80), max_size=4))
def test_other_programs_read_the_same_texts_from_excel(texts: list[str]) -> None:
    texts = [*texts, *TEXTS, "_x0041_ _x005F_", "a\r\nb\tc", " both ends ", "\ufffe\uffff", "<&>'\""]
    sheet = _read_by_another_program([{"answer": text} for text in texts], ("answer",))

    assert texts == [_unescaped(cell.value) for (cell,) in sheet.iter_rows(min_row=2)]
    assert {"s", "inlineStr", "n"} >= {cell.data_type for (cell,) in sheet.iter_rows(min_row=2)}


def test_other_programs_read_the_same_values_from_excel() -> None:
    value = 0.1 + 0.2
    rows = [
        {
            "case_id": "=1+1",
            "answer": "\ud800",
            "value": value,
            "n": -3,
            "higher_is_better": True,
            "started_at": MOMENT,
        },
        {"case_id": "", "value": np.float64(1e-300), "n": 2**53, "higher_is_better": False},
        {"started_at": datetime(1815, 12, 10, tzinfo=UTC), "answer": [1, "<"], "n": 10**400},
    ]
    sheet = _read_by_another_program(rows, COLUMNS)
    read = [tuple(cell.value for cell in row) for row in sheet.iter_rows(min_row=2)]

    assert ("=1+1", "?", value, -3, True, MOMENT.replace(tzinfo=None)) == read[0]
    assert ("", None, 1e-300, 2**53, False, None) == read[1]
    assert (None, '[1, "<"]', None, str(10**400), None, "1815-12-10T00:00:00+00:00") == read[2]
    assert "yyyy" in sheet["F2"].number_format
    assert "A2" == sheet.freeze_panes


def test_columns_beyond_the_alphabet_have_two_letters() -> None:
    columns = [f"column {n}" for n in range(730)]
    sheet = _read_by_another_program([{"column 729": 1, "column 26": 2}], columns)

    assert (1, 2, "column 729") == (sheet["ABB2"].value, sheet["AA2"].value, sheet["ABB1"].value)


def test_a_sheet_longer_than_an_archive_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "MOST_BYTES", 100_000)

    with pytest.raises(ConfigurationError, match="a sheet of Excel holds"):
        list(written_chunks(COLUMNS, _rows(4000), Format.XLSX))


def _read_by_another_program(rows: list[dict[str, Any]], columns: Sequence[str]) -> Any:
    content = b"".join(written_chunks(columns, rows, Format.XLSX))
    return openpyxl.load_workbook(io.BytesIO(content))["export"]


def _unescaped(text: str | None) -> str | None:
    """Return a text as Excel shows it: the library leaves escapes of control characters as they are."""
    return text and re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)


def test_cells_of_excel_have_the_type_of_their_value() -> None:
    row = {"case_id": "=1+1", "answer": "42", "value": 0.5, "n": 3, "higher_is_better": True, "started_at": MOMENT}
    heading, cells, odd = _cells(
        b"".join(written_chunks(COLUMNS, [row, {"value": float("nan"), "n": 2**60}], Format.XLSX))
    )

    assert list(COLUMNS) == [text for _, text in heading.values()]
    assert {"A": ("inlineStr", "=1+1"), "B": ("inlineStr", "42"), "C": ("n", "0.5"), "D": ("n", "3")} == {
        name: cells[name] for name in "ABCD"
    }
    assert ("b", "1") == cells["E"]
    kind, days = cells["F"]
    assert "n" == kind
    since_1900 = MOMENT - datetime(1899, 12, 30, tzinfo=UTC)
    assert since_1900.total_seconds() / 86_400 == pytest.approx(float(days))
    assert {"C": ("inlineStr", "nan"), "D": ("inlineStr", str(2**60))} == odd


@pytest.mark.parametrize(
    "text",
    [*TEXTS, "=cmd|'/c calc'!A0", "{=1+1}", "http://evil.example", "internal:A1", "\ud800", "\x00\x0b", "_x0041_"],
)
def test_no_text_becomes_a_formula_or_a_link(text: str) -> None:
    _, cells = _cells(b"".join(written_chunks(("answer",), [{"answer": text}], Format.XLSX)))

    assert {"inlineStr"} >= {kind for kind, _ in cells.values()}


def test_a_text_too_long_for_a_cell_says_what_was_cut() -> None:
    rows = [{"answer": "a" * excel.LONGEST_TEXT}, {"answer": "a" * 40_000}, {"answer": "😀" * 20_000}]
    _, whole, cut, wide = (row.get("A") for row in _cells(b"".join(written_chunks(("answer",), rows, Format.XLSX))))

    assert whole == ("inlineStr", "a" * excel.LONGEST_TEXT)
    assert cut is not None
    assert wide is not None
    assert cut[1].endswith("[cut: the text has 40,000 characters]")
    assert wide[1].endswith("[cut: the text has 20,000 characters]")
    assert all(len(text.encode("utf-16-le")) // 2 <= excel.LONGEST_TEXT for _, text in (cut, wide))


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "MOST_ROWS", 3)

    with pytest.raises(ConfigurationError, match="a sheet of Excel holds 3 rows"):
        list(written_chunks(COLUMNS, _rows(4), Format.XLSX))
    assert 4 == len(_cells(b"".join(written_chunks(COLUMNS, _rows(3), Format.XLSX))))


@pytest.mark.parametrize("form", Format)
def test_a_reader_who_leaves_leaves_nothing_behind(
    form: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    chunks = cast("Generator[bytes]", written_chunks(COLUMNS, _rows(5000), form))

    next(chunks)
    chunks.close()

    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("form", Format)
def test_rows_that_break_off_leave_nothing_behind(
    form: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def broken() -> Iterator[dict[str, Any]]:
        yield from _rows(3000)
        raise RuntimeError("the store is away")

    with pytest.raises(RuntimeError):
        list(written_chunks(COLUMNS, broken(), form))
    assert [] == list(tmp_path.iterdir())
