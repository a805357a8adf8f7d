"""The pictures of one page, drawn at once and limited to what a page can carry."""

import base64
import re
from dataclasses import dataclass, field

from evaluation.charts.drawing import ChartsNotDrawnError, as_svgs
from evaluation.charts.kinds import Chart
from evaluation.escaping import for_markdown

ROOM = 140_000
"""Characters for all pictures of a page, which is sent over the network in full whenever it is shown."""
_MARK = "\x00picture {}\x00"
"""Where a picture will stand, or a remark on those left out: text that is escaped holds no control character."""
_PART = re.compile("(?:\n\n)?\x00picture (\\w+)\x00")
_REMARK = "remark"


@dataclass(kw_only=True)
class Album:
    """Collects the charts of a page, and puts their pictures into it."""

    room: int = ROOM
    _charts: list[Chart] = field(default_factory=list)

    def show(self, chart: Chart | None) -> list[str]:
        """Return the mark of a chart's place on the page; empty where there is none."""
        if chart is None:
            return []
        self._charts.append(chart)
        return [_MARK.format(len(self._charts) - 1)]

    def remark(self) -> list[str]:
        """Return the mark of a line that says which pictures are not there."""
        return [_MARK.format(_REMARK)]

    def placed(self, page: str) -> str:
        """Return the page with pictures in place of their marks, as far as there is room for them."""
        parts: dict[str, str] = {}
        try:
            svgs = as_svgs(self._charts)
        except ChartsNotDrawnError as error:
            parts[_REMARK] = f"Pictures could not be drawn ({for_markdown(str(error))}); the tables have all numbers."
        else:
            parts = self._fitting(svgs)
        return _PART.sub(lambda mark: f"\n\n{parts[mark[1]]}" if mark[1] in parts else "", page)

    def _fitting(self, svgs: list[str]) -> dict[str, str]:
        """Return the pictures for which there is room by their number, and the remark on the others."""
        parts: dict[str, str] = {}
        used = 0
        for number, (chart, svg) in enumerate(zip(self._charts, svgs, strict=True)):
            image = as_markdown_image(svg, chart.description)
            if used + len(image) <= self.room:
                used += len(image)
                parts[str(number)] = image
        if n_left_out := len(svgs) - len(parts):
            pictures = "1 more picture" if n_left_out == 1 else f"{n_left_out:,} more pictures"
            parts[_REMARK] = f"{pictures} would make this page too long to load; the tables have all numbers."
        return parts


def as_data_uri(svg: str) -> str:
    """Return the picture as an address that holds all of it.

    As an image, its style sheet holds for itself alone, and nothing in it runs.
    """
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode('utf-8')).decode('ascii')}"


def as_markdown_image(svg: str, alt_text: str) -> str:
    """Return the picture as a self-contained Markdown image.

    Args:
        svg: The picture.
        alt_text: The text for whoever cannot see it.
    """
    return f"![{for_markdown(alt_text)}]({as_data_uri(svg)})"
