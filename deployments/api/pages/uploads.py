"""Files that are dropped on a page: bounded in size, checked as the command checks them, and stored as benchmarks."""

import asyncio
import tempfile
import threading
import zlib
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from deployments.api.access import RUN
from deployments.api.pages.posted_forms import OWN_PAGE
from deployments.api.problems import ProblemError, problem_of
from deployments.cli.benchmarks import add_benchmark_file
from deployments.cli.callers import Caller, called_by
from evaluation.benchmarks.file_reading import SUFFIXES
from evaluation.errors import BenchwrightError
from evaluation.escaping import one_line
from evaluation.files.allowed_files import limit_files
from evaluation.formatting import excerpt, size

if TYPE_CHECKING:
    from deployments.prefect_server import PrefectServer

router = APIRouter(include_in_schema=False)
LARGEST_FILE = 20_000_000
"""Bytes of a file at most."""
LARGEST_UNPACKED = 64_000_000
"""Bytes of a compressed file at most, unpacked."""
_ONE_AT_A_TIME = threading.Lock()
"""A file takes several times its size in memory while it is read."""
_PACKED = ".gz"


@router.post("/files", dependencies=[RUN, OWN_PAGE])
async def add_file(request: Request, name: Annotated[str, Query(max_length=200)]) -> Response:
    """Store the cases of a file as a benchmark that is called as the file, and return its name and size."""
    content = await request.body()
    return await asyncio.to_thread(_added, name, content)


def _added(name: str, content: bytes) -> Response:
    shown = one_line(name).replace("\\", "/").rpartition("/")[2]
    suffix, text = _checked(shown, content)
    notes: list[str] = []
    with _ONE_AT_A_TIME, tempfile.TemporaryDirectory(prefix="benchwright-file-") as folder:
        limit_files(Path(folder))
        path = Path(folder) / f"file{suffix}"
        path.write_bytes(text)
        stem = shown.removesuffix(_PACKED)[: -len(suffix)].strip()
        try:
            with called_by(Caller(tell=notes.append, progress=None, open_server=_no_server)):
                benchmark = add_benchmark_file(path, name=stem, fields=None, ignored=None, db=None, source=shown)
        except BenchwrightError as error:
            problem = problem_of(error)
            detail = problem.detail.replace(str(path), shown)
            raise ProblemError(problem.status, detail, problem.next_step, kind=problem.kind) from None
    n_cases = len(benchmark.cases)
    plain = [note.replace(str(path), shown) for note in notes]
    return JSONResponse({"name": benchmark.name, "n_cases": n_cases, "task": benchmark.task_type, "notes": plain})


def _checked(name: str, content: bytes) -> tuple[str, bytes]:
    """Return the suffix of a file and what is in it, unpacked.

    Raises:
        ProblemError: 413, it is too large; 422, it is empty, or no file of cases.
    """
    suffix = Path(name.removesuffix(_PACKED)).suffix.lower()
    allowed = f"one of {', '.join(SUFFIXES)}, each also with .gz"
    if suffix not in SUFFIXES or not name.removesuffix(_PACKED)[: -len(suffix)].strip():
        raise ProblemError(422, f"{excerpt(name, 100)!r} is no file of cases: expected {allowed}", "Drop another file.")
    if not content:
        raise ProblemError(422, f"{excerpt(name, 100)!r} is empty", "Drop a file with a case a line.")
    if len(content) > LARGEST_FILE:
        step = "On the machine with the results, `benchwright benchmarks add FILE` takes larger ones."
        raise ProblemError(413, f"the file is larger than {size(LARGEST_FILE)}", step, kind="size")
    if not name.endswith(_PACKED):
        return suffix, content
    try:
        unpacker = zlib.decompressobj(wbits=31)
        unpacked = unpacker.decompress(content, LARGEST_UNPACKED + 1)
    except zlib.error:
        raise ProblemError(422, f"{excerpt(name, 100)!r} is no gzip file", "Drop it unpacked.") from None
    if len(unpacked) > LARGEST_UNPACKED:
        raise ProblemError(413, f"unpacked, the file is larger than {size(LARGEST_UNPACKED)}", kind="size")
    if not unpacker.eof or unpacker.unused_data:
        raise ProblemError(422, f"{excerpt(name, 100)!r} ends too early, or has several parts", "Drop it unpacked.")
    return suffix, unpacked


def _no_server() -> "AbstractContextManager[PrefectServer]":
    raise BenchwrightError("a file needs no server")
