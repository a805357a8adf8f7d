"""The words that a report's tables use, with what they mean, for whoever gets it without the pages."""

from collections.abc import Iterable, Iterator

from evaluation.glossary import find_term
from evaluation.metrics import METRICS
from evaluation.metrics.descriptions import summary
from evaluation.reports.documents.report import Part, Section

_OF_ALL_TABLES = ("95 % interval",)


def words_section(sections: Iterable[Section]) -> Section:
    """Return a line for each heading of these sections' tables that the glossary or a metric explains."""
    lines: dict[str, None] = {}
    for heading in dict.fromkeys([*_OF_ALL_TABLES, *_headings(sections)]):
        name = heading.removesuffix(" *")
        if (term := find_term(name)) is not None:
            lines[f"{term.word}: {term.meaning}"] = None
        elif name in METRICS:
            lines[f"{name}: {summary(METRICS[name])}"] = None
    return Section(part=Part.METHOD, title="Words", lines=tuple(lines))


def _headings(sections: Iterable[Section]) -> Iterator[str]:
    """Yield the headings that a reader meets first."""
    for section in sections:
        if section.part is Part.EVIDENCE:
            for table in section.tables:
                yield from table.columns
