"""How the last answers came about, for whoever asks why; and what can be said of an answer alone."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from threading import Lock

from evaluation.formatting import quantity, quantity_interval
from selection.answers import Expected, Ranked, Recommendation
from selection.choosing.measured_quality import why_expected

MOST_REMEMBERED = 256


class AnswerMemory:
    """How to explain the last answers, by the id of their recommendation; safe to use from several threads.

    What is kept is not the choice with all its candidates, but what it was made from: hundreds of choices that outlive
    their question would keep the garbage collector busy for longer than a question takes.
    """

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._lock = Lock()
        self._explain: OrderedDict[str, Callable[[], str]] = OrderedDict()

    def keep(self, recommendation_id: str, explain: "Callable[[], str]") -> None:
        """Remembers how an answer is explained, and forgets the oldest of too many."""
        with self._lock:
            self._explain[recommendation_id] = explain
            while len(self._explain) > self._most:
                self._explain.popitem(last=False)

    def find(self, recommendation_id: str) -> "Callable[[], str] | None":
        """How it is explained; None where it is forgotten, or was answered in another process."""
        with self._lock:
            return self._explain.get(recommendation_id)


def text_of(found: Recommendation) -> str:
    """The reason, then a line for every candidate that was left, for every one that was ruled out, and every note."""
    return "\n".join([found.reason, *_alternatives(found), *_removed(found), *(f"Note: {one}." for one in found.notes)])


def _alternatives(found: Recommendation) -> Iterator[str]:
    if found.alternatives:
        yield "The others, the best first:"
    for one in found.alternatives:
        marks = ", ".join(word for word, holds in (("tied", one.is_tied), ("Pareto", one.is_pareto)) if holds)
        yield f"  {one.candidate.label}: {', '.join(_numbers(one))}{f' ({marks})' if marks else ''}"


def _numbers(one: Ranked) -> Iterator[str]:
    if one.measured is not None:
        yield f"measured {quantity(one.measured.value)}"
    why = why_expected(one.adjustments, of_tasks=bool(one.measured and one.measured.over_tasks), is_fraction=False)
    yield f"quality {_shown(one.quality)} expected" + (f" ({why})" if why else "")
    for expected, unit in ((one.cost_per_1k, "USD for 1,000"), (one.energy_j, "J"), (one.latency_s, "s")):
        if expected is not None:
            yield f"{_shown(expected)} {unit}"
    if one.memory_gb is not None:
        yield f"{quantity(one.memory_gb)} GB"


def _shown(expected: Expected) -> str:
    interval = (
        "" if expected.low is None or expected.high is None else f" {quantity_interval(expected.low, expected.high)}"
    )
    return f"{quantity(expected.value)}{interval}"


def _removed(found: Recommendation) -> Iterator[str]:
    if found.removed:
        yield "Ruled out:"
    for one in found.removed:
        yield f"  {one.candidate.label}: {one.constraint}, {one.reason}"
