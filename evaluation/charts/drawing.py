"""Drawing of charts in a short process of its own, all of a page at once.

The libraries that draw take a third of a second of a process for themselves, hold 150 MiB until it ends, and end it
where its address space is limited (`ulimit -v`). An evaluation must not stand still, grow or end for its pictures.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.charts.kinds import Chart
from evaluation.machine_load import stretched_s
from evaluation.results.as_json import as_json
from evaluation.user_code.single_request import NoReplyError, SingleReply

LIMIT_S = 60.0
"""Seconds for all charts of a page on an idle machine; they take one or two."""
LARGEST = 64 * 1024**2
"""Bytes of a message between the two processes."""
_CHILD = "evaluation.charts.drawing_child"


class ChartsNotDrawnError(Exception):
    """Charts could not be drawn on this machine; the message says why."""


class DrawingProcess(SingleReply):
    """A process that loads the libraries that draw while its caller still collects what is to be drawn."""

    def __init__(self) -> None:
        """Start it."""
        super().__init__(_CHILD, most=LARGEST, purpose="draws", done="drawn")

    def as_svgs(self, charts: Sequence[Chart], *, narrow: Sequence[bool] = ()) -> list[str]:
        """Return each chart as SVG, as `as_svgs` does; it can do so once."""
        if not charts:
            return []
        widths = narrow or (False,) * len(charts)
        return self.drawn(
            [
                {"kind": type(chart).__name__, "chart": as_json(chart), "narrow": is_narrow}
                for chart, is_narrow in zip(charts, widths, strict=True)
            ]
        )

    def drawn(self, requests: Sequence[Mapping[str, Any]]) -> list[str]:
        """Return what the process drew: SVG, or PNG in Base64."""
        try:
            reply = json.loads(self.to(json.dumps(requests).encode(), limit_s=stretched_s(LIMIT_S)))
        except NoReplyError as error:
            raise ChartsNotDrawnError(str(error)) from None
        if isinstance(reply, str):
            raise ChartsNotDrawnError(reply)
        return [str(picture) for picture in reply]


def as_svgs(charts: Sequence[Chart], *, narrow: Sequence[bool] = ()) -> list[str]:
    """Return each chart as SVG, as `rendering.as_svg` draws it.

    Args:
        charts: All that one page shows: most of the time goes into the first one.
        narrow: Whether each of them is for a narrow screen; empty: none is.

    Raises:
        ChartsNotDrawnError: the process did not start, ended early or took too long.
    """
    if not charts:
        return []
    with DrawingProcess() as process:
        return process.as_svgs(charts, narrow=narrow)


def as_png(chart: Chart) -> bytes:
    """Return a chart as PNG, as `rendering.as_png` draws it.

    Raises:
        ChartsNotDrawnError: the process did not start, ended early or took too long.
    """
    with DrawingProcess() as process:
        (png,) = process.drawn([{"kind": type(chart).__name__, "chart": as_json(chart), "is_png": True}])
    return base64.b64decode(png)
