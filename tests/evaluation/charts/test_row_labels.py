"""Names beside the rows of a chart are whole up to 40 letters, and where they are shortened what differs is seen."""

import pytest

from evaluation.charts.chart import IntervalChart, IntervalRow, PlottedNumber
from evaluation.charts.intervals import interval_specification
from evaluation.charts.layouts import layout
from evaluation.charts.paper import WIDTH
from evaluation.charts.row_labels import LINE_LETTERS, label_lines, label_px

NAMES = (
    "llama3.2:3b",
    "qwen2.5-coder:7b-instruct-q4_0 num=0.25",
    "deepseek-r1:7b-qwen-distill-q4_K_M t=0.2",
    "x" * 40,
    "a b c d e f g h i j k l m n o p q r s t",
)


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_forty_letters_is_whole(name: str, narrow: bool) -> None:
    (lines,) = label_lines([name], narrow=narrow)
    assert "".join(name.split()) == "".join("".join(lines).split())
    assert len(lines) <= 2


def test_two_names_of_forty_letters_are_whole_beside_their_pair() -> None:
    a, b = "a" * 38, "b" * 40
    assert [(f"{a} –", b)] == label_lines([f"{a} – {b}"])


@pytest.mark.parametrize("narrow", [False, True])
def test_where_names_are_shortened_what_differs_is_seen(narrow: bool) -> None:
    names = [f"{'m' * 60}-q{i}-{'n' * 90}" for i in (4, 8)]
    shown = ["".join(lines) for lines in label_lines(names, narrow=narrow)]
    assert ["-q4-" in shown[0], "-q8-" in shown[1]] == [True, True]
    assert all(len(each) <= 2 * LINE_LETTERS[-1] for each in shown)


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_has_room_for_its_names(name: str) -> None:
    row = IntervalRow(label=name, number=PlottedNumber(value=0.5, low=0.4, high=0.6), shown="0.500 [0.400, 0.600]")
    chart = IntervalChart(title="t", description="d", x_title="x", rows=(row,))
    margins = layout(chart).margins
    assert label_px([name]) == margins.left
    assert margins.width >= WIDTH // 4
    assert name.split()[0][:20] in str(interval_specification(chart))
