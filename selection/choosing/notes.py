"""Notes for the reader of a choice: thin evidence, missing facts."""

import math
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from evaluation.formatting import counted, listed
from selection.choosing.expectations import Facts, tail_is_unseen
from selection.choosing.number_words import MOST_NAMED, ordinal
from selection.scoreboard import Scoreboard, TaskStanding
from selection.scoreboards.contrasts import MIN_PAIRS

FEW_CASES = 30
FEW_FAMILIES = 10
"""Number of families below which a note says that an expectation rests on little."""


def too_little(scoreboard: Scoreboard, task: str | None, standing: TaskStanding | None, min_cases: int) -> str:
    """Return why the evidence on the task is too little for a choice, with the tasks that have enough."""
    if not scoreboard.candidates:
        return "nothing was measured yet: no candidate is known"
    if standing is not None and standing.n_cases:
        most = most_cases(standing)
        where = "any task" if task is None else f"the task {task!r}"
        return f"no candidate was measured on {min_cases} cases of {where}; the most is {counted(most, 'case')}"
    measured_tasks = sorted(scoreboard.standings)
    if task is None or not measured_tasks:
        return "no task was measured yet"
    close = get_close_matches(task, measured_tasks, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"nothing was measured on a task {task!r}; {hint}measured: {listed(measured_tasks, 40)}"


def most_cases(standing: TaskStanding) -> int:
    """Return the number of cases of the candidate measured on most."""
    return int(standing.n_measured.max(initial=0))


def notes_on(
    labels: Sequence[str],
    facts: Facts,
    *,
    named: int,
    n_families: int,
    timed: Sequence[int],
    unknown: Mapping[str, Sequence[int]],
    first: int,
    apart: Sequence[int],
    programs: Sequence[int] = (),
    imputed: str | None = None,
) -> tuple[str, ...]:
    """Return the notes on a choice; all positions are those of `labels`.

    Args:
        labels: Of all candidates.
        facts: Their numbers.
        named: Who is named.
        n_families: How many families were behind it.
        timed: Those whose latency matters.
        unknown: Of whom a thing that was given a weight is not known.
        first: The one with the highest utility.
        apart: Those that have too little in common with it.
        programs: Those that are ahead of the model that is named, or cannot be told from the best.
        imputed: That the named one was not asked all cases.
    """
    notes = _thin(labels[named], facts.n_measured[named], n_families)
    if imputed is not None:
        notes.append(imputed)
    if unseen := [f"{labels[i]} ({facts.n_timed[i]})" for i in timed if tail_is_unseen(facts, i)]:
        needed = math.ceil(round(1 / (1 - facts.percentile), 6))
        notes.append(
            f"too few answers for the tail of the latency: the {ordinal(facts.percentile)} needs {needed} timed "
            f"answers; there are fewer for {listed(unseen, MOST_NAMED)}"
        )
    notes += _cached(labels, facts, timed)
    for thing, places in unknown.items():
        names = listed([labels[i] for i in places], MOST_NAMED)
        notes.append(f"the {thing} of {names} is not known and counts as the worst of the others'")
    if programs:
        names = listed([labels[i] for i in programs], MOST_NAMED)
        verb = "is a program that does" if len(programs) == 1 else "are programs that do"
        notes.append(f"{names} {verb} as well here as far as can be told: {labels[named]} has not earned its place yet")
    if apart:
        names = listed([labels[i] for i in apart], MOST_NAMED)
        notes.append(
            f"too few cases in common with {labels[first]} for a comparison (fewer than {MIN_PAIRS} independent "
            f"ones): {names}"
        )
    return tuple(notes)


def _cached(labels: Sequence[str], facts: Facts, timed: Sequence[int]) -> list[str]:
    """Return the note on answers without a timing, since a repeated prompt is answered sooner."""
    some = [i for i in timed if facts.n_cached[i]]
    if not some:
        return []
    shares = [f"{labels[i]} ({facts.n_cached[i]} of {facts.n_cached[i] + facts.n_timed[i]})" for i in some]
    return [f"latency and energy are of uncached prompts; left out, as cached: {listed(shares, MOST_NAMED)}"]


def _thin(label: str, n_cases: int, n_families: int) -> list[str]:
    """Return the note that the expected quality rests on little."""
    if n_families < FEW_FAMILIES and n_families < n_cases:
        return [
            f"the {counted(n_cases, 'case')} of {label} come from {counted(n_families, 'family', 'families')}: fewer "
            f"than {FEW_FAMILIES} may not be representative"
        ]
    return [f"only {counted(n_cases, 'case')} of {label} were measured"] if n_cases < FEW_CASES else []
