"""Questions of benchmarks to search in, kept in memory while people search."""

import threading
from dataclasses import dataclass
from typing import NamedTuple

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


class _Questions(NamedTuple):
    cases: tuple[SearchedCase, ...]
    n_characters: int


class QuestionsInUse:
    """Questions of the benchmarks that people search in, those of the last ones."""

    def __init__(self, *, most_characters: int = _MOST_CHARACTERS) -> None:
        self._lock, self._most_characters = threading.Lock(), most_characters
        self._kept: dict[tuple[str, str], _Questions] = {}
        self._readings = SharedReadings()

    def get(self, store: Store, version: str) -> tuple[SearchedCase, ...]:
        """Return the cases of a version of a benchmark, which never changes."""
        key = (store.url, version)

        def read() -> _Questions:
            """Return what somebody has kept meanwhile, else read it, and keep it while others still wait for it."""
            questions = self._kept.get(key) or _read(store, version)
            self._keep(key, questions)
            return questions

        questions = self._kept.get(key)
        if questions is None:
            return self._readings.get(key, read).cases
        self._keep(key, questions)
        return questions.cases

    def _keep(self, key: tuple[str, str], questions: _Questions) -> None:
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = questions
            while sum(each.n_characters for each in self._kept.values()) > self._most_characters:
                del self._kept[next(iter(self._kept))]


def _read(store: Store, version: str) -> _Questions:
    cases = tuple(map(_searched, iterate_cases(store, version)))
    return _Questions(cases, sum(len(case.text) for case in cases))


def _searched(case: Case) -> SearchedCase:
    parts = (case.case_id, question_of(case), *case.references, *case.context)
    return SearchedCase(case.case_id, "\0".join(parts).casefold(), case.tags)


def question_of(case: Case) -> str:
    """Return the question of a case, or the last message of its conversation."""
    return case.prompt or (case.messages[-1].content if case.messages else "")
