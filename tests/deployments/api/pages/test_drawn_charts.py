"""Pictures of the pages: drawn once, all of a page together, and fetched by address."""

import asyncio
import threading
from collections.abc import Sequence

import pytest
from api_client import ApiClient

from deployments.api.pages import drawn_charts
from deployments.api.pages.drawn_charts import DrawnCharts
from deployments.api.problems import ProblemError
from evaluation.charts.chart import IntervalChart, IntervalRow, PlottedNumber
from evaluation.charts.drawing import ChartsNotDrawnError
from evaluation.charts.kinds import Chart


def chart(title: str) -> IntervalChart:
    row = IntervalRow(label="a", number=PlottedNumber(value=0.5, low=0.4, high=0.6), shown="0.5")
    return IntervalChart(title=title, description=f"About {title}", rows=(row,), x_title="score")


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The charts of each call that draws."""
    drawn: list[list[str]] = []

    def draw(charts: Sequence[Chart], *, narrow: Sequence[bool]) -> list[str]:
        assert [False, True] * (len(charts) // 2) == list(narrow)
        drawn.append([each.title for each in charts[::2]])
        if any("broken" in each.title for each in charts):
            raise ChartsNotDrawnError("no room")
        return [f"<svg>{each.title}</svg>" for each in charts]

    monkeypatch.setattr(drawn_charts, "as_svgs", draw)
    return drawn


def svg_at(charts: DrawnCharts, address: str) -> str:
    return asyncio.run(charts.svg(address.removeprefix("/charts/").removesuffix(".svg")))


def test_the_charts_of_a_page_are_drawn_together_and_once(batches: list[list[str]]) -> None:
    charts = DrawnCharts()
    first = charts.draw(chart("a"), None, chart("b"))
    again = charts.draw(chart("b"), chart("a"))
    assert ["About a", "About b"] == [each.description for each in first]
    assert {each.address for each in first} == {each.address for each in again}
    assert ["<svg>a</svg>", "<svg>b</svg>"] == [svg_at(charts, each.address) for each in first]
    assert [["a", "b"]] == batches
    assert () == charts.draw(None)


def test_a_picture_that_could_not_be_drawn_is_tried_again_with_the_next_page(batches: list[list[str]]) -> None:
    charts = DrawnCharts()
    (broken,) = charts.draw(chart("broken"))
    with pytest.raises(ProblemError, match="no room") as refused:
        svg_at(charts, broken.address)
    assert 503 == refused.value.status
    charts.draw(chart("broken"))
    with pytest.raises(ProblemError):
        svg_at(charts, broken.address)
    assert 2 == len(batches)


def test_the_oldest_pictures_are_dropped(batches: list[list[str]]) -> None:
    charts = DrawnCharts(most_kept=4)
    addresses = [charts.draw(chart(title))[0].address for title in "abc"]
    assert "<svg>c</svg>" == svg_at(charts, addresses[2])
    with pytest.raises(ProblemError) as refused:
        svg_at(charts, addresses[0])
    assert 404 == refused.value.status


def test_a_page_does_not_wait_for_its_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    may_draw = threading.Event()

    def draw(charts: Sequence[Chart], *, narrow: Sequence[bool]) -> list[str]:
        may_draw.wait(30)
        return ["<svg/>"] * len(charts)

    monkeypatch.setattr(drawn_charts, "as_svgs", draw)
    charts = DrawnCharts()
    (picture,) = charts.draw(chart("slow"))  # which returns though nothing is drawn yet
    may_draw.set()
    assert "<svg/>" == svg_at(charts, picture.address)


def test_pictures_over_http(api: ApiClient) -> None:
    answer = api.get("/charts/00000000000000000000000000000000.svg")
    assert 404 == answer.status_code
    (picture,) = drawn_charts.drawn_charts.draw(chart("<script>alert(1)</script>"))
    answer = api.get(picture.address)
    assert (200, "image/svg+xml") == (answer.status_code, answer.headers["content-type"].partition(";")[0])
    assert "default-src 'none'; frame-ancestors 'none'" == answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    assert "immutable" in answer.headers["cache-control"]


def test_a_picture_as_a_file_is_named_for_its_title(api: ApiClient) -> None:
    (picture,) = drawn_charts.drawn_charts.draw(chart('Mean "of"\r\n../A: 3 %'))

    answer = api.get(picture.png_address)

    assert (200, "image/png") == (answer.status_code, answer.headers["content-type"])
    assert b"\x89PNG" == answer.content[:4]
    assert 'attachment; filename="Mean-of-..-A-3.png"' == answer.headers["content-disposition"]
    assert 404 == api.get("/charts/00000000000000000000000000000000.png").status_code


def test_a_file_that_cannot_be_drawn_says_why_and_one_that_was_dropped_is_gone(
    batches: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(_: Chart) -> bytes:
        raise ChartsNotDrawnError("no room")

    monkeypatch.setattr(drawn_charts, "as_png", cannot)
    charts = DrawnCharts(most_kept=4)
    names = [charts.draw(chart(title))[0].png_address[8:-4] for title in "abc"]

    for name, status in ((names[2], 503), (names[0], 404)):
        with pytest.raises(ProblemError) as refused:
            asyncio.run(charts.png(name))
        assert status == refused.value.status
