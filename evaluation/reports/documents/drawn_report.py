"""A report with the pictures of its charts, all drawn together."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from evaluation.charts.drawing import ChartsNotDrawnError, DrawingProcess
from evaluation.charts.kinds import Chart
from evaluation.reports.documents.report import CaseTable, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnReport:
    """A report with its pictures."""

    report: Report
    pictures: Mapping[Chart, str]
    """The SVG of each chart."""
    not_drawn: str
    """Why there are no pictures, in a sentence; empty where there are."""

    def with_cases(self, cases: CaseTable) -> "DrawnReport":
        """Return the same with other cases."""
        return replace(self, report=replace(self.report, cases=cases))


def draw(report: Report, process: DrawingProcess) -> DrawnReport:
    """Draw the charts of a report by a process; where this machine cannot, it says so in place of them."""
    charts = tuple(dict.fromkeys(report.charts))
    try:
        pictures = dict(zip(charts, process.as_svgs(charts), strict=True))
    except ChartsNotDrawnError as error:
        return DrawnReport(
            report=report,
            pictures={},
            not_drawn=f"Pictures could not be drawn ({error}); the tables have all numbers.",
        )
    return DrawnReport(report=report, pictures=pictures, not_drawn="")
