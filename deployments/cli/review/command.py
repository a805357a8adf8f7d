"""The `benchwright review` commands: people rate blinded answers, and see the result at the end."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from deployments.cli.arguments import DatabaseOption, JsonOption, open_stored
from deployments.cli.completion import benchmark_names
from deployments.cli.review.dialogue import review_in_terminal
from deployments.cli.review.page import print_progress, print_result, print_reviews
from deployments.cli.terminal.confirmation import confirm
from deployments.cli.terminal.output import EXIT_CHECK_FAILED, print_json, print_status
from deployments.cli.terminal.tables import print_line
from evaluation.formatting import counted
from evaluation.reports.reviews.blinded import without_names
from evaluation.results.as_json import as_json as results_as_json
from evaluation.results.reviews import OpenReviewResult, ReviewResult

if TYPE_CHECKING:
    from evaluation.store.session import Store

Words = list[str] | None
_START = "start"
_HELP = ("-h", "--help")


class _RunsOrCommand(TyperGroup):
    """Group that reads `review RUN` as `review start RUN`: run ids are not names of commands."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in _HELP:
            args = [_START, *args]
        return super().parse_args(ctx, args)


review = typer.Typer(
    cls=_RunsOrCommand,
    no_args_is_help=True,
    help="Rate answers blind: `review RUN`. List reviews, resume one, show its result.",
)

RaterOption = Annotated[
    str | None, typer.Option("--rater", metavar="NAME", help="The rater's name; default: asked for.")
]
RatersOption = Annotated[
    int | None,
    typer.Option("--raters", metavar="N", help="Number of raters; the candidates are revealed after the last."),
]
ReviewArgument = Annotated[str, typer.Argument(metavar="REVIEW", help="A review's id, the beginning of it, or `last`.")]


@review.command(_START)
def start(
    runs: Annotated[Words, typer.Argument(metavar="[RUN]...", help="Runs of one benchmark: ids, `last`.")] = None,
    benchmark: Annotated[
        str | None,
        typer.Option(
            "--benchmark",
            metavar="NAME",
            autocompletion=benchmark_names,
            help="Without a RUN: the newest one of this benchmark.",
        ),
    ] = None,
    candidate: Annotated[
        Words, typer.Option("--candidate", metavar="NAME", help="Only answers of this candidate; may be repeated.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", metavar="grades|preference", help="Grades of 1–5, or which of two is better."),
    ] = None,
    criterion: Annotated[
        Words,
        typer.Option("--criterion", metavar="NAME", help="accuracy, completeness, relevance, speed; may be repeated."),
    ] = None,
    cases: Annotated[int | None, typer.Option("--cases", metavar="N", help="Number of cases; default 10.")] = None,
    flip_share: Annotated[
        float | None, typer.Option("--flip-share", metavar="0.3", help="Share of cases that flipped.")
    ] = None,
    control_share: Annotated[
        float | None,
        typer.Option("--control-share", metavar="0.2", help=("Share of cases drawn at random from all cases.")),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="S", help="The random seed of the cases and their order.")
    ] = None,
    no_references: Annotated[bool, typer.Option("--no-references", help="Do not show the reference answers.")] = False,
    rater: RaterOption = None,
    raters: RatersOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rate answers of stored runs in the terminal, case by case. The same command again resumes where it stopped.

    It shows cases on which candidates differ, cases that flipped and random controls, in an order that gives no hint.
    Each rating is stored at once: leave with q or Ctrl-C at any time.
    """
    from evaluation.requests.review_request import read_review_request

    option_values: dict[str, Any] = {
        "runs": runs,
        "benchmark": benchmark,
        "candidates": candidate,
        "kind": kind,
        "criteria": criterion,
        "n_cases": cases,
        "flip_share": flip_share,
        "control_share": control_share,
        "seed": seed,
        "show_references": False if no_references else None,
        "rater": rater,
        "n_raters": raters,
    }
    request = read_review_request(
        {key: value for key, value in option_values.items() if value is not None and value != []}
    )
    raise typer.Exit(review_in_terminal(request, database=db, as_json=as_json))


@review.command("resume")
def resume(
    name: ReviewArgument = "last",
    rater: RaterOption = None,
    raters: RatersOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Resume a review, or join it as its second rater."""
    from evaluation.requests.review_request import read_review_request

    option_values = {"review": name, "rater": rater, "n_raters": raters}
    fields = {key: value for key, value in option_values.items() if value is not None}
    raise typer.Exit(review_in_terminal(read_review_request(fields), database=db, as_json=as_json))


@review.command("list")
def list_all(db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """List reviews, newest first, with their cases and raters."""
    from evaluation.store.reviews import list_reviews

    with open_stored(db) as store:
        reviews = list_reviews(store)
    if as_json:
        print_json([results_as_json(summary) for summary in reviews])
    elif reviews:
        print_reviews(reviews)
    else:
        print_status("no reviews yet; `benchwright review RUN` starts one")


@review.command("show")
def show(
    name: ReviewArgument = "last",
    unblind: Annotated[
        bool, typer.Option("--unblind", help="Reveal the candidates although ratings are missing.")
    ] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the result of a review, with the candidates' names.

    While ratings are missing, show its progress and the missing raters.
    """
    with open_stored(db) as store:
        result = told_review(store, name, unblind=unblind)
    if as_json:
        print_json(results_as_json(result))
    elif isinstance(result, OpenReviewResult):
        print_progress(result)
    else:
        print_result(result)


def told_review(store: "Store", name: str, *, unblind: bool) -> ReviewResult | OpenReviewResult:
    """Return the result of a review; while ratings are missing and it is not to be unblinded, its progress.

    Raises:
        UnknownNameError: no such review.
    """
    from evaluation.reviews.results import review_result

    result = review_result(store, name)
    return result if result.awaited.is_over or unblind else without_names(result)


@review.command("delete")
def delete(
    name: Annotated[str, typer.Argument(metavar="REVIEW", help="A review's id, or the beginning of it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a review with all its ratings. Runs stay."""
    from evaluation.store.ratings import load_ratings
    from evaluation.store.reviews import delete_review, find_review

    with open_stored(db) as store:
        record = find_review(store, name)
        n_ratings = len(load_ratings(store, record.review_id))
        if not yes and not confirm(f"Delete review {record.review_id} with {counted(n_ratings, 'rating')}?"):
            raise typer.Exit(EXIT_CHECK_FAILED)
        delete_review(store, record.review_id)
    if as_json:
        print_json({"review_id": record.review_id, "n_ratings": n_ratings})
    else:
        print_line(f"review {record.review_id} is deleted, with {counted(n_ratings, 'rating')}")
