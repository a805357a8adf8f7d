"""Colours, letters and sizes that all charts share, for light and dark backgrounds."""

from collections.abc import Mapping
from typing import Any

WIDTH = 760
"""Width of a whole chart in pixels."""
NARROW = 360
"""The same for a narrow screen, where letters of a wide chart would be too small to read."""
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
SHADES = ("#f4f8fb", "#dcebf6", "#b9d7ec", "#92c2e2", "#6fb0da")
"""Areas from little to much, on which letters in `INK` can be read."""
OPPOSITE_SHADES = ("#fdf6f0", "#f9e4d2", "#f4ccaa", "#edb180", "#e39559")
"""The same for values below zero."""
_DARK_SHADES = ("#1b222a", "#1c2f40", "#1e3f59", "#235273", "#2c678f")
_DARK_OPPOSITE_SHADES = ("#241f1b", "#38291d", "#50361f", "#6a4521", "#855424")
DARK: Mapping[str, str] = {
    PAPER: "#15191e",
    BORDER: "#3d444d",
    INK: "#e6edf3",
    FAINT: "#9aa4af",
    GRID: "#2a3037",
    MARK: "#56b4e9",
    BOX: "#173a52",
    **dict(zip(SHADES, _DARK_SHADES, strict=True)),
    **dict(zip(OPPOSITE_SHADES, _DARK_OPPOSITE_SHADES, strict=True)),
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
