"""Alarms of a run as its page shows them: where the terminal names a command, they lead to the answers."""

from collections.abc import Mapping
from dataclasses import dataclass

from deployments.api.pages.rendering import address
from evaluation.answer_matrix.selection import Showing, Sorting
from evaluation.results.runs import Alarm, RunResult

ANSWERS = "its answers"
_SHOWING: Mapping[str, Showing] = {"cut_answers": Showing.CUT, "empty_answers": Showing.FAILED_ITSELF}
_BY_METRIC = ("near_chance", "zero_variance", "extraction_failed")
"""Kinds of alarms whose metric has scores to sort answers by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAlarm:
    """An alarm, with the link to the answers that it is about between its two parts."""

    before: str
    link_text: str
    address: str
    after: str


def shown_alarms(run: RunResult) -> tuple[ShownAlarm, ...]:
    """Return the alarms of a run, each with a link in the place of the command that shows a case."""
    return tuple(_shown(run.run_id, alarm) for alarm in run.alarms)


def _shown(run_id: str, alarm: Alarm) -> ShownAlarm:
    before, command, after = alarm.message.rpartition(f"benchwright show {run_id} --case ID")
    return ShownAlarm(
        before=before if command else f"{alarm.message} · ",
        link_text=ANSWERS if alarm.candidate is not None else "the answers",
        address=_address(run_id, alarm),
        after=after if command else "",
    )


def _address(run_id: str, alarm: Alarm) -> str:
    return address(
        f"/runs/{run_id}/answers",
        candidate=alarm.candidate,
        showing=_SHOWING.get(alarm.kind),
        sort=None if alarm.kind in _SHOWING else Sorting.SCORE,
        metric=alarm.metric if alarm.kind in _BY_METRIC else None,
    )
