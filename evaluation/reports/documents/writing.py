"""Writes a report in any of its formats."""

from pathlib import Path
from typing import IO

from evaluation.charts.drawing import DrawingProcess
from evaluation.errors import ConfigurationError
from evaluation.exports.files import must_not_exist, new_file
from evaluation.exports.source import Source, find_source
from evaluation.reports.documents.drawn_report import DrawnReport, draw
from evaluation.reports.documents.formats import ReportFormat, format_of
from evaluation.reports.documents.making import make_report
from evaluation.store.session import Store


def write_report(store: Store, name: str, path: Path, *, template: Path | None = None) -> Source:
    """Write the report of what has this name to a new file, whose ending names its format; return what it is.

    Args:
        store: The results.
        name: The name of an experiment, or the id of a run, an experiment or a comparison, or its beginning; `last`.
        path: The file.
        template: A template of the user's, for HTML.

    Raises:
        UnknownNameError: nothing has that name.
        ConfigurationError: the ending is unknown, the file is there already or cannot be written, or the template is
            faulty.
    """
    form = format_of(path)
    must_not_exist(path)
    if template is not None and form is not ReportFormat.HTML:
        raise ConfigurationError(
            f"--template is for HTML, and --to {str(path)!r} names another format", "Name a file that ends in .html."
        )
    source = find_source(store, name)
    with new_file(path) as file:
        write_content(store, source, form, file, template=template)
    return source


def write_content(
    store: Store, source: Source, form: ReportFormat, file: IO[bytes], *, template: Path | None = None
) -> None:
    """Write the report of a run, an experiment or a comparison to an open file.

    Raises:
        ConfigurationError: the template is faulty, the PDF cannot be made here, or Excel holds no such table.
    """
    match form:
        case ReportFormat.XLSX:
            from evaluation.reports.documents.excel_sheets import write_excel

            write_excel(make_report(store, source, form.room), file)
        case ReportFormat.MD:
            from evaluation.reports.documents.markdown_page import markdown_page

            file.write(markdown_page(make_report(store, source, form.room)).encode("utf-8", "replace"))
        case ReportFormat.HTML:
            drawn = _drawn_report(store, source, form)
            from evaluation.reports.documents.html_page import html_page

            file.write(html_page(drawn, template))
        case ReportFormat.PDF:
            drawn = _drawn_report(store, source, form)
            from evaluation.reports.documents.pdf_pages import pdf_pages

            file.write(pdf_pages(drawn))


def _drawn_report(store: Store, source: Source, form: ReportFormat) -> DrawnReport:
    with DrawingProcess() as process:
        return draw(make_report(store, source, form.room), process)
