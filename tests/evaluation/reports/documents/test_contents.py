"""A report says what the command line says: the answer first, with intervals, and nobody best without evidence."""

from pathlib import Path

import pytest
from compared_runs import candidate, cases_of, compared, failed, right_on, store_run
from written_reports import cells_of, text_of_html, text_of_pdf, written

from evaluation.comparisons.run_verdict import headline_verdict
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.exports.filters import Filters
from evaluation.exports.source import Kind, find_source
from evaluation.exports.tables import table_of
from evaluation.reports.documents import html_page
from evaluation.reports.documents.formats import ReportFormat
from evaluation.reports.documents.making import find_report
from evaluation.reports.documents.report import Part, Report
from evaluation.reports.documents.writing import write_report
from evaluation.run_results.run_result import run_result
from evaluation.store.experiments import add_runs, create_experiment
from evaluation.store.session import Store

N = 40


def _store(store: Store, run_id: str = "run-1", *, better: int = 30, answers: str | None = None) -> None:
    cases = cases_of(N)
    store_run(
        store,
        candidate("good:1b", right_on(cases, range(better))),
        candidate("bad:1b", right_on(cases, range(8)) | failed(cases, (39,))),
        cases=cases,
        run_id=run_id,
    )


def _report(store: Store, name: str = "run-1", form: ReportFormat = ReportFormat.HTML) -> Report:
    return find_report(store, name, form.room)


def test_the_answer_is_the_verdict_of_the_command_line(store: Store) -> None:
    _store(store)

    report = _report(store)

    assert set(headline_verdict(store, run_result(store, "run-1"))) <= {report.answer, *report.further}
    assert headline_verdict(store, run_result(store, "run-1"))[0] == report.answer
    assert "good:1b is better than bad:1b" in report.answer
    assert "Is good:1b or bad:1b better on numbers?" == report.question
    assert [Part.EVIDENCE, Part.LIMITS, Part.METHOD, Part.APPENDIX] == list(
        dict.fromkeys(section.part for section in report.sections)
    )


def test_there_is_no_winner_where_none_is_shown(store: Store) -> None:
    _store(store, better=9)

    report = _report(store)
    limits = " ".join(line for section in report.of_part(Part.LIMITS) for line in section.lines)

    assert report.answer == (
        "good:1b and bad:1b were compared on numbers (39 cases): neither is shown to be the best by exact_match."
    )
    assert report.further[0].startswith("The mean exact_match with its 95 % interval, the best first: good:1b 0.231 [")
    assert any(line.startswith("exact_match: inconclusive") for line in report.further)
    assert "cannot be told apart on 39 cases" in limits


def test_failures_stand_apart_from_wrong_answers(store: Store) -> None:
    _store(store)

    report = _report(store)
    (line,) = next(section.lines for section in report.sections if section.title == "What failed")
    assert report.cases is not None
    (last,) = [case for case in report.cases.cases if case.case_id == "c39"]

    assert line.startswith("79 answers, 1 failure of servers, 0 failures of candidates. ")
    assert (None, "server failed") == (last.answers[1].score, last.answers[1].mark)


def test_the_method_names_the_test_the_cases_the_seed_and_the_versions(store: Store) -> None:
    _store(store)
    run = run_result(store, "run-1")

    method = " ".join(line for section in _report(store).of_part(Part.METHOD) for line in section.lines)

    for words in ("40 cases", "seed 7", run.benchmark_version[:12], "exact McNemar", "on 39 cases", run.code_version):
        assert words in method


def test_all_formats_say_the_answer_and_the_interval(store: Store) -> None:
    _store(store)
    answer = _report(store).answer

    html, pdf, excel, markdown = (written(store, "run-1", form) for form in ReportFormat)

    assert answer in text_of_html(html)
    assert "0.750 [0.598, 0.858]" in text_of_html(html)
    assert "".join(answer.split()) in "".join(text_of_pdf(pdf).replace("\u200b", "").split())
    assert answer in set(cells_of(excel).texts())
    assert "0\\.750" in markdown.decode() or "0.750 \\[0.598, 0.858\\]" in markdown.decode()


def test_excel_equals_the_store(store: Store) -> None:
    _store(store)
    source = find_source(store, "run-1")

    sheets = cells_of(written(store, "run-1", ReportFormat.XLSX)).sheets

    assert ["report", "results", "pairs", "candidates", "alarms", "answers"][:2] == list(sheets)[:2]
    for kind in (Kind.RESULTS, Kind.ANSWERS):
        table = table_of(store, source, kind, Filters(candidates=(), metrics=(), cases=(), failed=None))
        rows = list(table.rows)
        assert len(rows) == len(sheets[kind.value])
        for row, cells in zip(rows, sheets[kind.value], strict=True):
            for column in table.columns:
                if isinstance(row.get(column), str | int | float | None):
                    assert row.get(column) == cells[column]
    (pair,) = [row for row in sheets["pairs"] if row["metric"] == "exact_match"]
    assert isinstance(pair["p_value"], float)


def test_a_comparison_of_two_runs_has_the_answers_of_both(store: Store) -> None:
    _store(store)
    _store(store, "run-2", better=20)
    result = compared(store, "run-1", "run-2")

    report = _report(store, result.comparison_id)

    assert report.cases is not None
    assert [side.label for side in result.sides] == list(report.cases.labels)
    assert N == len(report.cases.cases)
    assert result.sentences[0] == report.answer


def test_an_experiment_has_its_question_and_no_verdict_without_a_comparison(store: Store) -> None:
    _store(store)
    _store(store, "run-2")
    made = create_experiment(store, name="sizes", question="Is small enough?")
    add_runs(store, made.experiment_id, ["run-1", "run-2"])

    report = _report(store, "sizes")

    assert "Is small enough?" == report.question
    assert report.answer.startswith("Its runs were not compared with each other")
    assert "Is small enough?" == _report(store, "run-1").question


def test_what_does_not_fit_is_left_out_and_said(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _store(store)
    whole = len(written(store, "run-1", ReportFormat.HTML))
    monkeypatch.setattr(html_page, "LARGEST_HTML", whole - 3000)

    page = written(store, "run-1", ReportFormat.HTML)

    assert len(page) <= whole - 3000
    assert "of 40 cases, those where the scores differ most; the Excel report has all." in text_of_html(page)


def test_the_pdf_has_two_to_six_pages(store: Store) -> None:
    import io

    from pypdf import PdfReader

    cases = cases_of(N)
    many = [candidate(f"m{i}:1b", right_on(cases, range(i + 5)), options={"seed": i}) for i in range(24)]
    store_run(store, *many, cases=cases)
    _store(store, "small")

    pages = [len(PdfReader(io.BytesIO(written(store, name, ReportFormat.PDF))).pages) for name in ("run-1", "small")]

    assert all(2 <= n <= 6 for n in pages)


def test_pairs_of_the_best_stand_first(store: Store) -> None:
    cases = cases_of(N)
    sides = [candidate(f"m{n}:1b", right_on(cases, range(n))) for n in (5, 20, 38)]
    store_run(store, *sides, cases=cases, run_id="run-1")

    (pairs,) = (each for each in _report(store).sections if each.title.startswith("Pair by pair"))
    first_cells = [row[0] for row in pairs.tables[0].rows]

    assert 3 == len(first_cells)
    assert {"m38:1b", "m20:1b"} == set(first_cells[0].split(" – "))
    assert {"m20:1b", "m5:1b"} == set(first_cells[2].split(" – "))


def test_an_alarm_stands_in_the_pdf_to_its_end(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [f"word{i}" for i in range(60)]
    monkeypatch.setattr("evaluation.reports.documents.run_report.alarm_lines", lambda _: [" ".join(words)])
    _store(store)

    text = text_of_pdf(written(store, "run-1", ReportFormat.PDF))

    assert [] == [word for word in words if word not in text]


@pytest.mark.parametrize(
    ("name", "words"), [("r.doc", "unknown ending '.doc'"), ("r", "unknown ending ''"), ("no/r.md", "cannot write")]
)
def test_what_cannot_be_written_is_said(store: Store, tmp_path: Path, name: str, words: str) -> None:
    _store(store)

    with pytest.raises(ConfigurationError, match=words):
        write_report(store, "run-1", tmp_path / name)


def test_no_file_is_written_over_and_none_is_left_of_a_failure(store: Store, tmp_path: Path) -> None:
    _store(store)
    there = tmp_path / "there.md"
    there.write_text("mine")

    with pytest.raises(ConfigurationError, match="exists already"):
        write_report(store, "run-1", there)
    with pytest.raises(UnknownNameError, match="'nope'"):
        write_report(store, "nope", tmp_path / "new.md")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        write_report(store, "run-1", tmp_path / "new.html", template=tmp_path / "none.html")

    assert ("mine", [there]) == (there.read_text(), list(tmp_path.glob("*.md")) + list(tmp_path.glob("*.html")))


def test_pdf_without_typst_says_what_to_install(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from evaluation.reports.documents import pdf_pages

    _store(store)
    monkeypatch.setattr(pdf_pages, "find_spec", lambda _: None)

    with pytest.raises(ConfigurationError) as refused:
        written(store, "run-1", ReportFormat.PDF)
    assert refused.value.next_step is not None
    assert "pip install typst" in refused.value.next_step


def test_who_was_compared_and_that_nobody_is_the_best_stand_first_with_the_numbers(store: Store) -> None:
    cases = cases_of(N)
    sides = [candidate(f"m{n}:1b", right_on(cases, range(10 + n))) for n in range(3)]
    store_run(store, *sides, cases=cases, run_id="run-1")

    report = _report(store)

    assert report.answer == (
        "m2:1b, m1:1b and m0:1b were compared on numbers (40 cases): none of them is shown to be the best by "
        "exact_match."
    )
    assert "m2:1b 0.300 [" in report.further[0]
    assert report.further[1].startswith("What exact_match is: 1 where the answer equals a reference")


def test_the_words_of_a_report_are_explained_in_it(store: Store) -> None:
    _store(store)
    words = next(section for section in _report(store).sections if section.title == "Words")
    assert any(line.startswith("smallest visible difference: ") for line in words.lines)
    assert any(line.startswith("exact_match: 1 where") for line in words.lines)
