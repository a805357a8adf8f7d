"""Exports as files that are sent while they are read: what `benchwright export` writes."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Query
from fastapi.responses import StreamingResponse

from deployments.cli.arguments import open_stored
from deployments.python.stored import filters_of
from evaluation.exports.files import written_chunks
from evaluation.exports.source import Kind, Source
from evaluation.exports.tables import table_of
from evaluation.exports.writers import Format
from evaluation.store.session import Store

Names = Annotated[list[str] | None, Query(description="May be repeated.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """What is requested of an export."""

    kind: Kind | None
    form: Format
    candidates: tuple[str, ...]
    metrics: tuple[str, ...]
    cases: tuple[str, ...]
    failed: bool | None


def export_request(
    table: Annotated[Kind | None, Query(description="What a row holds.")] = None,
    format: Annotated[Format, Query(description="`xlsx` is an Excel file of typed cells.")] = Format.CSV,
    candidate: Names = None,
    metric: Names = None,
    case: Names = None,
    failed: Annotated[bool | None, Query(description="Only failures of the server, or only answers.")] = None,
) -> ExportRequest:
    """Return what is requested."""
    return ExportRequest(
        kind=table,
        form=format,
        candidates=tuple(candidate or ()),
        metrics=tuple(metric or ()),
        cases=tuple(case or ()),
        failed=failed,
    )


def export(find: Callable[[Store, str], Source], name: str, request: ExportRequest) -> StreamingResponse:
    """Return a table as a file. What can be wrong is found before its first byte.

    Raises:
        BenchwrightError: an unknown name, or the source has no such rows.
    """
    with open_stored(None) as store:
        source = find(store, name)
        filters = filters_of(request.candidates, request.metrics, request.cases, request.failed)
        table = table_of(store, source, request.kind, filters)
    file = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{table.source.name}-{table.kind}")[:150]
    headers = {"Content-Disposition": f'attachment; filename="{file}.{request.form}"', "Cache-Control": "no-store"}
    chunks: Iterator[bytes] = written_chunks(table.columns, table.rows, request.form, metrics=table.metrics)
    return StreamingResponse(chunks, headers=headers, media_type=request.form.media_type)
