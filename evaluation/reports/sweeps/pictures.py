"""A sweep in pictures: its combinations, and the values of each parameter that makes a difference."""

from evaluation.pictures.interval_plots import Row, draw_interval_plots
from evaluation.pictures.numbers import PlottedNumber, plotted_number
from evaluation.reports.album import Picture
from evaluation.reports.sweeps.words import level_words, mean_words, words_of
from evaluation.results.estimates import shown_estimate
from evaluation.results.sweeps import SweptMetric


def combination_picture(metric: SweptMetric) -> Picture | None:
    """Return every combination with its interval, best first; None where none has a score."""
    rows = [
        Row(
            label=words_of(combination.combination),
            known=number,
            said=shown_estimate(number),
            kind="mark" if combination.may_be_best else "plain",
        )
        for combination in metric.combinations
        if (number := plotted_number(combination)) is not None
    ]
    if not rows:
        return None
    svg = draw_interval_plots(
        rows,
        title=f"{metric.metric} of each combination",
        x_title=f"{metric.metric}, 95 % interval over {metric.unit}s",
        about="Filled: may be the best, as far as the evidence goes.",
    )
    return Picture(svg=svg, said="Every combination with its interval, those that may be the best filled")


def level_picture(metric: SweptMetric) -> Picture | None:
    """Return the values of the parameters that make a difference, each with its mean over all else.

    None without such.
    """
    rows = [
        Row(
            label=f"{effect.name} {level_words(level)}",
            known=PlottedNumber(value=level.value, low=level.value_low, high=level.value_high),
            said=mean_words(level),
            kind="mark" if level.may_be_best else "plain",
        )
        for effect in metric.effects
        if effect.is_shown
        for level in effect.levels
    ]
    if not rows:
        return None
    svg = draw_interval_plots(
        rows,
        title=f"{metric.metric} by parameter value, averaged over all else",
        x_title=f"{metric.metric}, mean over all other parameters",
        about="Filled: may be the best value of its parameter.",
    )
    return Picture(svg=svg, said="The values of the parameters that make a difference, with their intervals")
