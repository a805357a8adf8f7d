"""A report as a PDF of a few pages, typeset by typst in a short process of its own.

Texts reach typst as strings in a JSON document, so that none of them is its markup or code. In a process of its own,
nothing that a text does to the library can end a server.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from evaluation.errors import ConfigurationError
from evaluation.escaping import one_line
from evaluation.formatting import counted, score
from evaluation.machine_load import stretched_s
from evaluation.reports.documents.drawn_report import DrawnReport
from evaluation.reports.documents.number_columns import numbers_of
from evaluation.reports.documents.report import CaseTable, Part, Section, TextTable
from evaluation.user_code.single_request import NoReplyError, SingleReply

MOST_PAGES = 6
LIMIT_S = 60.0
"""Seconds on an idle machine; it takes less than one."""
LARGEST = 64 * 1024**2
_CHILD = "evaluation.reports.documents.typesetting_child"
_WORD = re.compile(r"\S{24}(?=\S)")
_MOST_COLUMNS = 9
Value = str | int | list["Value"] | dict[str, "Value"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Extent:
    """How much a version of the report shows."""

    rows: int
    lines: int
    charts: int
    cases: int
    sections: int
    characters: int
    """Of a text of others, such as an answer."""
    line_characters: int
    """Of one of our own lines, such as an alarm, which says at its end what to do."""


_EXTENTS = (
    _Extent(rows=15, lines=14, charts=4, cases=5, sections=40, characters=300, line_characters=900),
    _Extent(rows=10, lines=10, charts=3, cases=3, sections=24, characters=240, line_characters=700),
    _Extent(rows=8, lines=8, charts=2, cases=2, sections=14, characters=160, line_characters=500),
    _Extent(rows=5, lines=5, charts=1, cases=0, sections=8, characters=100, line_characters=300),
)
"""The first whose pages are few enough is taken."""
_TITLES = {Part.EVIDENCE: "Evidence", Part.LIMITS: "Limits", Part.METHOD: "Method", Part.APPENDIX: "Appendix"}


def pdf_pages(drawn: DrawnReport) -> bytes:
    """Return the report as a PDF of at most `MOST_PAGES` pages, which says what it leaves out.

    Raises:
        ConfigurationError: typst is not installed, or the pages cannot be typeset here.
    """
    if find_spec("typst") is None:
        raise ConfigurationError(
            "PDF reports need typst, which is not installed", "`pip install typst`, or a report that ends in .html."
        )
    versions: list[Value] = [json.dumps(_document(drawn, extent)) for extent in _EXTENTS]
    request, limit_s = json.dumps({"versions": versions, "most_pages": MOST_PAGES}).encode(), stretched_s(LIMIT_S)
    try:
        with SingleReply(_CHILD, most=LARGEST, purpose="typesets", done="typeset") as typeset:
            reply = typeset.to(request, limit_s=limit_s)
    except NoReplyError as error:
        raise _not_typeset(str(error)) from None
    if not reply.startswith(b"%PDF"):
        raise _not_typeset(reply.decode("utf-8", "replace"))
    return reply


def _not_typeset(why: str) -> ConfigurationError:
    return ConfigurationError(f"the PDF could not be made: {why}", "Name a file that ends in .html or .md.")


def _document(drawn: DrawnReport, extent: _Extent) -> dict[str, Value]:
    report = drawn.report
    made = f"{report.subject.value.capitalize()} report · {report.made_at:%Y-%m-%d %H:%M} UTC"
    return {
        "title": _cut(report.title, 120),
        "about": _cut(report.about, 300),
        "made": made,
        "question": _cut(report.question, 400),
        "answer": _cut(report.answer, 700),
        "further": [_cut(sentence, 500) for sentence in report.further[:6]],
        "footer": f"Benchwright {report.code_version} · {_cut(report.about, 80)}",
        "parts": _parts(drawn, extent),
    }


def _parts(drawn: DrawnReport, extent: _Extent) -> list[Value]:
    parts: list[Value] = []
    n_charts, n_sections = extent.charts, extent.sections
    for part, name in _TITLES.items():
        sections = drawn.report.of_part(part)
        shown: list[Value] = []
        for section in sections[: max(2, n_sections)]:
            pictures = [drawn.pictures[chart] for chart in section.charts[:n_charts] if chart in drawn.pictures]
            charts = list(zip(pictures, section.charts, strict=False))
            n_charts, n_sections = n_charts - len(charts), n_sections - 1
            shown.append(
                _section(section, extent)
                | {"charts": [{"svg": svg, "description": one_line(chart.description)} for svg, chart in charts]}
            )
        if part is Part.APPENDIX and (cases := drawn.report.cases) is not None and extent.cases and cases.cases:
            shown.append(_cases(cases, extent))
        if left := len(sections) - len(sections[: len(shown)]):
            shown.append(_words("", [f"{counted(left, 'further section')} in the HTML report."]))
        if part is Part.LIMITS and drawn.not_drawn:
            shown.append(_words("", [one_line(drawn.not_drawn)]))
        if shown:
            parts.append({"name": name, "sections": shown})
    return parts


def _section(section: Section, extent: _Extent) -> dict[str, Value]:
    lines = [_cut(line, extent.line_characters) for line in section.lines[: extent.lines]]
    if left := len(section.lines) - len(lines):
        lines.append(f"{counted(left, 'further line')} in the HTML report.")
    after = [_cut(line, extent.line_characters) for line in section.after[: extent.lines]]
    tables: list[Value] = []
    for table in section.tables:
        tables.append(_table(table, extent))
        after = [*_left_out(table, extent), *after]
    return {"title": _cut(section.title, 120), "lines": [*lines], "tables": tables, "after": [*after], "charts": []}


def _words(title: str, lines: Sequence[str]) -> dict[str, Value]:
    return {"title": title, "lines": [*lines], "tables": [], "after": [], "charts": []}


def _table(table: TextTable, extent: _Extent) -> dict[str, Value]:
    return {
        "columns": [_cut(name, 60) for name in table.columns[:_MOST_COLUMNS]],
        "rows": [
            [_cut(cell, extent.characters // 2) for cell in row[:_MOST_COLUMNS]] for row in table.rows[: extent.rows]
        ],
        "numbers": [*sorted(numbers_of(table))],
    }


def _left_out(table: TextTable, extent: _Extent) -> list[str]:
    rows, columns = len(table.rows) - extent.rows, len(table.columns) - _MOST_COLUMNS
    words = [counted(rows, "further row")] if rows > 0 else []
    words += [counted(columns, "further column")] if columns > 0 else []
    return [f"{' and '.join(words)} in the HTML report."] if words else []


def _cases(cases: CaseTable, extent: _Extent) -> dict[str, Value]:
    """Return some cases, a small table each."""
    shown = cases.cases[: extent.cases]
    tables: list[Value] = []
    for case in shown:
        rows: list[Value] = [["question", "", _cut(case.question, extent.characters)]]
        for label, answer in list(zip(cases.labels, case.answers, strict=True))[: extent.rows]:
            value = "–" if answer.score is None else score(answer.score)
            text = f"[{answer.mark}] {answer.text}" if answer.mark else answer.text
            end = "" if answer.is_whole else "…"
            rows.append([_cut(label, 40), value, _cut(f"{text}{end}", extent.characters)])
        tables.append({"columns": [_cut(case.case_id, 40), cases.metric, ""], "rows": rows, "numbers": [1]})
    title = f"{counted(len(shown), 'case')} of {cases.n_cases:,}"
    differ = any(len({answer.score for answer in case.answers}) > 1 for case in shown)
    if len(shown) < cases.n_cases and differ:
        title += ", those on which the candidates differ most"
    return _words(title, []) | {"tables": tables}


def _cut(text: str, most: int) -> str:
    """Return text on one line, without its end where it is too long; long words may be broken."""
    line = one_line(text[: 4 * most])
    line = line if len(line) <= most else f"{line[: most - 1]}…"
    return _WORD.sub(lambda word: f"{word[0]}\u200b", line)
