"""Pictures that any text and any numbers leave well-formed, with everything on the paper."""

import base64
import math
import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evaluation.pictures.box_plots import Spread, draw_box_plots
from evaluation.pictures.frame import MOST_ROWS, PlottedNumber, plotted_number
from evaluation.pictures.interval_plots import Row, draw_interval_plots
from evaluation.pictures.line_plots import CandidateLine, draw_line_plots
from evaluation.pictures.scales import scale
from evaluation.pictures.scatter_plots import Point, draw_scatter_plot, frontier
from evaluation.pictures.svg import WIDTH, as_markdown_image

HOSTILE = [
    "<script>alert(1)</script>",
    '"/><image href="https://evil.example/x.png"/>',
    "]]> <!-- &lt; &#106;",
    "\x1b[31m\u202e\x00\uffff\ufffe\ud800",
    "a\nb\tc",
    "onload=alert(1)",
]
ALLOWED = {"svg", "title", "style", "rect", "line", "path", "circle", "text"}


def _scatter(label: str, value: float) -> str:
    points = [
        Point(label=label, x=PlottedNumber(value=value), y=PlottedNumber(value=0.5, low=0.4, high=0.6)),
        Point(label="b", x=PlottedNumber(value=2 * value, low=value, high=3 * value), y=PlottedNumber(value=0.7)),
    ]
    return draw_scatter_plot(points, title=label, x_title=label, y_title=label, y_range=(0, 1))


def _boxes(label: str, value: float) -> str:
    return draw_box_plots([Spread(label=label, values=[value, 2 * value])], title=label, x_title=label)


def _intervals(label: str, value: float) -> str:
    rows = [Row(label=label, known=PlottedNumber(value=value, low=0.0, high=2 * value), said=label, kind="good")]
    return draw_interval_plots(rows, title=label, x_title=label, about=label, against=0.0)


def _courses(label: str, value: float) -> str:
    course = CandidateLine(
        label=label, values={0: PlottedNumber(value=value), 2: PlottedNumber(value=0.0)}, changed=frozenset({2})
    )
    return draw_line_plots([course], [label, "b", "c"], title=label, y_title=label)


DRAWINGS: list[Callable[[str, float], str]] = [_scatter, _boxes, _intervals, _courses]


def read(svg: str) -> ElementTree.Element:
    """The picture as a parser of XML reads it."""
    return ElementTree.fromstring(svg)


def names(root: ElementTree.Element) -> set[str]:
    return {element.tag.partition("}")[2] for element in root.iter()}


@pytest.mark.parametrize("draw", DRAWINGS)
@pytest.mark.parametrize("label", HOSTILE)
def test_a_hostile_label_is_text_and_nothing_else(draw: Callable[[str, float], str], label: str) -> None:
    root = read(draw(label, 0.25))

    assert names(root) <= ALLOWED
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on") or "href" in name]
    assert {"role", "width", "height", "viewBox"} == set(root.attrib)


@pytest.mark.parametrize("draw", DRAWINGS)
@given(label=st.text(alphabet=st.characters(), max_size=60), value=st.floats(min_value=1e-12, max_value=1e12))
@settings(max_examples=30, deadline=None)
def test_any_text_and_any_number_make_a_picture(draw: Callable[[str, float], str], label: str, value: float) -> None:
    root = read(draw(label, value))

    assert names(root) <= ALLOWED
    for element in root.iter():
        for name in ("x", "x1", "x2", "cx"):
            assert 0 <= float(element.attrib.get(name, 1)) <= WIDTH


def test_the_words_of_a_label_are_in_the_picture() -> None:
    root = read(_scatter("<b>a & b</b>", 1.0))

    assert "<b>a & b</b>" in {element.text for element in root.iter() if element.tag.endswith("text")}


def test_the_frontier_holds_those_whom_nobody_beats_in_both() -> None:
    points = [
        Point(label=label, x=PlottedNumber(value=x), y=PlottedNumber(value=y))
        for label, x, y in [
            ("cheap", 1, 0.2),
            ("beaten", 2, 0.1),
            ("good", 3, 0.8),
            ("equal", 4, 0.8),
            ("best", 5, 0.9),
        ]
    ]

    assert ["cheap", "good", "best"] == [point.label for point in frontier(points)]
    assert ["cheap", "beaten"] == [point.label for point in frontier(points, higher_is_better=False)]


def test_no_label_lies_on_another_where_points_are_close() -> None:
    points = [
        Point(label=f"candidate {place}", x=PlottedNumber(value=1 + place * 0.01), y=PlottedNumber(value=0.5))
        for place in range(12)
    ]
    root = read(draw_scatter_plot(points, title="t", x_title="x", y_title="y"))
    labels = [
        element for element in root.iter() if element.tag.endswith("text") and (element.text or "").startswith("cand")
    ]
    places = [(float(label.attrib["x"]), float(label.attrib["y"])) for label in labels]

    assert 1 < len(labels) <= 12
    for number, (x, y) in enumerate(places):
        for other_x, other_y in places[:number]:
            assert abs(x - other_x) >= 70 or abs(y - other_y) >= 14


def test_very_many_rows_are_cut_and_the_picture_says_so() -> None:
    spreads = [Spread(label=f"m{number}", values=[1.0]) for number in range(MOST_ROWS + 7)]
    said = [element.text for element in read(draw_box_plots(spreads, title="t", x_title="s")).iter()]

    assert "and 7 more in the table" in said
    assert f"m{MOST_ROWS}" not in said


@given(values=st.lists(st.floats(min_value=-1e9, max_value=1e9), min_size=1, max_size=8), may_be_log=st.booleans())
@example(values=[1.0, 2.2e-311], may_be_log=True)
@example(values=[1e-9, 2.3e-308], may_be_log=True)
def test_every_value_has_its_place_on_the_axis_and_ticks_are_inside(values: list[float], may_be_log: bool) -> None:
    axis = scale(values, begin=10, end=110, may_be_log=may_be_log)

    assert all(10 - 1e-6 <= axis.at(value) <= 110 + 1e-6 for value in values)
    assert all(axis.low <= value <= axis.high for value, _ in axis.ticks())
    places = [axis.at(value) for value in sorted(values)]
    assert places == sorted(places)


def test_values_far_apart_stand_on_a_logarithmic_axis_with_powers_of_ten() -> None:
    axis = scale([0.001, 1.0, 900.0], begin=0, end=100, may_be_log=True)

    assert axis.is_log
    assert {"0.001", "0.1", "10"} <= {words for _, words in axis.ticks()}
    assert not scale([1.0, 2.0], begin=0, end=100, may_be_log=True).is_log


def test_an_axis_goes_no_further_than_values_can_be() -> None:
    axis = scale([0.0, 1.0], begin=0, end=100, floor=0.0, cap=1.0)

    assert axis.low > -0.05
    assert axis.high < 1.05
    assert math.isclose(1.0, axis.low + axis.high)


def test_numbers_without_a_value_are_not_known() -> None:
    assert plotted_number(None) is None
    assert plotted_number({"value": None}) is None
    assert PlottedNumber(value=1.0, low=0.5, high=1.5) == plotted_number(
        {"value": 1.0, "low": 0.5, "high": 1.5, "n": 3}
    )
    assert (1.0, 1.0) == PlottedNumber(value=1.0).ends


def test_a_picture_stands_in_markdown_as_data_with_its_words_escaped() -> None:
    text = as_markdown_image("<svg/>", "of [a](https://evil.example)")

    match = re.fullmatch(r"!\[(.+)\]\(data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)\)", text)
    assert match is not None
    assert b"<svg/>" == base64.b64decode(match[2])
    assert "](https" not in match[1]
