"""A case to be rated, and the result of a review, on the terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from deployments.cli.terminal.output import progress_console
from deployments.cli.terminal.run_results import say_line
from deployments.cli.terminal.split_table import print_split_table, screen_width
from deployments.cli.terminal.tables import print_table
from deployments.cli.terminal.text_block import as_block
from evaluation.escaping import one_line
from evaluation.formatting import counted
from evaluation.records.reviews import ReviewItem, ReviewRecord, ReviewSummary
from evaluation.reports.reviews.blinded import awaited_words
from evaluation.reviews.result_words import rater_words

if TYPE_CHECKING:
    from evaluation.results.reviews import OpenReviewResult, ReviewResult


def print_item(review: ReviewRecord, item: ReviewItem) -> None:
    """Print a case with its answers under their letters on stderr, apart from the result."""
    from evaluation.reviews.blinded_cases import NO_ANSWER, SPEED, cases_title, criteria_of, letter, shown_time

    progress_console().print()
    progress_console().print(cases_title([item], len(review.items)), style="bold")
    for message in item.question.messages:
        _block(f"asked ({message.role}):", message.content)
    for reference in item.question.references:
        _block("right:", reference)
    is_timed = SPEED in criteria_of(review, item)
    for position, output in enumerate(item.outputs):
        time = f", {shown_time(output.total_s)}" if is_timed else ""
        _block(f"{letter(position)}{time}:", output.answer if output.answer.strip() else NO_ANSWER)


def _block(title: str, text: str) -> None:
    from evaluation.reviews.blinded_cases import cut

    progress_console().print(one_line(title))
    progress_console().print(as_block(cut(text), width=screen_width()))


def print_result(result: "ReviewResult") -> None:
    """Print the result of a review, with names."""
    from evaluation.reports.reviews.result_page import result_tables

    say_line(result.sentence, style="bold")
    say_line(f"review {result.review_id} · {result.benchmark} · rated by {rater_words(result.raters)}")
    for note in result.notes:
        say_line(f"note: {note}")
    for title, rows in result_tables(result).items():
        say_line()
        say_line(title, style="bold")
        say_line()
        print_split_table(rows)
    _print_cases(result)


def _print_cases(result: "ReviewResult") -> None:
    from evaluation.reports.reviews.result_page import item_rows

    rows = item_rows(result)
    if rows:
        say_line()
        say_line("Case by case", style="bold")
        print_table(list(rows[0]), [list(row.values()) for row in rows])


def print_progress(result: "OpenReviewResult") -> None:
    """Print the progress of a review, without names of candidates."""
    say_line(
        f"{result.n_rated} of {counted(result.n_items, 'case')} are rated, by {rater_words(result.raters)}",
        style="bold",
    )
    say_line(f"review {result.review_id} · {result.benchmark} · runs {', '.join(result.run_ids)}")
    say_line(f"The candidates are revealed when {awaited_words(result.awaited)}.")
    if result.part_shown:
        say_line(f"{result.part_shown.capitalize()}.")
    say_line(
        f"Resume with `benchwright review resume {result.review_id}`; "
        f"`benchwright review show {result.review_id} --unblind` shows the result so far."
    )


def print_reviews(reviews: Sequence[ReviewSummary]) -> None:
    """Print one line for each review."""
    print_table(
        ("review", "benchmark", "rated by", "cases", "rated", "raters", "runs", "made", "last rating"),
        [
            (
                summary.review_id,
                summary.benchmark,
                summary.kind,
                summary.n_items,
                summary.n_rated,
                list(summary.raters),
                list(summary.run_ids),
                summary.created_at,
                summary.rated_at,
            )
            for summary in reviews
        ],
    )
