"""Reports of a store, and what programs that open them find in them."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import openpyxl
from bs4 import BeautifulSoup
from openpyxl.utils.escape import unescape
from pypdf import PdfReader

from evaluation.exports.source import find_source
from evaluation.reports.documents.formats import ReportFormat
from evaluation.reports.documents.writing import write_content
from evaluation.store.comparisons import comparison_summaries
from evaluation.store.session import Store

ELEMENTS = (
    "html", "head", "meta", "title", "style", "script", "body", "header", "main", "footer", "section", "h1", "h2",
    "h3", "p", "ul", "li", "div", "span", "b", "img", "table", "thead", "tbody", "tr", "th", "td", "details",
    "summary", "form", "label", "input", "select", "option", "output",
)  # fmt: skip
"""All that our template writes."""
ATTRIBUTES = (
    "lang", "charset", "http-equiv", "content", "name", "class", "id", "tabindex", "role", "aria-label", "aria-live",
    "scope", "src", "alt", "width", "type", "hidden", "autocomplete", "value", "data-sort", "data-score",
    "data-mark",
)  # fmt: skip


def written(store: Store, name: str, form: ReportFormat) -> bytes:
    """The report on what has this name."""
    file = io.BytesIO()
    write_content(store, find_source(store, name), form, file)
    return file.getvalue()


def newest_comparison(store: Store) -> str:
    """The id of the newest comparison."""
    return comparison_summaries(store)[0].comparison_id


def foreign_in_html(page: bytes) -> list[str]:
    """Elements, attributes and addresses in a report that our template does not write."""
    soup = BeautifulSoup(page, "html.parser")
    foreign = []
    for element in soup.find_all(True):
        if element.name not in ELEMENTS:
            foreign.append(str(element)[:200])
        foreign += [f"{element.name} {name}" for name in element.attrs if name not in ATTRIBUTES]
        if element.name == "img" and not str(element["src"]).startswith("data:image/svg+xml;base64,"):
            foreign.append(str(element)[:200])
    foreign += [str(each)[:200] for each in soup.find_all("script")[1:]]
    return foreign


def text_of_html(page: bytes) -> str:
    """What a reader of the report can see, with what is folded."""
    soup = BeautifulSoup(page, "html.parser")
    for element in soup.find_all(["script", "style"]):
        element.decompose()
    return soup.get_text()


def foreign_in_pdf(content: bytes) -> list[str]:
    """Links, forms, scripts and files in a PDF, which has none of ours."""
    reader = PdfReader(io.BytesIO(content))
    root = reader.trailer["/Root"]
    active = [name for name in ("/OpenAction", "/AA", "/AcroForm") if name in root]
    names = root.get("/Names", {})
    active += [name for name in ("/JavaScript", "/EmbeddedFiles") if name in names]
    return active + [str(page["/Annots"]) for page in reader.pages if "/Annots" in page]


def text_of_pdf(content: bytes) -> str:
    """What stands on the pages."""
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


@dataclass(frozen=True)
class Cells:
    """Sheets of a workbook by name, each as rows of a heading's values."""

    sheets: dict[str, list[dict[str, Any]]]
    formulas: list[str]
    links: list[str]

    def texts(self) -> Iterator[str]:
        """Every text in a cell."""
        for rows in self.sheets.values():
            for row in rows:
                yield from (unescape(value) for value in row.values() if isinstance(value, str))


def cells_of(content: bytes) -> Cells:
    """A workbook as another program reads it."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheets, formulas, links = {}, [], []
    for sheet in book:
        head, *rows = sheet.iter_rows()
        sheets[sheet.title] = [
            {str(title.value): cell.value for title, cell in zip(head, row, strict=True)} for row in rows
        ]
        for row in (head, *rows):
            formulas += [cell.coordinate for cell in row if cell.data_type == "f"]
            links += [cell.coordinate for cell in row if cell.hyperlink is not None]
    return Cells(sheets=sheets, formulas=formulas, links=links)
