"""Pictures of the pages: all charts of a page are drawn together, once, while the page itself is there already."""

import asyncio
import json
import re
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.problems import ProblemError
from evaluation.charts.drawing import ChartsNotDrawnError, as_png, as_svgs
from evaluation.charts.kinds import Chart
from evaluation.charts.layouts import layout
from evaluation.fingerprint import fingerprint
from evaluation.results.as_json import as_json

_NARROW = "-narrow"
MOST_KEPT = 400
"""Pictures that are kept; of a page that was opened long before, they are drawn again when it is opened again."""

GATHER_S = 0.05
"""Seconds within which the charts of a page come together; to draw one more takes about as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnChart:
    """A picture as a page shows it."""

    address: str
    narrow_address: str
    """The same for a narrow screen."""
    png_address: str
    """The same as a file for slides and messages."""
    description: str
    """What can be seen, for whoever cannot see it."""
    size: tuple[int, int]
    """Width and height in pixels, which the page leaves room for."""
    narrow_size: tuple[int, int]


class DrawnCharts:
    """Pictures by name, which is a hash of what they show. One process draws at a time."""

    def __init__(self, *, most_kept: int = MOST_KEPT) -> None:
        self._lock, self._most_kept = threading.Lock(), most_kept
        self._pictures: dict[str, Future[str]] = {}
        self._charts: dict[str, Chart] = {}
        self._waiting: dict[str, tuple[Chart, bool, Future[str]]] = {}
        self._drawing = ThreadPoolExecutor(1, thread_name_prefix="charts")

    def draw(self, *charts: Chart | None) -> tuple[DrawnChart, ...]:
        """Begin to draw the charts of a page, and return where their pictures will be; None is left out."""
        shown = {_name(chart): chart for chart in charts if chart is not None}
        named = {f"{name}{end}": chart for name, chart in shown.items() for end in ("", _NARROW)}
        with self._lock:
            new = {name: chart for name, chart in named.items() if not self._has(name)}
            pictures: dict[str, Future[str]] = {name: Future() for name in new}
            self._pictures |= pictures
            self._charts |= {name: chart for name, chart in shown.items() if name in new}
            self._waiting |= {name: (new[name], name.endswith(_NARROW), picture) for name, picture in pictures.items()}
            while len(self._pictures) > self._most_kept:
                oldest = next(iter(self._pictures))
                del self._pictures[oldest]
                self._charts.pop(oldest, None)
        if new:
            self._drawing.submit(self._draw_waiting)
        return tuple(
            DrawnChart(
                address=f"/charts/{name}.svg",
                narrow_address=f"/charts/{name}{_NARROW}.svg",
                png_address=f"/charts/{name}.png",
                description=chart.description,
                size=layout(chart).size,
                narrow_size=layout(chart, narrow=True).size,
            )
            for name, chart in shown.items()
        )

    async def svg(self, name: str) -> str:
        """Return a picture once it is drawn.

        Raises:
            ProblemError: 404, there is none of this name (any more); 503, it could not be drawn.
        """
        if (picture := self._pictures.get(name)) is None:
            raise _no_such_picture()
        try:
            return await asyncio.shield(asyncio.wrap_future(picture))
        except ChartsNotDrawnError as error:
            raise _not_drawn(error) from error

    async def png(self, name: str) -> tuple[str, bytes]:
        """Return a chart's title and its picture as PNG, drawn now.

        Raises:
            ProblemError: 404, there is none of this name (any more); 503, it could not be drawn.
        """
        if (chart := self._charts.get(name)) is None:
            raise _no_such_picture()
        try:
            png = await asyncio.get_running_loop().run_in_executor(self._drawing, as_png, chart)
        except ChartsNotDrawnError as error:
            raise _not_drawn(error) from error
        return chart.title, png

    def _draw_waiting(self) -> None:
        """Draw all charts that wait: a page names them one after the other."""
        time.sleep(GATHER_S)
        with self._lock:
            waiting, self._waiting = tuple(self._waiting.values()), {}
        if waiting:
            self._draw_together(*zip(*waiting, strict=True))

    def _draw_together(self, charts: Sequence[Chart], narrow: Sequence[bool], pictures: Sequence[Future[str]]) -> None:
        """Draw charts, and end their pictures all at once: a page never finds half of them failed."""
        try:
            svgs = as_svgs(charts, narrow=narrow)
            with self._lock:
                for picture, svg in zip(pictures, svgs, strict=True):
                    picture.set_result(svg)
        except Exception as error:  # whoever waits is told
            with self._lock:
                for picture in pictures:
                    if not picture.done():
                        picture.set_exception(error)

    def _has(self, name: str) -> bool:
        """Return whether a picture is there, or on its way."""
        picture = self._pictures.get(name)
        return picture is not None and not (picture.done() and picture.exception() is not None)


def _no_such_picture() -> ProblemError:
    return ProblemError(404, "there is no such picture", "Open its page again.", kind="unknown-name")


def _not_drawn(error: ChartsNotDrawnError) -> ProblemError:
    return ProblemError(503, f"the picture could not be drawn: {error}", kind="not-drawn")


def _name(chart: Chart) -> str:
    return fingerprint([type(chart).__name__, json.dumps(as_json(chart))])[:32]  # as a text: a bound may be infinite


drawn_charts = DrawnCharts()
router = APIRouter(dependencies=[READ], include_in_schema=False)


_UNCHANGING = {"Cache-Control": "private, max-age=86400, immutable"}
"""What has a picture's name is always the same."""


@router.get("/charts/{name}.svg")
async def chart(name: str) -> Response:
    """Return a picture."""
    svg = await drawn_charts.svg(name)
    return Response(svg, media_type="image/svg+xml", headers=_UNCHANGING)


@router.get("/charts/{name}.png")
async def chart_png(name: str) -> Response:
    """Return a picture as a file, named for its title."""
    title, png = await drawn_charts.png(name)
    file = re.sub(r"[^A-Za-z0-9._-]+", "-", title).strip("-.")[:100] or "chart"
    headers = {"Content-Disposition": f'attachment; filename="{file}.png"', **_UNCHANGING}
    return Response(png, media_type="image/png", headers=headers)
