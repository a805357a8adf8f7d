"""The formats of a report: what each has room for, and how it is called."""

from enum import StrEnum
from pathlib import Path

from evaluation.errors import ConfigurationError
from evaluation.reports.documents.cases import CaseRoom

LARGEST_HTML = 5_000_000
"""Bytes of an HTML report at most, so that mail carries it."""


class ReportFormat(StrEnum):
    """A format, by the ending of its files."""

    HTML = "html"
    PDF = "pdf"
    XLSX = "xlsx"
    MD = "md"

    @property
    def media_type(self) -> str:
        """Its media type in HTTP."""
        return _MEDIA_TYPES[self]

    @property
    def room(self) -> CaseRoom:
        """How much of the cases it shows side by side."""
        return _ROOMS[self]


_MEDIA_TYPES = {
    ReportFormat.HTML: "text/html; charset=utf-8",
    ReportFormat.PDF: "application/pdf",
    ReportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ReportFormat.MD: "text/markdown; charset=utf-8",
}
_ROOMS = {
    ReportFormat.HTML: CaseRoom(n_cases=5_000, answer_length=2_000, question_length=1_000, n_bytes=4_300_000),
    ReportFormat.PDF: CaseRoom(n_cases=5, answer_length=280, question_length=280, n_bytes=50_000),
    ReportFormat.XLSX: CaseRoom(n_cases=0, answer_length=0, question_length=0, n_bytes=0),
    ReportFormat.MD: CaseRoom(n_cases=100, answer_length=200, question_length=200, n_bytes=300_000),
}
"""A sheet of Excel has every answer in whole instead."""


def format_of(path: Path) -> ReportFormat:
    """Return the format that a file's ending names.

    Raises:
        ConfigurationError: none has this ending.
    """
    ending = path.suffix.removeprefix(".").lower()
    if ending not in {*ReportFormat}:
        endings = ", ".join(f".{each}" for each in ReportFormat)
        raise ConfigurationError(
            f"--to {str(path)!r}: unknown ending {path.suffix!r}; allowed: {endings}",
            f"Name a file such as {path.stem or 'report'}.html.",
        )
    return ReportFormat(ending)
