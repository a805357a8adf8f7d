"""The report of a comparison: who is better, and on which cases."""

from collections.abc import Iterator

from evaluation.charts.kinds import Chart
from evaluation.comparisons.preference_words import preference_lines, preference_rows
from evaluation.comparisons.sentences import FRACTION
from evaluation.errors import as_sentence
from evaluation.formatting import listed
from evaluation.reports.comparisons.charts import differences, side_latencies, sides_against_cost
from evaluation.reports.comparisons.tables import (
    AGREEING,
    dropped_lines,
    flip_line,
    flip_rows,
    gate_line,
    is_pair,
    matrix_rows,
    matrix_title,
    metric_rows,
    more_sides,
    note_lines,
    reading_lines,
    side_rows,
    side_source_rows,
    tail_lines,
    title,
    zero_lines,
)
from evaluation.reports.documents.opening import names_of
from evaluation.reports.documents.pair_columns import short_pair_rows
from evaluation.reports.documents.pair_limits import missing_evidence, tests_in_words
from evaluation.reports.documents.report import Part, Section, shown, text_table
from evaluation.reports.documents.run_report import COUNTED, SAMPLE
from evaluation.reports.runs.tables import shown_speed
from evaluation.results.comparisons import ComparisonResult, Flips, MetricComparisonResult
from evaluation.results.estimates import shown_estimate
from evaluation.store.experiments import find_experiment
from evaluation.store.session import Store

WIDEST_MATRIX = 8
"""Sides up to which tables have a column for each; the tables of pairs and of Excel have them in any case."""
MOST_METRICS = 40


def question_of_comparison(store: Store, result: ComparisonResult) -> str:
    """Return the question of the comparison's experiment, else the one that every comparison answers."""
    if result.experiment is not None and (question := find_experiment(store, result.experiment).question):
        return question
    labels = [side.label for side in result.sides]
    if is_pair(result):
        return f"Is {labels[0]} better or worse than {labels[1]} on {result.benchmark}?"
    if result.against is not None:
        others = names_of([label for label in labels if label != result.against])
        return f"Is any of {others} better than {result.against} on {result.benchmark}?"
    return f"Which is the best on {result.benchmark}: {names_of(labels)}?"


def comparison_sections(result: ComparisonResult) -> list[Section]:
    """Return all sections about a comparison."""
    return [
        *(_of_two(result) if is_pair(result) else _of_many(result)),
        *_preferences(result),
        Section(
            part=Part.LIMITS,
            title="",
            lines=(*missing_evidence(result), *dropped_lines(result), *zero_lines(result), *_unscored(result), SAMPLE),
        ),
        Section(part=Part.METHOD, title="", lines=tuple(_method(result))),
        Section(
            part=Part.APPENDIX,
            title="Sides and their sources",
            tables=text_table(side_source_rows(result)),
            after=tuple(tail_lines(result)),
        ),
        Section(part=Part.APPENDIX, title="Values with their 95 % intervals", tables=text_table(_values(result))),
        *(section for flips in result.flips for section in _flips(flips)),
    ]


def _values(result: ComparisonResult) -> list[dict[str, str]]:
    """Return the values of all sides, over the cases that all have."""
    return [
        {
            "metric": title(metric.metric),
            **{label: _shown(metric, label) for label in metric.order or [side.label for side in result.sides]},
        }
        for metric in result.metrics[:MOST_METRICS]
        if metric.values and len(result.sides) <= WIDEST_MATRIX
    ]


def _shown(metric: MetricComparisonResult, label: str) -> str:
    show = shown_estimate if metric.unit == FRACTION else shown_speed
    return show(metric.values.get(label))


def _of_two(result: ComparisonResult) -> Iterator[Section]:
    yield Section(
        part=Part.EVIDENCE,
        title="By metric",
        tables=text_table(metric_rows(result)),
        after=("* headline. Differences: the first side minus the second, on the same cases.", *reading_lines(result)),
        charts=_charts(result),
    )


def _of_many(result: ComparisonResult) -> Iterator[Section]:
    if not result.metrics:
        return
    headline = result.metrics[0]
    gates = [f"{headline.metric}: {gate}." for gate in [gate_line(headline)] if gate is not None]
    yield Section(
        part=Part.EVIDENCE,
        title="Sides, best first",
        tables=text_table(side_rows(result)),
        charts=_charts(result),
        after=(*more_sides(result), *gates, *headline.notes),
    )
    yield Section(
        part=Part.EVIDENCE,
        title=f"{title(headline.metric)}, pair by pair",
        tables=text_table(short_pair_rows(result, headline.metric)),
        after=(AGREEING, *reading_lines(result)),
    )
    if result.against is None and len(result.sides) <= WIDEST_MATRIX:
        yield Section(part=Part.APPENDIX, title=matrix_title(result), tables=text_table(matrix_rows(result)))


def _charts(result: ComparisonResult) -> tuple[Chart, ...]:
    return shown(differences(result), sides_against_cost(result), side_latencies(result))


def _preferences(result: ComparisonResult) -> Iterator[Section]:
    for preference in result.preferences:
        yield Section(
            part=Part.EVIDENCE,
            title=f"{preference.word}: who is preferred",
            tables=text_table(preference_rows(preference.ranking)),
            after=tuple(preference_lines(preference)),
        )


def _flips(flips: Flips) -> Iterator[Section]:
    line = flip_line(flips)
    if line is None:
        return
    sides = ((flips.better_a, flips.a, flips.n_better_a), (flips.better_b, flips.b, flips.n_better_b))
    for better, winner, n_better in sides:
        if better:
            yield Section(
                part=Part.APPENDIX,
                title=f"Better answered by {winner} than by {flips.b if winner == flips.a else flips.a}",
                lines=(f"{line}.",),
                tables=text_table(flip_rows(flips, better)),
                after=(f"The {len(better):,} clearest of {n_better:,}.",),
            )


def _unscored(result: ComparisonResult) -> list[str]:
    return [f"Without a score, and left out: {listed(result.unscored)}."] if result.unscored else []


def _method(result: ComparisonResult) -> list[str]:
    seeds = sorted({member.seed for side in result.sides for member in side.members})
    repeats = sorted({member.n_repeats for side in result.sides for member in side.members})
    margin = [f"Differences within {result.margin:g} do not matter, by the request."] if result.margin else []
    return [
        *tests_in_words(result),
        *margin,
        COUNTED,
        f"Benchmark {result.benchmark}, version {result.benchmark_version[:12]}; seeds {', '.join(map(str, seeds))}; "
        f"repeats of a case: {', '.join(map(str, repeats))}.",
        *map(as_sentence, note_lines(result)),
        f"Comparison {result.comparison_id} of runs {', '.join(result.run_ids)}, with version {result.code_version} of "
        "Benchwright.",
    ]
