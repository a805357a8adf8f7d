"""Charts as pictures: SVG that follows the reader's light or dark background, and PNG.

To be called where little else runs: the first picture of a process takes a third of a second, during which no other
thread gets to run, 60 MiB, and much of the address space (`drawing`).
"""

import json

import vl_convert

from evaluation.charts.compact_svg import compact
from evaluation.charts.kinds import Chart
from evaluation.charts.specification import specification

_NOWHERE: list[str] = []
"""Addresses that a chart may load from."""


def load() -> None:
    """Start the libraries' engine, for which the first picture would otherwise wait half a second."""
    vl_convert.vegalite_to_svg({"mark": "point", "data": {"values": []}}, allowed_base_urls=_NOWHERE)


def as_svg(chart: Chart, *, narrow: bool = False) -> str:
    """Return a chart as SVG, which changes its colours where the reader's system prefers a dark background.

    The same chart is the same SVG, letter by letter.

    Args:
        chart: What to draw.
        narrow: For a narrow screen.
    """
    drawn = vl_convert.vegalite_to_svg(json.dumps(specification(chart, narrow=narrow)), allowed_base_urls=_NOWHERE)
    return compact(drawn, title=chart.title, description=chart.description)


def as_png(chart: Chart, *, scale: float = 2.0) -> bytes:
    """Return a chart as PNG on a light background.

    Args:
        chart: What to draw.
        scale: Pixels of the picture for each of the chart.
    """
    return vl_convert.vegalite_to_png(json.dumps(specification(chart)), scale=scale, allowed_base_urls=_NOWHERE)
