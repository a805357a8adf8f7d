"""Child process of `pdf_pages`: typeset the first of several versions of a report that is short enough, and end."""

import io
import json
import os
from importlib.resources import as_file, files

import typst
from pypdf import PdfReader

from evaluation.user_code.child_side import own_pipes, quiet_without_pipes
from evaluation.user_code.framing import read_message, write_message

LARGEST = 64 * 1024**2
"""Bytes of a message between the two processes."""


def main() -> None:
    """Typeset what the request says."""
    requests, replies = own_pipes()
    with quiet_without_pipes():
        write_message(replies, reply_to(read_message(requests, most=LARGEST)), most=LARGEST)
    os._exit(0)


def reply_to(request: bytes) -> bytes:
    """Return a PDF, or a text that says what was wrong."""
    message = json.loads(request)
    try:
        return _typeset(message["versions"], message["most_pages"])
    except BaseException as error:  # a library in Rust also raises what is no Exception
        return f"{type(error).__name__}: {error}"[:500].encode()


def _typeset(versions: list[str], most_pages: int) -> bytes:
    pdf = b""
    with as_file(files("evaluation.reports.documents") / "templates") as folder:
        for version in versions:
            pdf = typst.compile(str(folder / "report.typ"), root=str(folder), sys_inputs={"report": version})
            if len(PdfReader(io.BytesIO(pdf)).pages) <= most_pages:
                break
    return pdf
