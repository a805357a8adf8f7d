"""The live progress bar of a running evaluation, read from the store as all other displays of progress are."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deployments.cli.callers import current_caller
from deployments.cli.terminal.output import print_status, progress_console
from evaluation.errors import StoreError
from evaluation.escaping import for_terminal
from evaluation.records.outcomes import CandidateProgress
from evaluation.reports.runs.pace import Pace
from evaluation.results.progress import Progress, ServerWait
from tasks.scoring.progress import ScoringProgress, at_work

if TYPE_CHECKING:
    from evaluation.store.session import Store

LOOK_EVERY_S = 0.5
LINE_EVERY_S = 15.0


@contextmanager
def progress_bar(store: "Store", invocation_id: str) -> Iterator[None]:
    """Show done, failed, rate, time left and current work: a bar on a terminal, else a line from time to time.

    A calling program is notified instead, if it wants to be.
    """
    closing, caller = threading.Event(), current_caller()
    if caller is not None and caller.progress is None:
        yield
        return
    show = _call_back if caller is not None else _show_bar if progress_console().is_terminal else _show_lines
    thread = threading.Thread(target=show, args=(store, invocation_id, closing), daemon=True, name="progress-bar")
    thread.start()
    try:
        yield
    finally:
        closing.set()
        thread.join(timeout=2)


def _look(store: "Store", invocation_id: str) -> tuple[CandidateProgress, ...]:
    from evaluation.store.summaries import progress

    try:
        return progress(store, invocation_id)
    except StoreError:
        return ()


def _show_bar(store: "Store", invocation_id: str, closing: threading.Event) -> None:
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as Bar
    from rich.table import Column

    columns = (
        SpinnerColumn(table_column=Column(no_wrap=True)),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),  # the only one that may wrap, and so the first one to shrink
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[said]}", markup=False),
    )
    pace = Pace()
    with Bar(*columns, console=progress_console(), transient=True) as bar:
        shown = bar.add_task("starting", total=None, said="")
        last = False
        while not last:
            last = closing.wait(LOOK_EVERY_S)
            if (scoring := _current_scoring()) is not None:
                text = f"scores · {scoring.time_left}".removesuffix(" · ")
                bar.update(
                    shown, total=scoring.n_planned, completed=scoring.n_ended, description=scoring.who, said=text
                )
            elif candidates := _look(store, invocation_id):
                now = Progress(candidates=candidates, at_work="")
                who, words = _who_and_pace(pace, candidates, _waits(invocation_id))
                failures = now.failures if now.n_failed or now.n_own_failed or words else ""
                text = " · ".join(word for word in (failures, words) if word)
                n_ended = now.n_done + now.n_failed
                bar.update(shown, total=now.n_planned, completed=n_ended, description=who, said=text)


def _show_lines(store: "Store", invocation_id: str, closing: threading.Event) -> None:
    pace, next_line = Pace(), time.monotonic() + LINE_EVERY_S
    while not closing.wait(LOOK_EVERY_S):
        if not (candidates := _look(store, invocation_id)):
            continue
        who, words = _who_and_pace(pace, candidates, _waits(invocation_id))
        if time.monotonic() >= next_line:
            next_line += LINE_EVERY_S
            if (scoring := _current_scoring()) is not None:
                print_status(str(scoring))
                continue
            now = Progress(candidates=candidates, at_work="")
            parts = [f"{now.n_done + now.n_failed} of {now.n_planned} done, {now.failures}", words, who]
            print_status(" · ".join(word for word in parts if word))


def _call_back(store: "Store", invocation_id: str, closing: threading.Event) -> None:
    """Call the caller's `progress` each time that the work has progressed, and once at its end.

    An error of `progress` ends the work, and is raised by the call.
    """
    caller = current_caller()
    assert caller is not None  # noqa: S101 - asked by whoever begins this thread
    told: Progress | None = None
    is_last = False
    while not is_last:
        is_last = closing.wait(LOOK_EVERY_S)
        if not (candidates := _look(store, invocation_id)):
            continue
        waits = () if is_last else _waits(invocation_id)
        at_work = "" if is_last else _work_in_words(candidates, is_waiting=bool(waits))
        progress = Progress(candidates=candidates, at_work=at_work, waits=waits)
        if progress != told and not caller.report(progress):
            return
        told = progress


def _work_in_words(candidates: tuple[CandidateProgress, ...], *, is_waiting: bool) -> str:
    """Return what is at work, without the server that is waited for: that stands beside it."""
    if (scoring := _current_scoring()) is not None:
        return scoring.counts if is_waiting else str(scoring)
    return _at_work(candidates)


def _current_scoring() -> ScoringProgress | None:
    """Return the scoring under way, with its progress."""
    return at_work[-1] if at_work else None


def _loads_in_progress() -> list[str]:
    from tasks.generation.residency import loads_in_progress

    return list(loads_in_progress.values())


def _waits(invocation_id: str) -> tuple[ServerWait, ...]:
    from tasks.generation.server_waits import server_waits

    return server_waits(invocation_id)


def _who_and_pace(
    pace: Pace, candidates: tuple[CandidateProgress, ...], waits: tuple[ServerWait, ...]
) -> tuple[str, str]:
    """Return who is at work and at which pace; while a server is waited for, the wait alone."""
    words = for_terminal(pace.in_words(candidates, waits))
    return (words, "") if waits else (_at_work(candidates), words)


def _at_work(candidates: tuple[CandidateProgress, ...]) -> str:
    running = [item for item in candidates if item.status == "running"]
    open_ = [item for item in running if item.n_done + item.n_failed < item.n_planned]
    if not open_ and (loads := _loads_in_progress()):
        return for_terminal(", ".join(loads))
    if all(item.status == "planned" for item in candidates):
        return "planning"
    if not open_:
        return "loading the next model" if any(item.status == "planned" for item in candidates) else "scoring"
    return for_terminal(f"{open_[0].label} · {open_[0].benchmark_name}")
