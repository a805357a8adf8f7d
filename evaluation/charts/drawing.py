"""Drawing of charts in a short process of its own, all of a page at once.

The libraries that draw take a third of a second of a process for themselves, hold 150 MiB until it ends, and end it
where its address space is limited (`ulimit -v`). An evaluation must not stand still, grow or end for its pictures.
"""

import json
from collections.abc import Sequence

from evaluation.charts.kinds import Chart
from evaluation.machine_load import stretched_s
from evaluation.results.as_json import as_json
from evaluation.user_code.child_process import ChildProcess, TooLateError
from evaluation.user_code.error_locations import in_words
from evaluation.user_code.framing import TooLongMessageError, read_message, write_message

LIMIT_S = 60.0
"""Seconds for all charts of a page on an idle machine; they take one or two."""
LARGEST = 64 * 1024**2
"""Bytes of a message between the two processes."""
_CHILD = "evaluation.charts.drawing_child"


class ChartsNotDrawnError(Exception):
    """Charts could not be drawn on this machine; the message says why."""


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
    widths = narrow or (False,) * len(charts)
    request = json.dumps(
        [
            {"kind": type(chart).__name__, "chart": as_json(chart), "narrow": is_narrow}
            for chart, is_narrow in zip(charts, widths, strict=True)
        ]
    ).encode()
    reply = json.loads(_reply_to(request))
    if isinstance(reply, str):
        raise ChartsNotDrawnError(reply)
    return [str(svg) for svg in reply]


def _reply_to(request: bytes) -> bytes:
    """Return the reply of a process that ends with it."""
    try:
        child = ChildProcess(_CHILD)
    except OSError as error:
        raise ChartsNotDrawnError(f"the process that draws cannot be started: {in_words(error)}") from None
    limit_s = stretched_s(LIMIT_S)
    failure = ""
    try:
        return child.exchanged(
            lambda pipe: write_message(pipe, request, most=LARGEST),
            lambda pipe: read_message(pipe, most=LARGEST),
            limit_s,
        )
    except TooLateError:
        failure = f"not drawn within {limit_s:.0f} s"
    except TooLongMessageError as error:
        failure = str(error)
    except (EOFError, OSError):
        failure = "the process that draws ended"
    finally:
        how = child.end()
    raise ChartsNotDrawnError(f"{failure} ({how})")
