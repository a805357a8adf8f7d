"""The pairs of a comparison for readers of a report: plain headings, without the p-value that decides nothing."""

from evaluation.glossary import plain_word
from evaluation.reports.comparisons.tables import ALONE, pair_rows
from evaluation.results.comparisons import ComparisonResult


def short_pair_rows(result: ComparisonResult, metric: str, *, leaders_first: bool = False) -> list[dict[str, str]]:
    """Return one row per pair of a metric, with `p for all pairs` alone."""
    return [
        {plain_word(name): text for name, text in row.items() if name != ALONE}
        for row in pair_rows(result, metric, leaders_first=leaders_first)
    ]
