"""The report of a sweep as one page of Markdown."""

from collections.abc import Sequence

from evaluation.charts.chart import IntervalChart, IntervalRow, PlottedNumber, plotted_number
from evaluation.charts.kinds import Chart
from evaluation.escaping import for_markdown
from evaluation.reports.markdown_tables import markdown_table
from evaluation.reports.page_pictures import Album
from evaluation.reports.sweeps.findings import other_metric_lines, sweep_sentences
from evaluation.reports.sweeps.tables import caption, combination_rows, effect_rows, level_rows
from evaluation.reports.sweeps.wording import level_words, mean_words, words_of
from evaluation.results.estimates import shown_estimate
from evaluation.results.sweeps import SweepResult, SweptMetric


def combination_chart(metric: SweptMetric) -> IntervalChart | None:
    """Return a chart of every combination with its interval, best first; None where none has a score."""
    rows = [
        IntervalRow(
            label=words_of(combination.combination),
            number=number,
            shown=shown_estimate(number),
            kind="mark" if combination.may_be_best else "plain",
        )
        for combination in metric.combinations
        if (number := plotted_number(combination)) is not None
    ]
    if not rows:
        return None
    return IntervalChart(
        title=f"{metric.metric} of each combination",
        description="Every combination with its interval, those that may be the best filled",
        rows=tuple(rows),
        x_title=f"{metric.metric}, 95 % interval over {metric.unit}s",
        subtitle="Filled: may be the best, as far as the evidence goes.",
    )


def level_chart(metric: SweptMetric, *, all_parameters: bool = False) -> IntervalChart | None:
    """Return a chart of the values of parameters, each with its mean over all else; None where there is no parameter.

    Args:
        metric: A metric of the sweep.
        all_parameters: Whether those without a difference are shown too.
    """
    rows = [
        IntervalRow(
            label=f"{effect.name} {level_words(level)}",
            number=PlottedNumber(value=level.value, low=level.value_low, high=level.value_high),
            shown=mean_words(level),
            kind="mark" if effect.is_shown and level.may_be_best else "plain",
        )
        for effect in metric.effects
        if all_parameters or effect.is_shown
        for level in effect.levels
    ]
    if not rows:
        return None
    return IntervalChart(
        title=f"{metric.metric} by parameter value, averaged over all else",
        description="The values of every parameter with their intervals"
        if all_parameters
        else "The values of the parameters that make a difference, with their intervals",
        rows=tuple(rows),
        x_title=f"{metric.metric}, mean over all other parameters",
        subtitle="Filled: may be the best value, where the parameter makes a difference."
        if all_parameters
        else "Filled: may be the best value of its parameter.",
    )


def sweep_as_markdown(sweep: SweepResult, *, charts: Sequence[Chart | None] = (), links: str = "") -> str:
    """Return the whole report of a sweep as one page.

    Args:
        sweep: As it is stored.
        charts: Charts to show besides its own.
        links: Markdown links to what belongs to it.
    """
    parts = [f"# Sweep on {for_markdown(sweep.benchmark)}", for_markdown(caption(sweep)) + "."]
    parts += [for_markdown(sentence) for sentence in sweep_sentences(sweep)]
    parts += [links] if links else []
    album = Album()
    for chart in (*_own_charts(sweep), *charts):
        parts += album.show(chart)
    parts += album.remark()
    for title, rows in _tables(sweep):
        if rows:
            parts += [f"## {title}", markdown_table(rows)]
    parts += [for_markdown(line) for line in other_metric_lines(sweep)]
    parts.append(f"Run `{sweep.run_id}`.")
    return album.placed("\n\n".join(parts) + "\n")


def _own_charts(sweep: SweepResult) -> list[IntervalChart | None]:
    metrics = sweep.metrics[:1]
    return [chart for metric in metrics for chart in (level_chart(metric), combination_chart(metric))]


def _tables(sweep: SweepResult) -> list[tuple[str, list[dict[str, str]]]]:
    if not sweep.metrics:
        return []
    metric = sweep.metrics[0]
    return [
        ("Parameters", effect_rows(metric)),
        ("Values", level_rows(metric)),
        ("Combinations", combination_rows(metric, limit=50)),
    ]
