"""What a report says, as values that every format writes: the answer first, then what it rests on.

Texts are plain: whoever writes a format escapes them. No number is computed here or in a writer; all come from the
results and tables that the command line, the API and the pages show.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from evaluation.charts.kinds import Chart


class Subject(StrEnum):
    """What a report is about."""

    RUN = "run"
    COMPARISON = "comparison"
    EXPERIMENT = "experiment"
    RACE = "race"
    SWEEP = "sweep"


class Part(StrEnum):
    """The parts of a report below its answer, in their order."""

    EVIDENCE = "evidence"
    LIMITS = "limits"
    METHOD = "method"
    APPENDIX = "appendix"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """Rows of short texts under columns; the first cell of a row names it."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with what stands below it: lines, tables, charts, and lines about the tables."""

    part: Part
    title: str
    lines: tuple[str, ...] = ()
    tables: tuple[TextTable, ...] = ()
    charts: tuple[Chart, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to show below the heading."""
        return not (self.lines or self.tables or self.charts or self.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAnswer:
    """A candidate's answer to a case."""

    text: str
    """The first answer, or the message of its failure."""
    is_whole: bool
    """False for a text whose end is left out, since it is too long."""
    score: float | None
    """Mean over the repeats; None where there is none, as after a failure of the server."""
    mark: str
    """What happened besides: `server failed`, `failed by itself`, `cut off`; empty for an answer as usual."""
    standing: str
    """`best` or `lower` than another candidate's, or than what is possible; `none` without a score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCase:
    """A case with the answers of all candidates, in the order of the table's labels."""

    case_id: str
    question: str
    tags: tuple[str, ...]
    answers: tuple[ReportAnswer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTable:
    """Cases with all answers side by side."""

    metric: str
    """Name of the metric of the scores."""
    labels: tuple[str, ...]
    """Of the candidates."""
    cases: tuple[ReportCase, ...]
    n_cases: int
    """All cases of the runs; those that are not in `cases` are left out."""
    left_out: str
    """A sentence on what is left out; empty where nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table of typed values, read when it is written."""

    name: str
    """Up to 31 characters, none of which a sheet of Excel refuses."""
    columns: tuple[str, ...]
    rows: Callable[[], Iterable[Mapping[str, object]]]
    """Returns the rows by column; a row may lack some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report."""

    subject: Subject
    title: str
    about: str
    """A line that identifies what it is about."""
    question: str
    answer: str
    """The conclusion in a sentence, which names nobody the best who was not shown to be."""
    further: tuple[str, ...]
    """Sentences that belong to the answer."""
    sections: tuple[Section, ...]
    """By part, without empty ones."""
    cases: CaseTable | None
    """None where no cases stand side by side."""
    sheets: tuple[Sheet, ...]
    made_at: datetime
    code_version: str
    """Version of the program that made the report."""

    def of_part(self, part: Part) -> tuple[Section, ...]:
        """Return the sections of a part."""
        return tuple(section for section in self.sections if section.part == part)

    @property
    def charts(self) -> tuple[Chart, ...]:
        """All charts, in their order."""
        return tuple(chart for section in self.sections for chart in section.charts)


def text_table(rows: Sequence[Mapping[str, str]], columns: Sequence[str] | None = None) -> tuple[TextTable, ...]:
    """Return rows of texts, as the command line has them, as a table; none without rows.

    Args:
        rows: The texts by column.
        columns: The columns to show; None: all that a row has.
    """
    if not rows:
        return ()
    names = tuple(columns or dict.fromkeys(name for row in rows for name in row))
    return (TextTable(columns=names, rows=tuple(tuple(row.get(name, "") for name in names) for row in rows)),)


def in_order(sections: Iterable[Section]) -> tuple[Section, ...]:
    """Return the sections that have something to show, by part."""
    order = list(Part)
    return tuple(sorted((each for each in sections if not each.is_empty), key=lambda each: order.index(each.part)))


def shown(*charts: Chart | None) -> tuple[Chart, ...]:
    """Return the charts that there are."""
    return tuple(chart for chart in charts if chart is not None)
