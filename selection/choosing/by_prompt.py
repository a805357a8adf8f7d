"""Deviations of the candidates for a prompt, also where the request names no task.

The model then estimates the probability of each task that it knows, and every task's expectations are weighted by it.
"""

import numpy as np

from evaluation.formatting import listed, percent
from selection.choosing.number_words import MOST_NAMED
from selection.scoreboard import Deviations, Predictor, Scoreboard

_LEAST_SHARE = 0.01
"""Minimum probability of a task; less likely ones are left out."""


def deviations_of(
    board: Scoreboard, predictor: Predictor | None, task: str | None, prompt: str | None
) -> Deviations | None:
    """Return the candidates' deviations for a prompt from their standing on the task, or over all tasks without one.

    None without a prompt, or where nothing is known of it.
    """
    if predictor is None or prompt is None:
        return None
    keys = tuple(candidate.key for candidate in board.candidates)
    if task is not None:
        return predictor.deviations(task, prompt, keys)
    shares = _likely(board, predictor, prompt)
    if not shares:
        return None
    expected, variance = np.zeros(len(keys)), np.zeros(len(keys))
    told = None
    for name, share in shares.items():
        standing = board.standings[name].quality
        deviations = predictor.deviations(name, prompt, keys)
        if deviations is None:
            deviations = Deviations(value=np.zeros(len(keys)), se=np.zeros(len(keys)))
        mean = np.where(np.isfinite(standing), standing, board.overall.quality)
        expected += share * (mean + deviations.value)
        variance += (share * deviations.se) ** 2
        told = deviations.told if share > 0.5 else told
    return Deviations(value=expected - board.overall.quality, se=np.sqrt(variance), told=told)


def note_on_task(board: Scoreboard, predictor: Predictor | None, prompt: str) -> str | None:
    """Return the note on an answer for a prompt without a named task.

    None where there is only one task.
    """
    if len(board.standings) < 2:
        return None
    shares = {} if predictor is None else _likely(board, predictor, prompt)
    if not shares:
        why = "no selection model decides" if predictor is None else "the model that decides cannot tell one"
        return f"no task was given and {why}: this is the best over all tasks, regardless of the prompt"
    likely = sorted(shares.items(), key=lambda task_share: -task_share[1])
    return (
        "no task was given; judging by its wording, the prompt belongs to "
        f"{listed([f'{name} ({percent(p)})' for name, p in likely], MOST_NAMED)}"
    )


def note_unused(predictor: Predictor | None) -> str:
    """Return a note on why the prompt made no difference."""
    if predictor is None:
        why = "no selection model decides (`benchwright retrain` trains one)"
    else:
        why = f"{predictor.version} found no difference between its prompts"
    return f"the prompt was not used: {why}; the answer is the same for every prompt of this task"


def _likely(board: Scoreboard, predictor: Predictor, prompt: str) -> dict[str, float]:
    """Return the probability of each task with a standing for the prompt; sums to one, empty where unknown."""
    shares = predictor.task_shares(prompt) or {}
    likely = {name: share for name, share in shares.items() if share >= _LEAST_SHARE and name in board.standings}
    total = sum(likely.values())
    return {name: share / total for name, share in likely.items()}
