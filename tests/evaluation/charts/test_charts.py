"""Charts that any text and any numbers leave well-formed, with everything on the paper."""

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import altair as alt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_charts import KINDS, boxes, cascade, heat_map, histogram, intervals, lines, parallel, quality_cost, trends

from evaluation.charts.cascades import MOST_BARS
from evaluation.charts.chart import (
    BoxRow,
    CurvePoint,
    PlottedNumber,
    QualityCostPoint,
    TrendLine,
    TrendPoint,
    frontier,
    plotted_number,
)
from evaluation.charts.kinds import Chart
from evaluation.charts.paper import MOST_ROWS, clipped
from evaluation.charts.rendering import as_png, as_svg
from evaluation.charts.row_labels import label_lines
from evaluation.charts.specification import specification
from evaluation.charts.theme import DARK, NARROW, SERIES, WIDTH

Make = Callable[[str, float], Chart]
HOSTILE = [
    "<script>alert(1)</script>",
    '"/><image href="https://evil.example/x.png"/>',
    "]]> <!-- &lt; &#106;",
    "\x1b[31m\u202e\x00\uffff\ufffe\ud800",
    "\u200f\u202eabc\u2066\u2069",
    "a\nb\tc",
    "onload=alert(1)",
    "datum.value + $x['y'] \\' \" ` {{a}} ${b}",
    "a.b[c] \\. \\[0\\]",
    "__proto__",
    "1e5",
    "2020-01-01",
    "null",
    "true",
    "*bold* _x_ ~y~",
    "long " * 60,
]
LENGTHS = {
    "quality_cost": (42, 80, 86, 90),
    "boxes": (86, 90),
    "intervals": (26, 86, 90, 115),
    "trends": (24, 80, 86, 115),
    "cascade": (80, 86, 90),
    "lines": (12, 60, 86, 90),
    "heat_map": (60, 86),
    "histogram": (20, 86, 90),
    "parallel": (46, 86),
}
"""Characters for which each kind of chart has room, wherever it takes text but beside its rows."""
HAVE_ROWS = frozenset({"boxes", "intervals", "heat_map", "histogram"})
ALLOWED = {"svg", "title", "desc", "style", "rect", "line", "path", "circle", "text"}
ATTRIBUTES = {"x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "d", "transform", "class", "width", "height"}
EXPRESSIONS = {"filter", "calculate", "expr", "signal", "labelExpr", "test", "field", "name", "url", "href"}
"""Keys of a specification whose values Vega interprets."""


def read(chart: Chart, *, narrow: bool = False) -> ElementTree.Element:
    """The chart's SVG as a parser of XML reads it."""
    return ElementTree.fromstring(as_svg(chart, narrow=narrow))


def names(root: ElementTree.Element) -> set[str]:
    return {element.tag.partition("}")[2] for element in root.iter()}


def texts(chart: Chart) -> list[str]:
    return [element.text or "" for element in read(chart).iter() if element.tag.endswith("}text")]


def interpreted(value: object, key: str = "") -> Iterator[str]:
    """Every text of a specification that Vega interprets, and every key."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from interpreted(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from interpreted(item, key)
    elif isinstance(value, str) and key in EXPRESSIONS:
        yield value


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("label", HOSTILE)
@pytest.mark.parametrize("narrow", [False, True])
def test_a_hostile_label_is_text_and_nothing_else(make: Make, label: str, narrow: bool) -> None:
    root = read(make(label, 0.25), narrow=narrow)

    assert names(root) <= ALLOWED
    assert {name for element in root.iter() if element is not root for name in element.attrib} <= ATTRIBUTES
    assert {"role", "width", "height", "viewBox"} == set(root.attrib)
    style = next(element.text or "" for element in root.iter() if element.tag.endswith("}style"))
    assert not re.search(r"url|import|expression|\\", style)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("label", HOSTILE)
def test_a_hostile_label_is_shown_letter_by_letter_as_far_as_there_is_room(kind: str, label: str) -> None:
    shown = texts(KINDS[kind](label, 0.25))

    assert [] == [clipped(label, length) for length in LENGTHS[kind] if clipped(label, length) not in shown]
    if kind in HAVE_ROWS:
        assert {line.strip() for line in label_lines([label])[0]} <= {text.strip() for text in shown}
    assert all(len(text) <= 115 for text in shown)


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("label", HOSTILE)
def test_a_label_is_no_key_no_field_and_no_part_of_an_expression(make: Make, label: str) -> None:
    ours = set(interpreted(specification(make("plain", 0.25))))

    theirs = set(interpreted(specification(make(label, 0.25))))

    assert {text for text in theirs if not text.startswith("data-")} <= ours


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_a_specification_is_valid_vega_lite_and_holds_its_data(make: Make) -> None:
    result = json.loads(json.dumps(specification(make("a <b>", 0.25)), allow_nan=False))

    alt.LayerChart.from_dict(result, validate=True)
    assert "a <b>" == result["description"]
    assert not {"url", "href", "usermeta"} & set(interpreted(result))


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
@given(label=st.text(alphabet=st.characters(), max_size=60), value=st.floats(min_value=1e-12, max_value=1e12))
@settings(max_examples=20, deadline=None)
def test_any_text_and_any_number_make_a_chart_on_its_paper(make: Make, label: str, value: float) -> None:
    root = read(make(label, value))

    assert names(root) <= ALLOWED
    for element in root.iter():
        for name in ("x", "x1", "x2", "cx"):
            assert 0 <= float(element.attrib.get(name, 1)) <= WIDTH


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("value", [0.0, math.inf, -math.inf, math.nan, 5e-324, 1.7e308])
def test_numbers_beyond_all_axes_make_a_chart_too(make: Make, value: float) -> None:
    assert names(read(make("a", value))) <= ALLOWED


def test_a_chart_without_anything_to_show_says_so() -> None:
    empty: list[Chart] = [
        replace(quality_cost("a", 1.0), points=()),
        replace(boxes("a", 1.0), rows=()),
        replace(intervals("a", 1.0), rows=()),
        replace(trends("a", 1.0), lines=(), moments=()),
        replace(cascade("a", 1.0), points=(), alone=None),
        replace(lines("a", 1.0), lines=(), happenings=()),
        replace(heat_map("a", 1.0), rows=()),
        replace(histogram("a", 1.0), rows=()),
        replace(parallel("a", 1.0), lines=()),
    ]

    assert all("nothing to show" in texts(chart) for chart in empty)
    assert not any("nothing to show" in texts(make("a", 1.0)) for make in KINDS.values())


def test_a_single_point_is_drawn() -> None:
    one = quality_cost("only one", 2.0)
    point = replace(one, points=one.points[:1])
    line = TrendLine(label="only one", points=(TrendPoint(run=0, number=PlottedNumber(value=0.5)),))

    assert "only one" in texts(point)
    assert 1 + 2 == as_svg(point).count("<circle")  # with those of the key
    assert "only one" in texts(replace(trends("a", 1.0), lines=(line,), moments=("today",)))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_chart_for_a_narrow_screen_is_on_its_narrow_paper(kind: str) -> None:
    root = read(KINDS[kind]("a label that is long enough to be cut somewhere", 0.25), narrow=True)

    assert str(NARROW) == root.attrib["width"]
    for element in root.iter():
        for name in ("x", "x1", "x2", "cx"):
            assert 0 <= float(element.attrib.get(name, 1)) <= NARROW
    for element in root.iter():
        if element.tag.endswith("}text"):
            assert 6.4 * len(element.text or "") <= NARROW


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_the_same_chart_is_the_same_picture_letter_by_letter(make: Make) -> None:
    assert as_svg(make("a", 0.25)) == as_svg(make("a", 0.25))


def test_a_picture_has_a_title_and_a_description_for_those_who_cannot_see_it() -> None:
    root = read(replace(boxes("a", 1.0), title="Latency <s>", description="How long & how sure"))

    first = [(element.tag.partition("}")[2], element.text) for element in root[:2]]
    assert [("title", "Latency <s>"), ("desc", "How long & how sure")] == first
    assert "img" == root.attrib["role"]


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_every_text_and_the_paper_change_on_a_dark_background(make: Make) -> None:
    style = next(element.text or "" for element in read(make("a", 0.25)).iter() if element.tag.endswith("}style"))
    light, _, dark = style.partition("@media (prefers-color-scheme:dark)")
    of_text = set(re.findall(r"(\.c\d+)\{fill:[^;}]+;font-size", light))

    assert of_text
    assert {".paper", *of_text} <= set(re.findall(r"(\.\w+)\{fill", dark))


def test_the_colours_of_lines_differ_on_a_dark_background_too() -> None:
    on_dark = [DARK.get(color, color) for color in SERIES]

    assert len(SERIES) == len(set(on_dark))


def test_the_words_of_a_label_are_in_the_picture() -> None:
    assert "<b>a & b</b>" in texts(quality_cost("<b>a & b</b>", 1.0))


def test_a_long_label_loses_its_middle() -> None:
    assert "abcd…wxyz" == clipped("abcdefghijklmnopqrstuvwxyz", 9)
    assert 28 == len(clipped("x" * 300, 28))
    assert "ends" == clipped("ends", 4)


def test_ticks_are_numbers_as_people_write_them() -> None:
    row = BoxRow(label="a", p5=12_000, p25=13_000, p50=20_000, p75=30_000, p95=40_000, p99=52_000, n_cases=9)

    assert {"20,000", "40,000"} <= set(texts(replace(boxes("a", 1.0), rows=(row,))))
    assert "0.2" in texts(replace(cascade("a", 1.0), quality_range=(0.0, 1.0)))


def test_the_frontier_holds_those_whom_nobody_beats_in_both() -> None:
    points = [
        QualityCostPoint(label=label, cost=PlottedNumber(value=x), quality=PlottedNumber(value=y))
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
    points = tuple(
        QualityCostPoint(
            label=f"candidate {place}", cost=PlottedNumber(value=1 + place * 0.01), quality=PlottedNumber(value=0.5)
        )
        for place in range(12)
    )
    root = read(replace(quality_cost("t", 1.0), points=points))
    labels = [
        element for element in root.iter() if element.tag.endswith("text") and (element.text or "").startswith("cand")
    ]
    places = [(float(label.attrib["x"]), float(label.attrib["y"])) for label in labels]

    assert 1 < len(labels) <= 12
    for number, (x, y) in enumerate(places):
        for other_x, other_y in places[:number]:
            assert abs(x - other_x) >= 70 or abs(y - other_y) >= 14


def test_very_many_rows_are_cut_and_the_picture_says_so() -> None:
    chart = boxes("a", 1.0)
    rows = tuple(replace(chart.rows[0], label=f"m{number}") for number in range(MOST_ROWS + 7))
    shown = texts(replace(chart, rows=rows))

    assert "and 7 more in the table" in shown
    assert f"m{MOST_ROWS}" not in shown


def test_intervals_of_a_long_curve_are_drawn_for_the_runs_own_threshold_alone() -> None:
    def n_upright(n_points: int) -> int:
        points = tuple(
            CurvePoint(cost=1.0 + at, quality=PlottedNumber(value=0.5, low=0.4, high=0.6), is_of_run=at == 3)
            for at in range(n_points)
        )
        root = read(replace(cascade("a", 1.0), points=points))
        lines = [element.attrib for element in root.iter() if element.tag.endswith("}line")]
        return sum(line["x1"] == line["x2"] and 30 < abs(float(line["y1"]) - float(line["y2"])) < 200 for line in lines)

    assert MOST_BARS == n_upright(MOST_BARS)
    assert 1 == n_upright(MOST_BARS + 1)


def test_a_change_is_marked_and_explained() -> None:
    changed = trends("a", 1.0)
    line = replace(changed.lines[0], points=changed.lines[0].points[:1])

    assert "other weights than before" in texts(changed)
    assert "other weights than before" not in texts(replace(changed, lines=(line,)))


def test_lines_for_which_there_are_no_colours_are_counted() -> None:
    (line,) = trends("a", 1.0).lines
    many = replace(trends("a", 1.0), lines=tuple(replace(line, label=f"line {number}") for number in range(11)))
    assert "and 3 more in the table" in texts(many)
    assert "more in the table" not in " ".join(texts(replace(many, lines=many.lines[:8])))


def test_numbers_without_a_value_are_not_known() -> None:
    assert plotted_number(None) is None
    assert plotted_number({"value": None}) is None
    assert PlottedNumber(value=1.0, low=0.5, high=1.5) == plotted_number(
        {"value": 1.0, "low": 0.5, "high": 1.5, "n": 3}
    )
    assert (1.0, 1.0) == PlottedNumber(value=1.0).ends


def test_a_chart_is_a_png_of_twice_its_size_too() -> None:
    png = as_png(boxes("<b>", 1.0))

    assert png.startswith(b"\x89PNG")
    assert 2 * WIDTH == int.from_bytes(png[16:20], "big")


def test_what_is_no_chart_is_refused() -> None:
    nothing: Any = "a chart"

    with pytest.raises(TypeError, match="a str is no chart"):
        specification(nothing)
