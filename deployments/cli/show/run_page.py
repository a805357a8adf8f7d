"""The details that `show RUN` prints below the results: failures, speed, and where the numbers come from."""

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from deployments.cli.show.cascade_page import print_shares_escalated
from deployments.cli.terminal.failures import print_failures
from deployments.cli.terminal.output import result
from deployments.cli.terminal.run_results import print_run, say_line
from deployments.cli.terminal.split_table import print_split_table, screen_width
from deployments.cli.terminal.text_block import wrapped
from evaluation.escaping import one_line
from evaluation.formatting import counted
from evaluation.metrics.titles import short_titles
from evaluation.records.experiments import AnnotationRecord
from evaluation.reports.runs.classes import class_rows, confusion_rows
from evaluation.reports.runs.gpu import gpu_lines

if TYPE_CHECKING:
    from evaluation.metrics.classification import ClassTable
    from evaluation.results.runs import CandidateResult, RunInFull, RunResult
    from evaluation.store.session import Store

_KIND_WIDTH = 12
_MOST_CLASSES = 12
"""Maximum number of classes in a table of expected and given ones; a wider table is unreadable."""


def print_run_page(store: "Store", shown: "RunInFull") -> None:
    """Print a run in full."""
    run = shown.run
    print_run(store, run)
    print_shares_escalated(store, run.run_id)
    _print_progress(run)
    print_failures(shown.failures, repeats=run.n_repeats)
    _print_classes(shown.classes)
    _print_latencies(run)
    _print_usage(run)
    _print_gpus(run)
    _print_notes(shown.annotations)
    _print_sources(run, shown.experiments)
    if shown.case_ids:
        say_line()
        say_line(f"One case in full: benchwright show {run.run_id} --case {_as_word(shown.case_ids[0])}")


def _as_word(text: str) -> str:
    """Return `text` quoted as one word for a shell."""
    return shlex.quote(text)


def _print_progress(run: "RunResult") -> None:
    """Print the progress of an unfinished run, and whether it was scored."""
    n_answered = sum(candidate.n_answered for candidate in run.candidates)
    n_own = sum(candidate.n_own_failed for candidate in run.candidates)
    n_failed = sum(candidate.n_failed for candidate in run.candidates)
    own = f"{counted(n_own, 'own failure')} of candidates, " if n_own else ""
    n_planned = run.n_cases * run.n_repeats * len(run.candidates)
    if run.status != "completed":
        say_line(
            f"{n_answered + n_own + n_failed:,} of {n_planned:,} outcomes are stored: {counted(n_answered, 'answer')}, "
            f"{own}{counted(n_failed, 'failure')} of the server."
        )
    if not any(name in candidate.metrics for candidate in run.candidates for name in run.metrics):
        say_line(_NOT_SCORED.get(run.status, "They were not scored."))


_NOT_SCORED = {
    "planned": "No cases were asked yet.",
    "running": "A candidate is scored once it has been asked all cases; judges and programs follow at the end.",
    "completed": "Nothing was scored.",
    "interrupted": "They were not scored: the process that worked on the run is gone.",
}


def _print_classes(tables: Mapping[str, "ClassTable"]) -> None:
    for label, table in tables.items():
        _heading(f"Classes: {label}")
        print_split_table(class_rows(table))
        say_line()
        if len(table.predicted) > _MOST_CLASSES:
            say_line(f"The confusion matrix has {len(table.predicted):,} classes: see `show --json`.")
            continue
        say_line("Expected (rows) and predicted (columns):")
        print_split_table(confusion_rows(table))


def _print_latencies(run: "RunResult") -> None:
    from evaluation.reports.runs.tables import latency_rows

    if rows := latency_rows(run):
        _heading("Latency in seconds, without the model's loading [95 % interval]")
        print_split_table(rows)


def _print_usage(run: "RunResult") -> None:
    from evaluation.reports.runs.tables import usage_rows

    if rows := usage_rows(run):
        _heading("Tokens and cost of an answer [95 % interval]")
        print_split_table(rows)


def _print_gpus(run: "RunResult") -> None:
    if lines := gpu_lines(run):
        _heading("The endpoints' GPUs during the evaluation, and the energy of its answers")
        for line in lines:
            say_line(line)


def _print_notes(notes: Sequence["AnnotationRecord"]) -> None:
    if notes:
        _heading("Notes")
    for note in notes:
        on = f", case {note.case_id}" if note.case_id is not None else ""
        say_line(f"note {note.annotation_id} · {note.created_at:%Y-%m-%d} {note.author}{on}: {note.text}")


def _heading(text: str) -> None:
    say_line()
    say_line(text, style="bold")


def _print_sources(run: "RunResult", experiments: Sequence[str]) -> None:
    _heading("Where the numbers come from")
    limit = f", limit {run.limit}" if run.limit is not None else ""
    times = "once" if run.n_repeats == 1 else f"{run.n_repeats} times"
    common = _common_options(run)
    _print_facts(
        {
            "run": run.run_id,
            "invocation": run.invocation_id,
            "started": _moment(run.started_at),
            "finished": _moment(run.finished_at),
            "benchmark": f"{run.benchmark} ({run.task_type})",
            "version": run.benchmark_version,
            "asked": f"{counted(run.n_cases, 'case')}, {times} each, seed {run.seed}{limit}",
            "code": run.code_version,
            **{f"metric {short_titles(run.metrics)[name]}": signature for name, signature in run.metrics.items()},
            "options": common,
            "flow runs": ", ".join(run.flow_run_ids),
            "experiments": ", ".join(experiments),
        }
    )
    for candidate in run.candidates:
        say_line()
        _print_facts(_source(candidate, with_options=common is None))


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _common_options(run: "RunResult") -> str | None:
    """Return the options that all candidates share; None where they differ."""
    options = {_shown_options(candidate) for candidate in run.candidates}
    return options.pop() if len(options) == 1 else None


def _shown_options(candidate: "CandidateResult") -> str:
    return " ".join(f"{name}={value}" for name, value in candidate.options.items())


def _source(candidate: "CandidateResult", *, with_options: bool) -> dict[str, str | None]:
    details = candidate.details
    about = [str(details[name]) for name in ("family", "parameter_size", "quantization") if details.get(name)]
    version = f" {candidate.server_version}" if candidate.server_version else ""
    return {
        "candidate": candidate.label,
        "model": candidate.model + (f" ({', '.join(about)})" if about else ""),
        "digest": candidate.digest or "none: unverified weights",
        "fingerprint": candidate.fingerprint,
        "options": _shown_options(candidate) if with_options else None,
        "endpoint": f"{candidate.endpoint} at {candidate.endpoint_url} ({candidate.provider}{version})",
        "answered by": ", ".join(f"{name} {n:,}" for name, n in (candidate.endpoints or {}).items()) or None,
    }


def _print_facts(facts: Mapping[str, str | None]) -> None:
    """Print names and values, one on each line; unknown ones are left out."""
    shown = {one_line(name): one_line(str(value)) for name, value in facts.items() if value}
    width = max(_KIND_WIDTH, *map(len, shown))
    for name, value in shown.items():
        result().print(wrapped(f"{name:<{width}}  {value}", width=screen_width(), hang=width + 2))
