"""Reported outcomes of a candidate, in words, beside its expected quality."""

from collections.abc import Iterator

from evaluation.formatting import counted, p_value, percent
from selection.answers import Reported
from selection.choosing.choice_types import Choice
from selection.choosing.number_words import quality

FEW_OUTCOMES = 6
"""Number of outcomes below which they are not mentioned: they say next to nothing."""


def reported_notes(choice: Choice, reported: Reported | None) -> tuple[str, ...]:
    """Return how often it was useful, and how good; empty where next to nothing was reported."""
    if reported is None or choice.chosen is None or reported.n_outcomes < FEW_OUTCOMES:
        return ()
    return (f"of {_when(choice, reported)}, {' and '.join(_parts(reported))}, as reported",)


def contradiction_lines(choice: Choice, reported: Reported | None) -> tuple[str, ...]:
    """Return a warning where outcomes are worse than the reported quality, beyond chance."""
    if reported is None or choice.chosen is None or not reported.contradicts or reported.p_value is None:
        return ()
    return (
        f"Reported outcomes contradict this ({p_value(reported.p_value)}): of {_when(choice, reported)}, "
        f"{' and '.join(_parts(reported))}. Evaluate on what is asked now, then retrain.",
    )


def _when(choice: Choice, reported: Reported) -> str:
    label = choice.chosen.label if choice.chosen else ""
    task = choice.question.task or "no task in particular"
    return f"the last {counted(reported.n_outcomes, 'time')} {label} was used for {task}"


def _parts(reported: Reported) -> Iterator[str]:
    if reported.ok_share is not None:
        of = "" if reported.n_ok_known == reported.n_outcomes else f" of the {reported.n_ok_known:,} that say so"
        yield f"{percent(reported.ok_share)}{of} were useful"
    if reported.quality is not None:
        yield f"the mean quality was {quality(reported.quality, is_fraction=True)}"
