"""Colours, letters and sizes that all charts share, for light and dark backgrounds."""

from collections.abc import Mapping
from typing import Any

WIDTH = 760
"""Width of a whole chart in pixels."""
FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif"
LETTER_PX = 7.0
"""Approximate width of a character, for layout: a reader's font cannot be measured."""

PAPER, BORDER = "#fff", "#d1d9e0"
INK, FAINT, GRID, AXIS = "#1f2328", "#59636e", "#e4e8ec", "#818b98"
MARK, BOX = "#0072b2", "#cfe3f1"
GOOD, BAD = "#009e73", "#d55e00"
SERIES = ("#0071b2", BAD, GOOD, "#cc79a7", "#8c6d1f", "#56b4e9", "#7f4fc9", "#6b7280")
"""Colours that colour-blind readers can tell apart (after Okabe and Ito), visible on light and dark backgrounds.

The first one is not `MARK`, which becomes the sixth one on a dark background.
"""
DARK: Mapping[str, str] = {
    PAPER: "#15191e",
    BORDER: "#3d444d",
    INK: "#e6edf3",
    FAINT: "#9aa4af",
    GRID: "#2a3037",
    MARK: "#56b4e9",
    BOX: "#173a52",
}
"""What each colour becomes on a dark background; colours that are not here stay."""

CONFIG: Mapping[str, Any] = {
    "font": FONT,
    "aria": False,
    "background": PAPER,
    "view": {"stroke": None},
    "axis": {
        "labelColor": FAINT,
        "labelFontSize": 11,
        "titleColor": INK,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "gridColor": GRID,
        "domainColor": AXIS,
        "ticks": False,
        "labelPadding": 6,
        "titlePadding": 8,
        "labelFlush": False,
    },
    "text": {"color": INK, "fontSize": 12},
}
"""Vega-Lite's configuration of every chart."""
