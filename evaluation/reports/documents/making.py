"""Makes the report of whatever has a name: a run, a comparison, an experiment, a race or a sweep."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from evaluation.exports.source import Source, find_source
from evaluation.formatting import counted
from evaluation.reports.documents import (
    comparison_report,
    experiment_report,
    run_report,
    search_reports,
    sheets,
)
from evaluation.reports.documents.cases import AnswersOf, CaseRoom, answers_of_comparison, case_table
from evaluation.reports.documents.opening import with_opening
from evaluation.reports.documents.report import Report, Section, Sheet, Subject, in_order
from evaluation.reports.documents.words import words_section
from evaluation.results.comparisons import ComparisonResult
from evaluation.results.runs import RunResult
from evaluation.run_results.experiment_result import experiment_result
from evaluation.run_results.race_result import race_result
from evaluation.run_results.run_result import run_result
from evaluation.run_results.sweep_result import sweep_outcome
from evaluation.store.comparisons import find_comparison
from evaluation.store.experiments import find_experiment
from evaluation.store.search_runs import search_kind
from evaluation.store.session import Store
from evaluation.version import code_version


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """What differs between the reports of different subjects."""

    subject: Subject
    title: str
    about: str
    question: str
    sentences: Sequence[str]
    sections: Sequence[Section]
    answers: tuple[AnswersOf, ...]
    sheets: Sequence[Sheet]


def find_report(store: Store, name: str, room: CaseRoom) -> Report:
    """Return the report of what has this name, as `find_source` finds it.

    Args:
        store: The results.
        name: The name of an experiment, or the id of a run, an experiment or a comparison, or its beginning; `last`.
        room: How many cases are shown side by side.

    Raises:
        UnknownNameError: nothing has that name.
        ConfigurationError: several have, or an experiment has no runs.
    """
    return make_report(store, find_source(store, name), room)


def make_report(store: Store, source: Source, room: CaseRoom) -> Report:
    """Return the report of a run, an experiment or a comparison that was found."""
    content = _content(store, source)
    answer, *further = content.sentences or ("There is nothing to tell.",)
    return Report(
        subject=content.subject,
        title=content.title,
        about=content.about,
        question=content.question,
        answer=answer,
        further=tuple(further),
        sections=in_order([*content.sections, words_section(content.sections)]),
        cases=case_table(store, content.answers, room),
        sheets=tuple(content.sheets),
        made_at=datetime.now(UTC),
        code_version=code_version(),
    )


def _content(store: Store, source: Source) -> _Content:
    if source.comparison_id is not None:
        return _of_comparison(find_comparison(store, source.comparison_id).result, store)
    if source.experiment_id is not None:
        return _of_experiment(store, source.experiment_id)
    (run_id,) = source.run_ids
    match search_kind(store, run_id):
        case "race":
            return _of_race(store, run_id)
        case "sweep":
            return _of_sweep(store, run_id)
        case _:
            return _of_run(store, run_result(store, run_id))


def _about_run(run: RunResult) -> str:
    return (
        f"Run {run.run_id} · {run.status} · {counted(len(run.candidates), 'candidate')} · "
        f"{counted(run.n_cases, 'case')}"
    )


def _of_run(store: Store, run: RunResult) -> _Content:
    compared = run_report.compared_pairs(store, run)
    return _Content(
        subject=Subject.RUN,
        title=run.benchmark,
        about=_about_run(run),
        question=run_report.question_of_run(store, run),
        sentences=run_report.answer_of_run(store, run, compared),
        sections=run_report.run_sections(store, run, compared),
        answers=(AnswersOf(run_id=run.run_id, names=()),),
        sheets=sheets.run_sheets(store, [run], [] if compared is None else [compared]),
    )


def _of_comparison(result: ComparisonResult, store: Store) -> _Content:
    runs = [run_result(store, run_id) for run_id in result.run_ids]
    return _Content(
        subject=Subject.COMPARISON,
        title=result.benchmark,
        about=f"Comparison {result.comparison_id} · {counted(len(result.sides), 'side')}"
        + (f" by {result.by}" if result.by else ""),
        question=comparison_report.question_of_comparison(store, result),
        sentences=with_opening(result, list(result.sentences)),
        sections=comparison_report.comparison_sections(result),
        answers=answers_of_comparison(result),
        sheets=sheets.run_sheets(store, runs, [result]),
    )


def _of_experiment(store: Store, experiment_id: str) -> _Content:
    result = experiment_result(store, find_experiment(store, experiment_id).name)
    newest = find_comparison(store, result.comparisons[-1].comparison_id).result if result.comparisons else None
    runs = [run_result(store, run_id) for run_id in result.facts.run_ids]
    in_full = runs[::-1][: experiment_report.MOST_RUNS]
    compared = [find_comparison(store, each.comparison_id).result for each in result.comparisons]
    return _Content(
        subject=Subject.EXPERIMENT,
        title=result.facts.name,
        about=f"Experiment {result.facts.experiment_id} · {counted(len(runs), 'run')} · "
        f"{counted(len(result.comparisons), 'comparison')}",
        question=experiment_report.question_of_experiment(result),
        sentences=experiment_report.answer_of_experiment(store, newest, in_full),
        sections=experiment_report.experiment_sections(store, result, newest, in_full),
        answers=answers_of_comparison(newest) if newest is not None else _only_run(runs),
        sheets=[*sheets.experiment_sheets(result), *sheets.run_sheets(store, runs, compared)],
    )


def _only_run(runs: Sequence[RunResult]) -> tuple[AnswersOf, ...]:
    return (AnswersOf(run_id=runs[0].run_id, names=()),) if len(runs) == 1 else ()


def _of_race(store: Store, run_id: str) -> _Content:
    run = run_result(store, run_id)
    race = race_result(store, run.invocation_id).race
    return _Content(
        subject=Subject.RACE,
        title=run.benchmark,
        about=f"Race · {_about_run(run)}",
        question=search_reports.question_of_race(run),
        sentences=search_reports.answer_of_race(race),
        sections=[*search_reports.race_sections(store, race, run), *run_report.appendix_of_run(run)],
        answers=(AnswersOf(run_id=run_id, names=()),),
        sheets=[*sheets.race_sheets(race), *sheets.run_sheets(store, [run], [])],
    )


def _of_sweep(store: Store, run_id: str) -> _Content:
    run = run_result(store, run_id)
    sweep = sweep_outcome(store, run.invocation_id)
    return _Content(
        subject=Subject.SWEEP,
        title=run.benchmark,
        about=f"Sweep · {_about_run(run)}",
        question=search_reports.question_of_sweep(sweep),
        sentences=search_reports.answer_of_sweep(sweep),
        sections=[*search_reports.sweep_sections(store, sweep, run), *run_report.appendix_of_run(run)],
        answers=(AnswersOf(run_id=run_id, names=()),),
        sheets=[*sheets.sweep_sheets(sweep), *sheets.run_sheets(store, [run], [])],
    )
