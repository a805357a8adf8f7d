"""Reports as files over HTTP: what `benchwright report` writes."""

import io
import re
import threading
from collections.abc import Callable

from fastapi.responses import Response

from deployments.cli.arguments import open_stored
from evaluation.exports.source import Source
from evaluation.reports.documents.formats import ReportFormat
from evaluation.store.session import Store

AT_ONCE = 2
"""Reports that are made side by side: each starts processes that draw and typeset, which hold 150 MB for a second."""
_turns = threading.BoundedSemaphore(AT_ONCE)


def report_file(find: Callable[[Store, str], Source], name: str, form: ReportFormat) -> Response:
    """Return a report as a file.

    Raises:
        BenchwrightError: an unknown name, or the report cannot be made here.
    """
    from evaluation.reports.documents.writing import write_content

    content = io.BytesIO()
    with open_stored(None) as store:
        source = find(store, name)
        with _turns:
            write_content(store, source, form, content)
    file = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{source.name}-report")[:150]
    headers = {"Content-Disposition": f'attachment; filename="{file}.{form}"', "Cache-Control": "no-store"}
    return Response(content.getvalue(), headers=headers, media_type=form.media_type)
