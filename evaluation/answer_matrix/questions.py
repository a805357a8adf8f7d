"""Questions of benchmarks to search in, kept in memory while people search."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from evaluation.case import Case
from evaluation.shared_readings import SharedReadings
from evaluation.store.benchmarks import iterate_cases
from evaluation.store.session import Store

_MOST_CHARACTERS = 50_000_000
"""Characters that are kept of all benchmarks together; the questions of a longer one are read each time."""


@dataclass(frozen=True, slots=True)
class SearchedCase:
    """What of a case is searched in."""

    case_id: str
    text: str
    """All its texts, without regard to capital letters."""
    tags: tuple[str, ...]


class QuestionsInUse:
    """Questions of the benchmarks that people search in, those of the last ones."""

    def __init__(self, *, most_characters: int = _MOST_CHARACTERS) -> None:
        self._lock, self._most_characters = threading.Lock(), most_characters
        self._kept: dict[tuple[str, str], tuple[SearchedCase, ...]] = {}
        self._n_characters: dict[tuple[str, str], int] = {}
        self._readings = SharedReadings()

    def get(self, store: Store, version: str) -> tuple[SearchedCase, ...]:
        """Return the cases of a version of a benchmark, which never changes."""
        key = (store.url, version)
        cases = self._kept.get(key) or self._readings.get(key, lambda: tuple(_read(store, version)))
        with self._lock:
            if self._kept.pop(key, None) is None:
                self._n_characters[key] = sum(len(case.text) for case in cases)
            self._kept[key] = cases
            while sum(self._n_characters.values()) > self._most_characters:
                oldest = next(iter(self._kept))
                del self._kept[oldest], self._n_characters[oldest]
        return cases


def _read(store: Store, version: str) -> Iterator[SearchedCase]:
    for case in iterate_cases(store, version):
        parts = (case.case_id, question_of(case), *case.references, *case.context)
        yield SearchedCase(case.case_id, "\0".join(parts).casefold(), case.tags)


def question_of(case: Case) -> str:
    """Return the question of a case, or the last message of its conversation."""
    return case.prompt or (case.messages[-1].content if case.messages else "")
