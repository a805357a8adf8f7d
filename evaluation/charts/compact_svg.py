"""The SVG that Vega draws, rewritten: a third as long, with dark colours, and nothing in it but marks and text.

Vega repeats fonts and colours at each mark and nests groups that draw nothing. Here a look is a class, a place is a
coordinate, and what is not a line, a path, a circle or text is refused.
"""

import html
import re
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

from evaluation.charts.theme import BORDER, DARK, FONT, PAPER
from evaluation.charts.xml_text import xml_line

_NAMESPACE = "http://www.w3.org/2000/svg"
_LOOKS = {
    "fill": "none",
    "stroke": "none",
    "stroke-width": "1",
    "stroke-dasharray": "none",
    "stroke-opacity": "1",
    "opacity": "1",
    "font-size": "",
    "font-weight": "normal",
    "text-anchor": "start",
}
"""Attributes that are kept, with the value that needs no mention."""
_TRANSFORM = re.compile(r"translate\(([^,()]+),([^,()]+)\)(?: ?(rotate\([-\d.]+\)))?")
_CIRCLE = re.compile(r"M([\d.]+),0A\1,\1,0,1,1,-\1,0A\1,\1,0,1,1,\1,0")
_COMMAND = re.compile(r"([A-Za-z])([^A-Za-z]*)")
_N_NUMBERS = {"M": 2, "L": 2, "l": 2, "H": 1, "h": 1, "V": 1, "v": 1, "Z": 0}


class UnknownMarkError(ValueError):
    """Raised where Vega drew what is not known here."""


def compact(svg: str, *, title: str, description: str) -> str:
    """Return Vega's SVG in few letters.

    Args:
        svg: As `vl_convert` returns it; what it loads or runs is not taken over.
        title: What the chart shows.
        description: What can be seen, for whoever cannot see it.

    Raises:
        UnknownMarkError: there is something in it that is no mark of a chart.
    """
    root = ElementTree.fromstring(svg)  # noqa: S314 - written by vl_convert, with all text escaped
    width, height = root.attrib["width"], root.attrib["height"]
    classes: dict[str, str] = {}
    marks = "".join(_marks(root, 0.0, 0.0, classes))
    paper = f'<rect x=".5" y=".5" width="{float(width) - 1:g}" height="{float(height) - 1:g}" rx="6" class="paper"/>'
    return (
        f'<svg xmlns="{_NAMESPACE}" role="img" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f"<title>{_escaped(title)}</title><desc>{_escaped(description)}</desc>"
        f"<style>{_style(classes)}</style>{paper}{marks}</svg>"
    )


def _escaped(text: str) -> str:
    return html.escape(xml_line(text), quote=False)


def _style(classes: Mapping[str, str]) -> str:
    """Return the style sheet of the looks, by class."""
    rules = {f".{name}": look for look, name in classes.items()} | {".paper": f"fill:{PAPER};stroke:{BORDER}"}
    light = "".join(f"{name}{{{look}}}" for name, look in rules.items())
    dark = "".join(f"{name}{{{changed}}}" for name, look in rules.items() if (changed := _dark(look)))
    return f"text{{font-family:{FONT}}}{light}@media (prefers-color-scheme:dark){{{dark}}}"


def _dark(look: str) -> str:
    """Return the declarations of a look that change on a dark background."""
    declarations = (declaration.partition(":") for declaration in look.split(";"))
    return ";".join(f"{name}:{DARK[value]}" for name, _, value in declarations if value in DARK)


def _marks(element: ElementTree.Element, x: float, y: float, classes: dict[str, str]) -> Iterator[str]:
    """Yield what an element draws, with its place on the paper and the class of its look."""
    for child in element:
        name = child.tag.removeprefix(f"{{{_NAMESPACE}}}")
        dx, dy, rotation = _moved(child)
        if name == "g":
            yield from _marks(child, x + dx, y + dy, classes)
        elif name not in ("line", "path", "rect", "text"):
            raise UnknownMarkError(f"an element {name!r}")
        elif name != "rect" and (look := _look(child)):  # a rect is Vega's paper
            look_class = classes.setdefault(look, f"c{len(classes)}")
            yield _mark(name, child, x + dx, y + dy, rotation, look_class)


def _moved(element: ElementTree.Element) -> tuple[float, float, str]:
    """Return how far an element is moved, and its rotation."""
    transform = element.get("transform")
    if transform is None:
        return 0.0, 0.0, ""
    match = _TRANSFORM.fullmatch(transform)
    if match is None:
        raise UnknownMarkError(f"a transform {transform!r}")
    return float(match[1]), float(match[2]), match[3] or ""


def _look(element: ElementTree.Element) -> str:
    """Return the style of an element; empty for one that cannot be seen."""
    if element.get("display") == "none":
        return ""
    values = {name: element.get(name, default) for name, default in _LOOKS.items()}
    if values["fill"] == values["stroke"] == "none":
        return ""
    return ";".join(
        f"{name}:{value}" for name, value in values.items() if name == "fill" or value not in (_LOOKS[name], "")
    )


def _mark(name: str, element: ElementTree.Element, x: float, y: float, rotation: str, look: str) -> str:
    if name == "text":
        if rotation or len(element):
            raise UnknownMarkError("a text that is turned or has parts")
        return f'<text x="{_number(x)}" y="{_number(y)}" class="{look}">{_escaped(element.text or "")}</text>'
    if name == "line":
        x2, y2 = x + float(element.get("x2", 0)), y + float(element.get("y2", 0))
        ends = f'x1="{_number(x)}" y1="{_number(y)}" x2="{_number(x2)}" y2="{_number(y2)}"'
        return f'<line {ends} class="{look}"/>'
    path = element.get("d", "")
    if match := _CIRCLE.fullmatch(path):
        return f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(float(match[1]))}" class="{look}"/>'
    if rotation:
        place = f'transform="translate({_number(x)},{_number(y)}){rotation}"'
        return f'<path d="{_path(path, 0.0, 0.0)}" {place} class="{look}"/>'
    return f'<path d="{_path(path, x, y)}" class="{look}"/>'


def _path(path: str, x: float, y: float) -> str:
    """Return a path moved to its place, in tenths of pixels."""
    if _COMMAND.sub("", path):
        raise UnknownMarkError(f"a path {path[:80]!r}")
    return "".join(_moved_command(match[1], match[2], x, y) for match in _COMMAND.finditer(path))


def _moved_command(command: str, arguments: str, x: float, y: float) -> str:
    numbers = [float(number) for number in arguments.replace(",", " ").split()]
    if len(numbers) != _N_NUMBERS.get(command):
        raise UnknownMarkError(f"a path with {command}{arguments}")
    offsets = {"M": (x, y), "L": (x, y), "H": (x,), "V": (y,)}.get(command, (0.0,) * len(numbers))
    return command + ",".join(_number(number + offset) for number, offset in zip(numbers, offsets, strict=True))


def _number(value: float) -> str:
    """Format a coordinate to a tenth of a pixel."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
