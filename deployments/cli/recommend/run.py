"""Running `benchwright recommend`, from its options to the exit code.

A candidate is recommended, shown, and written to a file for other programs.
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import selection
from deployments.cli.arguments import database_url
from deployments.cli.candidate_exports import write_out, written_recommendation
from deployments.cli.recommend.stored_verdicts import lines_of, verdicts_of_runs
from deployments.cli.terminal.output import (
    EXIT_DONE,
    EXIT_MENDABLE,
    error_as_json,
    print_json,
    print_status,
    report_error,
)
from deployments.cli.terminal.run_results import say_line
from deployments.cli.terminal.split_table import print_split_table, screen_width
from deployments.cli.terminal.tables import print_line
from deployments.cli.terminal.text_block import as_block
from evaluation.errors import SelectionError, as_sentence
from evaluation.escaping import one_line
from evaluation.records.evidence import Choosable
from evaluation.results.as_json import as_json as result_as_json
from selection import recommend
from selection.answers import Recommendation
from selection.configuration import Form
from selection.pages.recommendation import (
    IMPUTED,
    candidate_rows,
    difference_lines,
    evaluation_to_run,
    is_imputed,
    part_rows,
    removed_lines,
)
from selection.pages.recommendation_result import recommendation_result
from selection.preferences import Constraints, LogPrompt, OnLittleEvidence, OnTie, Weights
from selection.recommender.registry import close_recommenders, recommender_of

_OPTIONS = {
    "max_latency_s": ("--max-latency", "s"),
    "max_memory_gb": ("--max-memory", "GB"),
    "max_cost_per_1k": ("--max-cost-per-1k", ""),
    "max_energy_j": ("--max-energy", "J"),
    "min_quality": ("--min-quality", ""),
}
"""Command-line option of each numeric constraint, with its unit there."""


@dataclass(frozen=True, kw_only=True)
class RecommendOptions:
    """Options as typed on the command line."""

    task: str | None
    prompt: str | None
    constraints: Constraints
    weights: Weights
    on_tie: OnTie
    on_little_evidence: OnLittleEvidence
    tolerance: float = 0.5
    log: LogPrompt = "hash"
    explain: bool = False
    form: Form | None = None
    """Output format of the candidate; None: it is shown as a page."""
    out: Path | None = None


def run_recommendation(options: RecommendOptions, *, database: str | None, as_json: bool) -> int:
    """Return the exit code of a recommendation: 2 where no candidate is named.

    Raises:
        BenchwrightError: invalid input or setup; no candidate meets the constraints.
    """
    from evaluation.planning.templates import must_be_new

    if options.out is not None:  # nothing is decided, and stored, for a file that cannot be written
        must_be_new(options.out)
    with open_recommender(database) as url, in_words_of_the_command():
        recommendation = recommend(
            options.task,
            options.prompt,
            constraints=options.constraints,
            weights=options.weights,
            on_tie=options.on_tie,
            tolerance=options.tolerance,
            on_little_evidence=options.on_little_evidence,
            store=url,
            log=options.log,
        )
        if recommendation.candidate is None:
            return _say_why_nobody(recommendation, options, url, as_json=as_json)
        _show(recommendation, recommendation.candidate, options, url, as_json=as_json)
    return EXIT_DONE


@contextmanager
def open_recommender(database: str | None) -> Iterator[str | None]:
    """Yield the database's URL; decisions made there are stored before this process ends."""
    try:
        yield database_url(database)
    finally:
        if n_lost := close_recommenders():
            print_status(f"warning: {n_lost} recommendations or outcomes could not be stored")


@contextmanager
def in_words_of_the_command() -> Iterator[None]:
    """Make errors name the command's options instead of Python arguments."""
    try:
        yield
    except SelectionError as error:
        step = error.next_step or ""
        for argument, (option, unit) in _OPTIONS.items():
            step = re.sub(rf"\b{argument}=(\S+)", rf"{option} \1{unit}", step)
            step = step.replace(f"Leave {argument} out", f"Leave {option} out")
        raise type(error)(error.message, step) from None


def _say_why_nobody(
    recommendation: Recommendation, options: RecommendOptions, url: str | None, *, as_json: bool
) -> int:
    candidates = recommender_of(url).view().scoreboard.candidates
    step = f"`{evaluation_to_run(recommendation.task, candidates)}`, or `--on-little-evidence rules`."
    error = SelectionError(recommendation.reason, step)
    if as_json:
        result = recommendation_result(recommendation, percentile=options.constraints.percentile)
        print_json(result_as_json(result) | {"error": error_as_json(error)})
    return report_error(error, as_json=False, code=EXIT_MENDABLE)


def _show(
    recommendation: Recommendation,
    candidate: Choosable,
    options: RecommendOptions,
    url: str | None,
    *,
    as_json: bool,
) -> None:
    written = None if options.form is None else _written(recommendation, candidate, options.form, url)
    explanation = selection.explain(recommendation, store=url) if options.explain else None
    if written is not None and options.out is not None:
        write_out(options.out, written)
    if as_json:
        result = recommendation_result(recommendation, percentile=options.constraints.percentile)
        fields = result_as_json(result) | {"comparisons": verdicts_of_runs(recommendation, url)}
        print_json(fields | ({} if explanation is None else {"explanation": explanation}))
    elif written is not None and options.out is None:
        print_status(one_line(recommendation.reason) if explanation is None else _as_block(explanation))
        sys.stdout.write(written)
    else:
        _print_page(recommendation, options, explanation, verdicts_of_runs(recommendation, url))


def _written(recommendation: Recommendation, candidate: Choosable, form: Form, url: str | None) -> str:
    from evaluation.store.session import open_store

    with open_store(url) as store:
        return written_recommendation(store, recommendation, candidate, form)


def _print_page(
    recommendation: Recommendation,
    options: RecommendOptions,
    explanation: str | None,
    verdicts: Sequence[Mapping[str, Any]],
) -> None:
    say_line(recommendation.reason, style="bold")
    if rows := candidate_rows(recommendation, percentile=options.constraints.percentile):
        say_line()
        print_split_table(rows, words=("mark",))
        if is_imputed(recommendation):
            say_line()
            say_line(IMPUTED)
    if parts := part_rows(recommendation):
        say_line()
        say_line(f"measured on each {'task' if recommendation.task is None else 'benchmark'} (cases)")
        say_line()
        print_split_table(parts, words=())
    say_line()
    notes = [note for note in recommendation.notes if f"\nNote: {as_sentence(note)}" not in (explanation or "")]
    told = (*difference_lines(recommendation), *removed_lines(recommendation), *(f"note: {note}" for note in notes))
    for line in (*told, *lines_of(verdicts)):
        say_line(line)
    say_line(f"decided by {recommendation.decided_by}")
    if explanation is not None:
        _print_explanation(explanation.removeprefix(recommendation.reason).strip("\n"))
    say_line(f"How did it go? benchwright selection outcome {recommendation.id} --quality 0.8 --latency 1.2s --ok")


def _print_explanation(text: str) -> None:
    """Print the explanation with a margin, so that no name in it looks like a line of our own."""
    print_line()
    print_line(_as_block(text))
    print_line()


def _as_block(text: str) -> str:
    return as_block(text, width=screen_width())
