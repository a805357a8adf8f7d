"""Nothing that models, files, people and servers wrote becomes anything in a report, and all of it is there to read."""

from collections.abc import Iterator

import pytest
from filled_stores import fill_by_copy
from hostile_store import LABEL, fill_hostile
from hostile_texts import MARK, NAME, TEXTS, foreign_markup, letters, texts_shown
from stored_runs import answer, asked, numbers, store_run
from written_reports import (
    cells_of,
    foreign_in_html,
    foreign_in_pdf,
    newest_comparison,
    text_of_html,
    text_of_pdf,
    written,
)

from evaluation.escaping import for_terminal
from evaluation.reports.documents.formats import ReportFormat
from evaluation.store.session import Store, open_store

SUBJECTS = ("mixed", "race", "sweep", "hostile", "comparison")


@pytest.fixture
def hostile(sqlite_url: str) -> Iterator[Store]:
    fill_by_copy(sqlite_url, fill_hostile)
    with open_store(sqlite_url) as store:
        yield store


def _named(store: Store, subject: str) -> str:
    return newest_comparison(store) if subject == "comparison" else subject


def test_what_is_looked_for_is_found_where_nothing_is_escaped() -> None:
    raw = " ".join(TEXTS).encode()

    assert len(foreign_in_html(raw)) > 5


@pytest.mark.parametrize("subject", SUBJECTS)
def test_html(hostile: Store, subject: str) -> None:
    page = written(hostile, _named(hostile, subject), ReportFormat.HTML)

    assert [] == foreign_in_html(page)
    assert letters(for_terminal(LABEL)) in letters(text_of_html(page))
    assert b"9872000" not in page  # what {{1234*8000}} would give


def test_html_shows_every_text_letter_by_letter(hostile: Store) -> None:
    assert frozenset(TEXTS) == texts_shown(text_of_html(written(hostile, "mixed", ReportFormat.HTML)))


@pytest.mark.parametrize("subject", SUBJECTS)
def test_markdown(hostile: Store, subject: str) -> None:
    page = written(hostile, _named(hostile, subject), ReportFormat.MD).decode()

    assert [] == foreign_markup(page)
    assert MARK in page


@pytest.mark.parametrize("subject", SUBJECTS)
def test_pdf(hostile: Store, subject: str) -> None:
    content = written(hostile, _named(hostile, subject), ReportFormat.PDF)

    assert [] == foreign_in_pdf(content)
    text = letters(text_of_pdf(content))
    assert letters(for_terminal(LABEL)) in text
    assert "9872000" not in text


@pytest.mark.parametrize("subject", SUBJECTS)
def test_excel(hostile: Store, subject: str) -> None:
    cells = cells_of(written(hostile, _named(hostile, subject), ReportFormat.XLSX))

    assert ([], []) == (cells.formulas, cells.links)
    assert any(letters(LABEL) in letters(text) for text in cells.texts())


@pytest.mark.parametrize("text", [*TEXTS, NAME, "#panic()", '#import "x": *', "$ x $ *b* _i_ @ref <l> // c /* d */"])
def test_a_text_as_name_question_and_answer_in_all_formats(store: Store, text: str) -> None:
    cases = numbers(3)
    outcomes = {case.case_id: answer(text) for case in cases}
    store_run(store, asked(text, outcomes), asked("b:1b", outcomes), cases=cases, name=text)

    html, pdf, excel, markdown = (written(store, "run-1", form) for form in ReportFormat)

    shown = letters(for_terminal(text))
    assert [] == foreign_in_html(html)
    assert [] == foreign_in_pdf(pdf)
    assert [] == foreign_markup(markdown.decode())
    assert shown in letters(text_of_html(html))
    assert shown in letters(text_of_pdf(pdf))
    assert any(shown == letters(each) for each in cells_of(excel).texts())
