"""The dialogue of `benchwright review`: a case, its answers, a question or two, and the next case."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployments.cli.arguments import open_stored
from deployments.cli.review.page import print_item, print_progress, print_result
from deployments.cli.terminal.output import EXIT_DONE, EXIT_INTERRUPTED, print_json, print_status, progress_console
from evaluation.errors import ConfigurationError
from evaluation.formatting import counted
from evaluation.records.reviews import ReviewItem, ReviewRecord, Said
from evaluation.reports.reviews.blinded import without_names
from evaluation.results.as_json import as_json as results_as_json

if TYPE_CHECKING:
    from evaluation.requests.review_request import ReviewRequest
    from evaluation.store.session import Store

LEAVE, SKIP = "q", "s"


class LeftError(Exception):
    """The rater leaves the review."""


class SkippedError(Exception):
    """The rater skips this case for now."""


@dataclass
class _Work:
    """Resources of a review session in the terminal."""

    store: "Store"
    review: ReviewRecord
    session_id: str
    rater: str


def review_in_terminal(request: "ReviewRequest", *, database: str | None, as_json: bool) -> int:
    """Let the user rate a review's cases in the terminal, and return the exit code.

    Raises:
        BenchwrightError: no such run or review, or nothing to show.
    """
    from evaluation.reviews.creation import open_review

    with open_stored(database) as store:
        review = open_review(store, request)
        work = _Work(store=store, review=review, session_id=uuid.uuid4().hex, rater=request.rater or "")
        print_status(f"review {review.review_id} · {review.benchmark_name}")
        try:
            work.rater = _who(request.rater)
            _rate(work)
        except (LeftError, EOFError):
            return _left(work, EXIT_DONE, as_json=as_json)
        except KeyboardInterrupt:
            return _left(work, EXIT_INTERRUPTED, as_json=as_json)
        return _finished(store, review, as_json=as_json)


def _finished(store: "Store", review: ReviewRecord, *, as_json: bool) -> int:
    from evaluation.reviews.results import review_result

    result = review_result(store, review.review_id)
    if not result.awaited.is_over:
        blinded = without_names(result)
        if as_json:
            print_json(results_as_json(blinded))
        else:
            print_progress(blinded)
    elif as_json:
        print_json({"status": "completed", **results_as_json(result)})
    else:
        print_result(result)
    return EXIT_DONE


def _left(work: _Work, code: int, *, as_json: bool) -> int:
    from evaluation.store.ratings import rated_items

    review = work.review
    n_rated = len(rated_items(work.store, review.review_id, session_id=None, rater=work.rater))
    next_step = f"benchwright review resume {review.review_id}"
    if as_json:
        n_items = len(review.items)
        left = {"status": "open", "review_id": review.review_id, "n_rated": n_rated, "n_items": n_items}
        print_json({**left, "rater": work.rater or None, "next": next_step})
    else:
        print_status(
            f"\n{n_rated} of {counted(len(review.items), 'case')} are rated and stored. Resume with `{next_step}`"
        )
    return code


def _rate(work: _Work) -> None:
    """Ask for every case that the rater has not rated yet; skipped ones come again at the end."""
    from evaluation.store.ratings import rated_items, save_ratings
    from evaluation.store.reviews import begin_session

    review = work.review
    done = rated_items(work.store, review.review_id, session_id=None, rater=work.rater)
    waiting = [item for item in review.items if item.item_id not in done]
    if not waiting:
        print_status(f"{work.rater} has rated all {counted(len(review.items), 'case')}")
        return
    begin_session(
        work.store, session_id=work.session_id, review_id=review.review_id, place="terminal", rater=work.rater
    )
    _explain(review, n_waiting=len(waiting))
    while waiting:
        item = waiting.pop(0)
        try:
            rating = _ask(review, item)
        except SkippedError:
            waiting.append(item)
            continue
        work.rater = save_ratings(work.store, session_id=work.session_id, rater=work.rater, ratings=[rating])


def _explain(review: ReviewRecord, *, n_waiting: int) -> None:
    from evaluation.reviews.blinded_cases import how_to_rate

    for line in how_to_rate(review):
        print_status(line)
    print_status(f"{n_waiting} of {counted(len(review.items), 'case')} are left. {LEAVE}: leave, {SKIP}: later.")


def _who(name: str | None) -> str:
    from evaluation.reviews.rating_checks import checked_rater

    while True:
        try:
            return checked_rater(_read("Your name: ") if name is None else name)
        except ConfigurationError as error:
            if name is not None:
                raise
            print_status(error.message)


def _ask(review: ReviewRecord, item: ReviewItem) -> Said:
    print_item(review, item)
    if not review.criteria:
        preferred = _preference(len(item.outputs))
        return Said(item_id=item.item_id, preferred=preferred, notes=_note())
    grades = tuple(_grades(review, item, position) for position in range(len(item.outputs)))
    return Said(item_id=item.item_id, grades=grades, notes=_note())


def _preference(n_outputs: int) -> int | None:
    from evaluation.reviews.blinded_cases import letter

    letters = [letter(position) for position in range(n_outputs)]
    while True:
        word = _read(f"Which is better? {', '.join(letters)} or tie: ").upper()
        if word in letters:
            return letters.index(word)
        if word in ("TIE", "T", "="):
            return None
        print_status(f"invalid answer {word!r}; expected {', '.join(letters)} or tie")


def _grades(review: ReviewRecord, item: ReviewItem, position: int) -> dict[str, int]:
    """Read one line with a grade for each criterion, such as `4 5 3` or `453`."""
    from evaluation.reviews.blinded_cases import criteria_of, letter

    names = criteria_of(review, item)
    while names:
        text = _read(f"{letter(position)}: {' '.join(names)}: ")
        words = text.replace(",", " ").split()
        words = list(words[0]) if len(words) == 1 else words
        try:
            return dict(zip(names, _numbers(words, names), strict=True))
        except ConfigurationError as error:
            print_status(error.message)
    return {}  # graded by speed alone, which is not known


def _numbers(words: Sequence[str], names: Sequence[str]) -> list[int]:
    from evaluation.reviews.rating_checks import checked_grade

    if len(words) != len(names):
        raise ConfigurationError(f"{len(words)} grades, and {len(names)} are asked for: {', '.join(names)}")
    return [
        checked_grade(int(word) if word.isascii() and word.isdigit() else word, of=name)
        for name, word in zip(names, words, strict=True)
    ]


def _note() -> str:
    return _read("Notes (Enter: none): ", may_leave=False)


def _read(prompt: str, *, may_leave: bool = True) -> str:
    """Read a typed line.

    Raises:
        LeftError: the rater leaves.
        SkippedError: the rater skips the case.
        EOFError: the input has ended.
    """
    progress_console().print(prompt, end="")
    text = input().strip()
    if may_leave and text.lower() == LEAVE:
        raise LeftError
    if may_leave and text.lower() == SKIP:
        raise SkippedError
    return text
