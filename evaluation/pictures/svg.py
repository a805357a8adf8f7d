"""SVG elements whose texts and numbers cannot become markup.

A picture has its own background: the page around it may be light or dark, and an image cannot know which. Text and
background change together if the reader's system prefers dark.
"""

import base64
import html
from collections.abc import Sequence

from evaluation.escaping import for_markdown, one_line

WIDTH = 760
LETTER_PX = 7.0
"""Approximate width of a character, for layout: text cannot be measured in the image."""
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8c6d1f", "#56b4e9", "#7f4fc9", "#6b7280")
"""Colours that colour-blind readers can tell apart (after Okabe and Ito), visible on light and dark backgrounds."""
_STYLE = """
text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif;fill:#1f2328}
.title{font-size:14px;font-weight:600}.faint{fill:#59636e;font-size:11px}
.paper{fill:#fff;stroke:#d1d9e0}.grid{stroke:#e4e8ec}.axis{stroke:#818b98}.mark{stroke:#0072b2;fill:#0072b2}
.plain{stroke:#818b98;fill:#fff}.bar{stroke:#818b98}.front{stroke:#0072b2;stroke-dasharray:5 4;fill:none}
.box{fill:#cfe3f1;stroke:#0072b2}.zero{stroke:#1f2328}.good{stroke:#009e73;fill:#009e73}.bad{stroke:#d55e00;fill:#d55e00}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.faint{fill:#9aa4af}.paper{fill:#15191e;stroke:#3d444d}
.grid{stroke:#2a3037}.zero{stroke:#e6edf3}.plain{fill:#15191e}.box{fill:#173a52;stroke:#56b4e9}
.mark{stroke:#56b4e9;fill:#56b4e9}.front{stroke:#56b4e9}}
"""
_NO_XML = {code: "\ufffd" for code in (0xFFFE, 0xFFFF)}


def words(text: str, *, longest: int | None = None) -> str:
    """Return `text` as one line, escaped for XML.

    Text over the limit loses its middle: names of candidates differ at their ends.
    """
    line = one_line(text).translate(_NO_XML)
    if longest is not None and len(line) > longest:
        n_end = longest // 2
        line = f"{line[: longest - 1 - n_end]}…{line[-n_end:]}"
    return html.escape(line)


def element(name: str, **attributes: float | str) -> str:
    """Return an element without content; `class_` and `stroke_width` are spelled for Python."""
    return f"<{name}{_attributes(attributes)}/>"


def text(x: float, y: float, content: str, *, longest: int | None = None, **attributes: float | str) -> str:
    """Return a line of text.

    Args:
        x: Where it begins, in pixels; with `text_anchor`, its middle or its end.
        y: Its base line.
        content: The text, which may be untrusted.
        longest: Most characters; None: all.
        attributes: Of the element.
    """
    return f"<text{_attributes({'x': x, 'y': y, **attributes})}>{words(content, longest=longest)}</text>"


def line(x1: float, y1: float, x2: float, y2: float, **attributes: float | str) -> str:
    """Return a straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **attributes)


def picture(height: float, title: str, parts: Sequence[str]) -> str:
    """Return the whole picture with its own background.

    Args:
        height: In pixels.
        title: What it shows, at the top.
        parts: The elements, the lowest layer first.
    """
    inside = [
        f"<title>{words(title)}</title>",
        f"<style>{_STYLE.strip()}</style>",
        element("rect", x=0.5, y=0.5, width=WIDTH - 1, height=height - 1, rx=6, class_="paper"),
        text(16, 26, title, class_="title", longest=int((WIDTH - 32) / 8.4)),
        *parts,
    ]
    size = f'width="{WIDTH}" height="{_number(height)}" viewBox="0 0 {WIDTH} {_number(height)}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size}>' + "".join(inside) + "</svg>"


def as_markdown_image(svg: str, alt_text: str) -> str:
    """Return the picture as a self-contained Markdown image.

    Args:
        svg: The picture.
        alt_text: The text for whoever cannot see it.
    """
    data = base64.b64encode(svg.encode("utf-8")).decode("ascii")
    return f"![{for_markdown(alt_text)}](data:image/svg+xml;base64,{data})"


def _attributes(attributes: dict[str, float | str]) -> str:
    return "".join(f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"' for name, value in attributes.items())


def _value(value: float | str) -> str:
    return words(value) if isinstance(value, str) else _number(value)


def _number(value: float) -> str:
    """Format a coordinate to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")
