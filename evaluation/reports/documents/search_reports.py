"""The reports of races and sweeps: which candidate or which values are the best, and what that rests on."""

from evaluation.formatting import counted, listed, precise
from evaluation.reports.documents.report import Part, Section, shown, text_table
from evaluation.reports.documents.run_report import SAMPLE, failures_section
from evaluation.reports.races.page import (
    NOT_OVER,
    cost_line,
    decision_lines,
    departure_lines,
    ranking_rows,
    rule_line,
    standings,
)
from evaluation.reports.sweeps.findings import other_metric_lines, sweep_sentences
from evaluation.reports.sweeps.page import combination_chart, level_chart
from evaluation.reports.sweeps.tables import caption, combination_rows, effect_rows, level_rows
from evaluation.results.races import Race, RaceOutcomeResult
from evaluation.results.runs import RunResult
from evaluation.results.sweeps import SweepResult
from evaluation.store.session import Store

COMBINATIONS = 200
"""Most combinations of a sweep in its table; the sheet of Excel has all."""


def question_of_race(run: RunResult) -> str:
    """Return what a race asks."""
    return f"Which of {counted(len(run.candidates), 'candidate')} is the best on {run.benchmark}, found with few calls?"


def answer_of_race(race: Race) -> list[str]:
    """Return the outcome of a race."""
    return [race.outcome.sentence or NOT_OVER]


def race_sections(store: Store, race: Race, run: RunResult) -> list[Section]:
    """Return the sections about a race itself; those about its run stand beside them."""
    outcome = race.outcome
    cost = [f"{cost_line(outcome)}."] if isinstance(outcome, RaceOutcomeResult) else []
    return [
        Section(
            part=Part.EVIDENCE,
            title="Ranking",
            tables=text_table(ranking_rows(race)),
            after=tuple(cost),
            charts=shown(standings(race)),
        ),
        failures_section(store, run),
        Section(
            part=Part.LIMITS,
            title="",
            lines=(
                "A candidate that left early was asked fewer cases, so scores have no intervals here: those of losers "
                "would be biased downwards. Who left was decided on the cases that it shared with the others.",
                SAMPLE,
            ),
        ),
        Section(
            part=Part.METHOD,
            title="",
            lines=(
                f"{rule_line(race)}.",
                f"Benchmark {race.benchmark}, version {run.benchmark_version[:12]}; seed {run.seed}; run "
                f"{race.run_id}, with version {run.code_version} of Benchwright.",
            ),
        ),
        Section(part=Part.APPENDIX, title="Looks", lines=tuple(decision_lines(race))),
        Section(part=Part.APPENDIX, title="Why each candidate left", lines=tuple(departure_lines(race))),
    ]


def question_of_sweep(sweep: SweepResult) -> str:
    """Return what a sweep asks."""
    return f"Which values of {listed(list(sweep.parameters))} are the best on {sweep.benchmark}?"


def sweep_sections(store: Store, sweep: SweepResult, run: RunResult) -> list[Section]:
    """Return the sections about a sweep itself; those about its run stand beside them."""
    sections = [
        failures_section(store, run),
        Section(part=Part.EVIDENCE, title="The other metrics", lines=tuple(other_metric_lines(sweep))),
        Section(part=Part.LIMITS, title="", lines=(*_limits(sweep), SAMPLE)),
        Section(
            part=Part.METHOD,
            title="",
            lines=(
                f"{caption(sweep)}.",
                *_tests(sweep),
                f"Benchmark {sweep.benchmark}, version {sweep.benchmark_version[:12]}; run {sweep.run_id}, with "
                f"version {run.code_version} of Benchwright.",
            ),
        ),
    ]
    if not sweep.metrics:
        return sections
    metric = sweep.metrics[0]
    left = len(metric.combinations) - COMBINATIONS
    return [
        Section(
            part=Part.EVIDENCE,
            title="Parameters",
            tables=text_table(effect_rows(metric)),
            charts=shown(level_chart(metric)),
        ),
        Section(part=Part.EVIDENCE, title="Values", tables=text_table(level_rows(metric))),
        Section(
            part=Part.EVIDENCE,
            title="Combinations, best first",
            tables=text_table(combination_rows(metric, limit=COMBINATIONS)),
            after=(f"{counted(left, 'more combination')} in the Excel report.",) if left > 0 else (),
            charts=shown(combination_chart(metric)),
        ),
        *sections,
    ]


def _limits(sweep: SweepResult) -> list[str]:
    return [*(note for metric in sweep.metrics[:1] for note in metric.notes), *sweep.as_asked]


def _tests(sweep: SweepResult) -> list[str]:
    """Return what the effects were tested on."""
    return [
        f"{metric.metric}: effects and trends tested over {counted(metric.n_units, metric.unit)}, p adjusted by Holm "
        f"over the parameters; intervals of {precise(100 * metric.confidence_level)} %. A value “may be the best” "
        "unless it is shown to be worse than another."
        for metric in sweep.metrics[:1]
    ]


def answer_of_sweep(sweep: SweepResult) -> list[str]:
    """Return the findings of a sweep, the most important first."""
    return sweep_sentences(sweep)
