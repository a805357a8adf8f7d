"""Memory of how the last answers were made, for explanations; and the text of an answer alone."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from threading import Lock

from evaluation.errors import as_sentence
from evaluation.formatting import quantity, quantity_interval
from selection.answers import Expected, Ranked, Recommendation
from selection.choosing.measured_quality import why_expected
from selection.choosing.number_words import OUTLAYS, outlay

MOST_REMEMBERED = 256
MOST_CHARACTERS = 8_000_000
"""Characters of prompts that are kept for explanations."""


class AnswerMemory:
    """Explanations of the last answers, by recommendation id. Thread-safe.

    It keeps not the choice with all its candidates, but what it was made from: hundreds of choices that outlive their
    question would keep the garbage collector busy for longer than a question takes.
    """

    def __init__(self, most: int = MOST_REMEMBERED, most_characters: int = MOST_CHARACTERS) -> None:
        self._most, self._most_characters = most, most_characters
        self._lock = Lock()
        self._explain: OrderedDict[str, tuple[Callable[[], str], int]] = OrderedDict()
        self._n_characters = 0

    def keep(self, recommendation_id: str, explain: Callable[[], str], *, n_characters: int = 0) -> None:
        """Store how to explain an answer, and drop the oldest of too many or too long ones.

        Args:
            recommendation_id: Whose answer it is.
            explain: Explains it.
            n_characters: Characters of the prompt that `explain` holds.
        """
        with self._lock:
            _, n_before = self._explain.pop(recommendation_id, (None, 0))
            self._explain[recommendation_id] = explain, n_characters
            self._n_characters += n_characters - n_before
            while len(self._explain) > self._most or self._n_characters > self._most_characters:
                _, (_, n_dropped) = self._explain.popitem(last=False)
                self._n_characters -= n_dropped

    def find(self, recommendation_id: str) -> Callable[[], str] | None:
        """Return how to explain it; None where it was dropped, or was answered in another process."""
        with self._lock:
            explain, _ = self._explain.get(recommendation_id, (None, 0))
            return explain


def text_of(recommendation: Recommendation) -> str:
    """Return the reason, a line for every remaining and every excluded candidate, and the notes."""
    return "\n".join(
        [
            recommendation.reason,
            *_alternatives(recommendation),
            *_removed(recommendation),
            *(f"Note: {as_sentence(note)}" for note in recommendation.notes),
        ]
    )


def _alternatives(recommendation: Recommendation) -> Iterator[str]:
    if recommendation.alternatives:
        yield "The others, the best first:"
    for alternative in recommendation.alternatives:
        marks = ", ".join(
            word for word, holds in (("tied", alternative.is_tied), ("Pareto", alternative.is_pareto)) if holds
        )
        numbers = ", ".join(_numbers(alternative, recommendation.percentile))
        yield f"  {alternative.candidate.label}: {numbers}{f' ({marks})' if marks else ''}"


def _numbers(ranked: Ranked, percentile: float) -> Iterator[str]:
    if ranked.measured is not None:
        yield f"measured {quantity(ranked.measured.value)}"
    why = why_expected(
        ranked.adjustments, of_tasks=bool(ranked.measured and ranked.measured.over_tasks), is_fraction=False
    )
    yield f"quality {_shown(ranked.quality)} expected" + (f" ({why})" if why else "")
    for name in OUTLAYS:
        value = getattr(ranked, name)
        if value is not None:
            yield outlay(name, _shown(value) if isinstance(value, Expected) else quantity(value), percentile)


def _shown(expected: Expected) -> str:
    interval = (
        "" if expected.low is None or expected.high is None else f" {quantity_interval(expected.low, expected.high)}"
    )
    return f"{quantity(expected.value)}{interval}"


def _removed(recommendation: Recommendation) -> Iterator[str]:
    if recommendation.removed:
        yield "Ruled out:"
    for removal in recommendation.removed:
        yield f"  {removal.candidate.label}: {removal.constraint}, {removal.reason}"
