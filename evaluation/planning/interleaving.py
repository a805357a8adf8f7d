"""Interleaving of candidates of one loaded model: case by case in turn, each first equally often.

A server caches prompts that it has read, so the second candidate asked a case gets its first token sooner; a server
also warms up and slows down over time. Asking the candidates one after the other would bias the comparison by both.
The cycle is traversed forwards and backwards, so that of two candidates each follows the other equally often, also
among the cases that a third one was asked first.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from evaluation.planning.plan import PlannedCandidate

Place = tuple[int, str, int]
"""Position of a case in its benchmark, its id, and a repeat from 0."""


def group_by_run(planned: Sequence[PlannedCandidate]) -> list[tuple[PlannedCandidate, ...]]:
    """Group the candidates by run: those of one run are asked the same cases in turn."""
    by_run: dict[str, list[PlannedCandidate]] = {}
    for item in planned:
        by_run.setdefault(item.run_id, []).append(item)
    return [tuple(items) for items in by_run.values()]


@dataclass(slots=True, kw_only=True)
class Turns:
    """The order in which candidates are asked. The first candidate advances by one with every case and every repeat.

    Each time that all have been first, the others follow in the opposite direction.
    """

    n_candidates: int
    n_cases_before: int = 0
    """Cases of the run asked before these, or to be asked, so that work in many short parts continues the rotation."""

    def interleave(self, missing: Sequence[Sequence[Place]]) -> Iterator[tuple[int, str, int]]:
        """Yield (number of the candidate, case id, repeat) in the order in which they are asked.

        Args:
            missing: By candidate, what it has yet to be asked, of cases after those of the last call.
        """
        by_case: defaultdict[tuple[int, str, int], set[int]] = defaultdict(set)
        for number, places in enumerate(missing):
            for place in places:
                by_case[place].add(number)
        for position, of_case in groupby(sorted(by_case), key=lambda place: place[0]):
            for _, case_id, repeat in of_case:
                rounds, first = divmod(self.n_cases_before + repeat, self.n_candidates)
                way = 1 if rounds % 2 == 0 else -1
                for step in range(self.n_candidates):
                    if (number := (first + way * step) % self.n_candidates) in by_case[position, case_id, repeat]:
                        yield number, case_id, repeat
            self.n_cases_before += 1
