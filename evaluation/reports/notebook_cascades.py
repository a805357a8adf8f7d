"""The cascades of a run as HTML for notebooks: table, chart and what they leave out."""

from evaluation.charts.drawing import ChartsNotDrawnError, as_svgs
from evaluation.reports.notebook_parts import heading, html_of, page, paragraph, table
from evaluation.reports.page_pictures import as_data_uri
from evaluation.reports.runs.cascade_report import cascade_line, curve_chart, curve_rows, curve_sentences
from evaluation.results.cascade_curves import CascadeCurve, CascadeResult


@html_of.register
def _cascades(result: CascadeResult) -> str:
    pictures = _pictures(result)
    return page(*(_curve(curve, pictures.get(number, "")) for number, curve in enumerate(result.curves)))


def _pictures(result: CascadeResult) -> dict[int, str]:
    """Return the image of each curve that can be drawn, by its number."""
    charts = {
        number: chart
        for number, curve in enumerate(result.curves)
        if (chart := curve_chart(curve, benchmark=result.benchmark)) is not None
    }
    try:
        svgs = as_svgs(list(charts.values()))
    except ChartsNotDrawnError as error:
        remark = paragraph([f"The picture could not be drawn ({error})."])
        return dict.fromkeys(charts, remark)
    return {number: _image(svg) for number, svg in zip(charts, svgs, strict=True)}


def _image(svg: str) -> str:
    return f'<img alt="Quality against cost over the threshold" src="{as_data_uri(svg)}">'


def _curve(curve: CascadeCurve, picture: str) -> str:
    parts = heading(cascade_line(curve)) + table(curve_rows(curve))
    return parts + picture + paragraph(curve_sentences(curve))
