"""The report of an experiment: its question, what its comparisons found, and its runs."""

from collections.abc import Sequence

from evaluation.formatting import counted
from evaluation.reports.documents.comparison_report import comparison_sections
from evaluation.reports.documents.opening import with_opening
from evaluation.reports.documents.report import Part, Section, text_table
from evaluation.reports.documents.run_report import answer_of_run, compared_pairs, run_sections
from evaluation.results.comparisons import ComparisonResult
from evaluation.results.estimates import shown_estimate
from evaluation.results.experiments import ExperimentResult, ExperimentRun
from evaluation.results.runs import RunResult
from evaluation.store.session import Store

MOST_RUNS = 6
"""Runs that are shown in full, the newest of each benchmark first; the table names all."""
NOT_COMPARED = "Its runs were not compared with each other, so that between them nothing is shown to be better."


def question_of_experiment(result: ExperimentResult) -> str:
    """Return the question of an experiment; that it has none where it has none."""
    return result.facts.question or f"What did the runs of {result.facts.name} find?"


def answer_of_experiment(store: Store, newest: ComparisonResult | None, runs: Sequence[RunResult]) -> list[str]:
    """Return what the newest comparison found, else the verdict of each run."""
    if newest is not None:
        return with_opening(newest, list(newest.sentences))
    answers = [answer_of_run(store, run, compared_pairs(store, run))[0] for run in runs]
    of_runs = [f"{run.benchmark}, run {run.run_id[:8]}: {answer}" for run, answer in zip(runs, answers, strict=True)]
    return of_runs if len(of_runs) == 1 else [NOT_COMPARED, *of_runs]


def experiment_sections(
    store: Store, result: ExperimentResult, newest: ComparisonResult | None, runs: Sequence[RunResult]
) -> list[Section]:
    """Return all sections about an experiment.

    Args:
        store: The results.
        result: The experiment.
        newest: Its newest comparison.
        runs: Those that are shown in full.
    """
    left = len(result.runs) - len(runs)
    compared = [] if newest is None else comparison_sections(newest)
    in_full = [
        section
        for run in runs
        for section in run_sections(
            store,
            run,
            compared_pairs(store, run) if newest is None else None,
            of=f" · {run.benchmark} {run.run_id[:8]}",
        )
    ]
    return [
        Section(
            part=Part.EVIDENCE,
            title="Runs",
            lines=(result.facts.description,) if result.facts.description else (),
            tables=text_table([_run_row(run) for run in reversed(result.runs)]),
            after=(
                "The highest mean is no verdict; a comparison says who is better.",
                *([f"{counted(left, 'older run')} in this table alone."] if left else []),
            ),
        ),
        Section(part=Part.EVIDENCE, title="Comparisons", tables=text_table(_comparison_rows(result))),
        *compared,
        *in_full,
        Section(part=Part.APPENDIX, title="Notes", lines=tuple(f"{n.author}: {n.text}" for n in result.annotations)),
    ]


def _run_row(run: ExperimentRun) -> dict[str, str]:
    highest = "–" if run.highest is None else f"{run.highest.label}: {run.headline} {shown_estimate(run.highest)}"
    return {
        "run": run.run_id[:8],
        "status": str(run.status),
        "benchmark": run.benchmark,
        "highest mean": highest,
        "cases": f"{run.n_cases:,}",
        "begun": "–" if run.started_at is None else f"{run.started_at:%Y-%m-%d %H:%M}",
    }


def _comparison_rows(result: ExperimentResult) -> list[dict[str, str]]:
    return [
        {
            "comparison": each.comparison_id[:8],
            "benchmark": each.benchmark,
            "finding": each.sentence or "–",
            "made": f"{each.created_at:%Y-%m-%d %H:%M}",
        }
        for each in reversed(result.comparisons)
    ]
