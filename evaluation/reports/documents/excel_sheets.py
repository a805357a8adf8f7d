"""A report as an Excel workbook: its words on the first sheet, and a sheet of typed values for each table.

Texts are written as texts, and numbers as they are stored, so that what is read back equals the store.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import IO

from evaluation.exports.excel import WorkbookWriter
from evaluation.reports.documents.report import Part, Report, Sheet

_ROWS_AT_ONCE = 500
_HEADING = b' s="2"'
_WIDE = frozenset({"text", "answer", "sentence", "message", "rationale", "reason", "options", "signature"})
_WORDS = ("part", "section", "text")


def write_excel(report: Report, file: IO[bytes]) -> None:
    """Write the workbook to an open file.

    Raises:
        ConfigurationError: a table has more rows than a sheet of Excel holds.
    """
    sheets = (Sheet(name="report", columns=_WORDS, rows=lambda: _words(report)), *report.sheets)
    writer = WorkbookWriter(file, [sheet.name for sheet in sheets])
    try:
        for sheet in sheets:
            writer.begin(sheet.columns, widths=_widths(sheet.columns), heading=_HEADING)
            rows = iter(sheet.rows())
            while page := list(islice(rows, _ROWS_AT_ONCE)):
                writer.write(page)
        writer.close()
    except BaseException:
        writer.discard()
        raise


def _widths(columns: Sequence[str]) -> list[int]:
    return [80 if column in _WIDE else min(40, max(12, len(column) + 3)) for column in columns]


def _words(report: Report) -> Iterator[Mapping[str, object]]:
    """Yield the words of the report, a line each; its tables have sheets of their own."""
    head = {
        "title": report.title,
        "about": report.about,
        "made": report.made_at,
        "version": report.code_version,
        "question": report.question,
        "answer": report.answer,
    }
    for name, value in head.items():
        yield {"part": name, "section": None, "text": value}
    for sentence in report.further:
        yield {"part": "answer", "section": None, "text": sentence}
    for part in Part:
        for section in report.of_part(part):
            for line in (*section.lines, *section.after):
                yield {"part": part.value, "section": section.title or None, "text": line}
