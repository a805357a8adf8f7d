"""Child process of `drawing`: draw the charts of one message, and end."""

import base64
import json
import os
from contextlib import suppress
from typing import Any

from altair.utils.schemapi import disable_debug_mode

from evaluation.charts.chart import BoxChart, CascadeChart, IntervalChart, QualityCostChart, TrendChart
from evaluation.charts.curve_chart import LineChart
from evaluation.charts.drawing import LARGEST
from evaluation.charts.grid_chart import HeatMapChart, HistogramChart, ParallelChart
from evaluation.charts.kinds import Chart
from evaluation.charts.rendering import as_png, as_svg, load
from evaluation.results.as_json import from_json
from evaluation.user_code.child_side import own_pipes, quiet_without_pipes
from evaluation.user_code.framing import read_message, write_message

KINDS = {
    kind.__name__: kind
    for kind in (
        BoxChart,
        CascadeChart,
        HeatMapChart,
        HistogramChart,
        IntervalChart,
        LineChart,
        ParallelChart,
        QualityCostChart,
        TrendChart,
    )
}


def main() -> None:
    """Draw what the request says. What the libraries print of a machine that they cannot run on goes nowhere."""
    requests, replies = own_pipes()
    with open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), 2)
    disable_debug_mode()  # tests validate the specifications, which takes longer than to draw them
    with suppress(Exception):  # the picture will say what is wrong
        load()  # which may go on before the request is made
    with quiet_without_pipes():
        write_message(replies, reply_to(read_message(requests, most=LARGEST)), most=LARGEST)
    os._exit(0)


def reply_to(request: bytes) -> bytes:
    """Return the picture of each chart as JSON; a text that says what was wrong where one cannot be drawn."""
    try:
        reply: list[str] | str = [_picture(each) for each in json.loads(request)]
    except Exception as error:  # whatever two libraries raise
        reply = f"{type(error).__name__}: {error}"[:300]
    return json.dumps(reply).encode()


def _picture(request: dict[str, Any]) -> str:
    """Return SVG, or PNG in Base64."""
    if request.get("is_png"):
        return base64.b64encode(as_png(_chart(request))).decode()
    return as_svg(_chart(request), narrow=request["narrow"])


def _chart(request: dict[str, Any]) -> Chart:
    kind: type[Chart] = KINDS[request["kind"]]
    return from_json(kind, request["chart"])
