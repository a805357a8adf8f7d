"""Rows as an Excel workbook of one sheet, with one row in memory at a time.

Texts are written as texts: no formula, link or number is read out of them.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from math import isfinite
from typing import IO, Any

from evaluation.errors import ConfigurationError

MOST_ROWS = 1_048_575
"""Rows of a sheet of Excel, below that of the headings."""
LONGEST_TEXT = 32_767
"""Characters of a cell of Excel; it counts those beyond U+FFFF as two."""
_EXACT = 2**53
"""Whole numbers up to which Excel, which has floating-point numbers alone, holds each of them."""


class ExcelWriter:
    """Writes rows; the file is written at the end, since a workbook is an archive.

    Raises:
        ConfigurationError: there are more rows than a sheet of Excel holds.
    """

    def __init__(self, file: IO[bytes], columns: Sequence[str]) -> None:
        import xlsxwriter

        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._columns, self._n_rows = columns, 0
        self._book = xlsxwriter.Workbook(file, options)
        self._sheet = self._book.add_worksheet("export")
        self._moments = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"})
        self._sheet.freeze_panes(1, 0)
        for at, column in enumerate(columns):
            self._sheet.write_string(0, at, _text(column))

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            if self._n_rows >= MOST_ROWS:
                raise ConfigurationError(
                    f"a sheet of Excel holds {MOST_ROWS:,} rows, and there are more",
                    "Choose rows with --candidate or --metric, or export Parquet or CSV.",
                )
            self._n_rows += 1
            for at, column in enumerate(self._columns):
                self._write_cell(at, row.get(column))

    def close(self) -> None:
        from xlsxwriter.exceptions import FileCreateError

        try:
            self._book.close()
        except FileCreateError as error:
            raise OSError(str(error)) from error

    def discard(self) -> None:
        # Its temporary file goes with it alone.
        with suppress(OSError, ValueError):
            self.close()

    def _write_cell(self, at: int, value: Any) -> None:
        match value:
            case None:
                return
            case bool():
                self._sheet.write_boolean(self._n_rows, at, value)
            case int() if abs(value) <= _EXACT:
                self._sheet.write_number(self._n_rows, at, value)
            case float() if isfinite(value):
                self._sheet.write_number(self._n_rows, at, value)
            case datetime():
                moment = value.astimezone(UTC).replace(tzinfo=None)
                self._sheet.write_datetime(self._n_rows, at, moment, self._moments)
            case list() | dict():
                self._sheet.write_string(self._n_rows, at, _text(json.dumps(value)))
            case _:
                self._sheet.write_string(self._n_rows, at, _text(str(value)))


def _text(text: str) -> str:
    """Return a text that a cell holds: without lone surrogates, and with a remark where its end is cut off."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
    if len(text) <= LONGEST_TEXT // 2:
        return text
    n_units = len(text.encode("utf-16-le")) // 2
    if n_units <= LONGEST_TEXT:
        return text
    remark = f" … [cut: the text has {len(text):,} characters]"
    return text[: (LONGEST_TEXT - len(remark)) // 2 if n_units > len(text) else LONGEST_TEXT - len(remark)] + remark
