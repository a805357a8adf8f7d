"""Readers of documents: from a file's bytes to its text, and where its pages begin."""

import csv
import io
import zipfile
from collections.abc import Callable, Mapping

from evaluation.retrieval.html_text import read_html
from evaluation.retrieval.left_out import WhyLeftOut
from evaluation.retrieval.unreadable_document import Text, UnreadableDocumentError

LARGEST_UNPACKED = 512 * 1024 * 1024
"""Bytes of a document's parts when unpacked."""
MOST_CHARACTERS = 50_000_000


def read_text(content: bytes) -> Text:
    """Return a plain text, in UTF-8 or UTF-16 with a mark of byte order."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding), ()
    except UnicodeDecodeError as error:
        raise UnreadableDocumentError(
            f"byte {error.start:,} is not {encoding.removesuffix('-sig')}", WhyLeftOut.NOT_UTF_8
        ) from error


def read_pdf(content: bytes) -> Text:
    """Return the text of all pages."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableDocumentError("encrypted, and needs a password", WhyLeftOut.ENCRYPTED)
        pages = [page.extract_text() for page in reader.pages]
    except (UnreadableDocumentError, MemoryError):
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise UnreadableDocumentError(f"damaged: {str(error) or type(error).__name__}") from error
    except Exception as error:  # what the libraries for its cipher raise
        raise UnreadableDocumentError(f"{type(error).__name__}: {error}") from error
    return _joined(pages)


def _joined(pages: list[str]) -> Text:
    starts: list[int] = []
    length = 0
    for page in pages:
        starts.append(length)
        length += len(page) + 2
    return _bounded("\n\n".join(pages)), tuple(starts)


def read_docx(content: bytes) -> Text:
    """Return the paragraphs and tables in order, headings marked by `#`, a table's row in a line."""
    from docx import Document
    from docx.table import Table

    _refuse_bomb(content)
    try:
        blocks = list(Document(io.BytesIO(content)).iter_inner_content())
        parts = [_rows(block) if isinstance(block, Table) else _paragraph(block) for block in blocks]
    except (UnreadableDocumentError, MemoryError):
        raise
    except Exception as error:  # python-docx lets through whatever its parts raise on a damaged file
        raise UnreadableDocumentError(f"damaged: {str(error) or type(error).__name__}") from error
    return _bounded("\n\n".join(part for part in parts if part.strip())), ()


def _paragraph(paragraph: object) -> str:
    text = str(getattr(paragraph, "text", ""))
    style = getattr(getattr(paragraph, "style", None), "name", None) or ""
    level = style.removeprefix("Heading ")
    return f"{'#' * int(level)} {text}" if style.startswith("Heading ") and level in "123456" else text


def _rows(table: object) -> str:
    rows = getattr(table, "rows", ())
    return "\n".join(" | ".join(" ".join(cell.text.split()) for cell in row.cells) for row in rows)


def _refuse_bomb(content: bytes) -> None:
    """Raise `UnreadableDocumentError` for a file that is no archive, is encrypted, or unpacks to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError) as error:
        is_old = content[:4] == b"\xd0\xcf\x11\xe0"
        if is_old:
            raise UnreadableDocumentError("encrypted, or of an older format", WhyLeftOut.ENCRYPTED) from error
        raise UnreadableDocumentError(f"damaged: {error}") from error
    if any(part.flag_bits & 1 for part in parts):
        raise UnreadableDocumentError("encrypted, and needs a password", WhyLeftOut.ENCRYPTED)
    if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise UnreadableDocumentError(f"it unpacks to more than {LARGEST_UNPACKED // 2**20} MiB", WhyLeftOut.TOO_LARGE)


def read_csv(content: bytes) -> Text:
    """Return each row as a paragraph of `column: value` lines, by the names in the first row."""
    text, _ = read_text(content)
    try:
        dialect = csv.Sniffer().sniff(text[:8192], delimiters=",;\t|") if text.strip() else csv.excel
    except csv.Error:
        dialect = csv.excel
    try:
        names, *rows = list(csv.reader(io.StringIO(text, newline=""), dialect)) or [[]]
    except csv.Error as error:
        raise UnreadableDocumentError(f"no CSV: {error}") from error
    paragraphs = (
        "\n".join(f"{name}: {value}" for name, value in zip(names, row, strict=False) if value.strip()) for row in rows
    )
    return _bounded("\n\n".join(paragraph for paragraph in paragraphs if paragraph)), ()


def _bounded(text: str) -> str:
    if len(text) > MOST_CHARACTERS:
        raise UnreadableDocumentError(
            f"{len(text):,} characters, more than the {MOST_CHARACTERS:,} allowed", WhyLeftOut.TOO_LARGE
        )
    return text


PLAIN = frozenset({".txt", ".md"})
"""Endings of files whose bytes are their text: reading them takes no library, and no more memory than they have."""
READERS: Mapping[str, Callable[[bytes], Text]] = {
    ".txt": read_text,
    ".md": read_text,
    ".html": read_html,
    ".htm": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".csv": read_csv,
}
