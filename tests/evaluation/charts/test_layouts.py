"""Sizes of charts before they are drawn: pages leave exactly that room."""

from xml.etree import ElementTree

import pytest
from sample_charts import KINDS

from evaluation.charts.layouts import layout
from evaluation.charts.rendering import as_svg


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("label", ["a:1b", "a name of a candidate that is as long as some are " * 3])
def test_a_chart_is_as_large_as_its_layout_says(kind: str, label: str, narrow: bool) -> None:
    chart = KINDS[kind](label, 0.25)
    root = ElementTree.fromstring(as_svg(chart, narrow=narrow))
    assert layout(chart, narrow=narrow).size == (int(root.attrib["width"]), int(root.attrib["height"]))
