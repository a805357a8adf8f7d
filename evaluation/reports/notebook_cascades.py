"""The cascades of a run as HTML for notebooks: table, picture and what they leave out."""

import base64

from evaluation.reports.notebook_parts import heading, html_of, page, paragraph, table
from evaluation.reports.runs.cascade_report import cascade_line, curve_picture, curve_rows, curve_sentences
from evaluation.results.cascade_curves import CascadeCurve, CascadeResult


@html_of.register
def _cascades(result: CascadeResult) -> str:
    return page(*(_curve(curve, benchmark=result.benchmark) for curve in result.curves))


def _curve(curve: CascadeCurve, *, benchmark: str) -> str:
    parts = heading(cascade_line(curve)) + table(curve_rows(curve))
    if (picture := curve_picture(curve, benchmark=benchmark)) is not None:
        # As an image: a picture's style sheet would else hold for the whole notebook.
        data = base64.b64encode(picture.svg.encode("utf-8")).decode("ascii")
        parts += f'<img alt="Quality against cost over the threshold" src="data:image/svg+xml;base64,{data}">'
    return parts + paragraph(curve_sentences(curve))
