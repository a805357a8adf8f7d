"""`benchwright benchmarks confirm`: a person confirms or drops each case of a written suite.

Neither who wrote a case nor what the checks said is shown, and the order gives no hint of it.
"""

import os
import random
from dataclasses import dataclass
from pathlib import Path

from deployments.cli.arguments import open_results
from deployments.cli.terminal.output import (
    EXIT_CHECK_FAILED,
    EXIT_DONE,
    EXIT_INTERRUPTED,
    print_json,
    print_status,
    progress_console,
)
from deployments.cli.terminal.tables import print_line
from deployments.cli.written_suites.decisions import Decisions
from evaluation.case import Benchmark, Case
from evaluation.errors import ConfigurationError
from evaluation.escaping import one_line
from evaluation.formatting import counted
from evaluation.suite_writing.suite import confirmed_suite, is_synthetic, proofs_of

LEAVE = "q"


class LeftError(Exception):
    """The person leaves."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where the confirmed suite goes."""

    db: str | None
    out: Path | None
    """None: it is stored under its name."""


def confirm_suite(benchmark: Benchmark, target: Target, *, rater: str | None, as_json: bool) -> int:
    """Ask a person about every case, keep the suite of those that were confirmed, and return the exit code.

    Raises:
        ConfigurationError: no model wrote the benchmark, or the suite cannot be kept where it is to be.
    """
    from evaluation.reviews.rating_checks import checked_rater

    if not is_synthetic(benchmark):
        raise ConfigurationError(
            f"{benchmark.name!r} was not written by `benchwright benchmarks write`: no case is tagged synthetic",
            "Name a suite that was.",
        )
    _refuse_target(benchmark, target)
    try:
        name = checked_rater(_read("Your name: ") if rater is None else rater)
        decisions = Decisions(benchmark.version, name)
        _decide(benchmark, decisions)
    except (LeftError, EOFError):
        return _left(benchmark, EXIT_DONE, as_json=as_json)
    except KeyboardInterrupt:
        return _left(benchmark, EXIT_INTERRUPTED, as_json=as_json)
    return _finish(benchmark, decisions, target, name, as_json=as_json)


def _refuse_target(benchmark: Benchmark, target: Target) -> None:
    if target.out is not None and os.path.exists(target.out):
        raise ConfigurationError(f"{str(target.out)!r} is there already", "Name a new file with --out.")
    if target.out is None and os.path.exists(benchmark.source):
        raise ConfigurationError(
            f"{benchmark.source!r} is a file, which is not changed", "Name a new file with --out, or a stored suite."
        )


def _decide(benchmark: Benchmark, decisions: Decisions) -> None:
    """Ask about each case without a decision."""
    waiting = [case for case in shuffled(benchmark) if case.case_id not in decisions.by_case]
    print_status(
        f"{len(waiting)} of {counted(len(benchmark.cases), 'case')} left. y: right and useful, n: drop, {LEAVE}: leave"
    )
    for case in waiting:
        _show_case(case)
        decisions.add(case.case_id, is_confirmed=_yes())


def shuffled(benchmark: Benchmark) -> list[Case]:
    """Return the cases in an order that is the same each time, and says nothing of how they were written."""
    cases = list(benchmark.cases)
    random.Random(benchmark.version).shuffle(cases)  # noqa: S311 - an order to be repeated, no secret
    return cases


def _show_case(case: Case) -> None:
    """Show a case with its proof on stderr, so that stdout has the result alone."""
    print_status(f"\nquestion  {one_line(case.prompt)}\nanswer    {one_line(', '.join(case.references))}")
    proofs = proofs_of(case)
    for proof in proofs:
        print_status(f"proof     {one_line(proof.text)}\n          ({one_line(proof.document)})")
    if not proofs:
        print_status(f"proof     none: nothing in {one_line(case.cluster or '')}, or anywhere else, is to answer it")


def _yes() -> bool:
    while True:
        word = _read("Confirm? y, n: ").lower()
        if word in ("y", "yes", "n", "no"):
            return word.startswith("y")
        print_status(f"invalid answer {word!r}; expected y, n or {LEAVE}")


def _read(prompt: str) -> str:
    progress_console().print(prompt, end="")
    text = input().strip()
    if text.lower() == LEAVE:
        raise LeftError
    return text


def _left(benchmark: Benchmark, code: int, *, as_json: bool) -> int:
    if as_json:
        print_json({"status": "open", "benchmark": benchmark.name})
    print_status("\nall decisions so far are kept; the same command, with the same name, goes on")
    return code


def _finish(benchmark: Benchmark, decisions: Decisions, target: Target, rater: str, *, as_json: bool) -> int:
    from evaluation.store.benchmarks import save_benchmark
    from tasks.suite_writing.keep import write_suite_file

    suite = confirmed_suite(benchmark, decisions.by_case, by=rater)
    n_dropped = len(benchmark.cases) - len(suite.cases)
    if suite.cases and target.out is not None:
        write_suite_file(target.out, suite)
    elif suite.cases:
        with open_results(target.db) as store:
            save_benchmark(store, suite)
    if as_json:
        counts = {"n_confirmed": len(suite.cases), "n_dropped": n_dropped}
        version = suite.version if suite.cases else None
        print_json({"status": "completed", "benchmark": suite.name, "version": version, **counts})
    else:
        print_line(f"{rater} confirmed {len(suite.cases)} of {counted(len(benchmark.cases), 'case')} of {suite.name}")
    if not suite.cases:
        print_status("no case is left, and nothing was kept")
    return EXIT_DONE if suite.cases else EXIT_CHECK_FAILED
