"""A report as Markdown, in which every text is shown as it is; without pictures, which few programs show within it."""

from collections.abc import Iterator

from evaluation.escaping import for_markdown
from evaluation.formatting import score
from evaluation.reports.documents.report import CaseTable, Part, Report, ReportAnswer, Section
from evaluation.reports.markdown_tables import as_markdown_table

_LONGEST_LINE = 2_000
_LONGEST_CELL = 300
_TITLES = {Part.EVIDENCE: "Evidence", Part.LIMITS: "Limits", Part.METHOD: "Method", Part.APPENDIX: "Appendix"}


def markdown_page(report: Report) -> str:
    """Return the report as a page of Markdown."""
    return "\n\n".join(part for part in _blocks(report) if part) + "\n"


def _blocks(report: Report) -> Iterator[str]:
    yield f"# {_line(report.title)}"
    made = f"{report.made_at:%Y-%m-%d %H:%M} UTC, Benchwright {for_markdown(report.code_version)}"
    yield f"{_line(report.about)} · {made}"
    yield f"**{_line(report.question)}**"
    yield f"> {_line(report.answer)}"
    yield from (_line(sentence) for sentence in report.further)
    for part, name in _TITLES.items():
        if part is Part.APPENDIX and report.cases is not None and report.cases.cases:
            yield from _cases(report.cases)
        if sections := report.of_part(part):
            yield f"## {name}"
            for section in sections:
                yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    yield f"### {_line(section.title)}" if section.title else ""
    if len(section.lines) > 1:
        yield "\n".join(f"- {_line(line)}" for line in section.lines)
    else:
        yield from (_line(line) for line in section.lines)
    for table in section.tables:
        yield _table(table.columns, table.rows)
    yield from (_line(line) for line in section.after)


def _table(columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> str:
    """Return a table; columns of one name, as hostile labels may have, stay apart."""
    places = [str(place) for place in range(len(columns))]
    cells = [{place: _cell(cell) for place, cell in zip(places, row, strict=True)} for row in rows]
    head, line, *body = as_markdown_table(places, cells).split("\n")
    titles = "| " + " | ".join(map(_cell, columns)) + " |"
    return "\n".join([titles, line, *body]) if head else ""


def _cases(cases: CaseTable) -> Iterator[str]:
    yield "## Cases"
    yield _line(f"Scores are {cases.metric}, the mean over repeats. {cases.left_out}")
    rows = [(f"{case.case_id}: {case.question}", *map(_answer, case.answers)) for case in cases.cases]
    yield _table(("case", *cases.labels), tuple(rows))


def _answer(answer: ReportAnswer) -> str:
    value = "–" if answer.score is None else score(answer.score)
    mark = f" ({answer.mark})" if answer.mark else ""
    return f"{value}{mark}: {answer.text}{'' if answer.is_whole else '…'}"


def _line(text: str) -> str:
    return for_markdown(text, max_length=_LONGEST_LINE)


def _cell(text: str) -> str:
    return for_markdown(text, max_length=_LONGEST_CELL)
