"""Alarms of a run as lines: one each for models, and one in total for baselines."""

from collections import Counter
from collections.abc import Sequence

from evaluation.formatting import counted
from evaluation.results.runs import RunResult


def alarm_lines(run: RunResult) -> list[str]:
    """Return a line for each alarm of a run about a model or all candidates; those about baselines are left out."""
    return [alarm.message for alarm in run.alarms if not alarm.about_baseline]


def baselines_line(runs: Sequence[RunResult]) -> str | None:
    """Return how many alarms of these runs are about baselines; None where there are none."""
    about = Counter(str(alarm.candidate) for run in runs for alarm in run.alarms if alarm.about_baseline)
    if not about:
        return None
    who = ", ".join(f"{label} {n}" for label, n in sorted(about.items(), key=lambda item: (-item[1], item[0])))
    return (
        f"{counted(about.total(), 'alarm')} about baselines left out, as baselines fail differently from models "
        f"({who}); `benchwright show RUN --json` lists them"
    )
