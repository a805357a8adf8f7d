"""Asking a candidate one case again: the new answer stands beside the stored one, and is stored nowhere."""

import asyncio
import threading
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from deployments.api.access import READ, RUN
from deployments.api.bodies import NO_NUL, Body
from deployments.api.pages.case_view import AskedAgain
from deployments.api.pages.checked_forms import checked
from deployments.api.pages.rendering import PageRoute
from deployments.api.pages.runs import case_page
from deployments.api.pages.word_diff import word_diff
from deployments.api.problems import ProblemError
from deployments.api.stored_calls import StoredCall, call_of, send_again, stored_calls
from deployments.cli.arguments import open_stored
from deployments.python.stored import load_case
from evaluation.errors import ProviderError, as_sentence

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
MOST_AT_ONCE = 2
"""Requests of pages that are on their way at once: evaluations and clients of the gateway use the same servers."""
_turns = threading.BoundedSemaphore(MOST_AT_ONCE)


class AgainForm(Body):
    """The case, and the candidate that is asked."""

    case: Annotated[str, Field(min_length=1, max_length=5000, pattern=NO_NUL)]
    fingerprint: Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]


@router.post("/runs/{run}/asked-again", dependencies=[RUN])
def ask_again(request: Request, run: str, form: Annotated[AgainForm, checked(AgainForm)]) -> Response:
    """Send a stored request again, with its options and its seed, and show both answers."""
    case = load_case(form.case, run=run)
    with open_stored(None) as store:
        calls = stored_calls(store, case, embedded_url=request.app.state.embedded_url)
    call = call_of(calls, form.fingerprint)
    if not _turns.acquire(blocking=False):
        raise ProblemError(
            503, f"{MOST_AT_ONCE} answers are waited for already", kind="busy", headers={"Retry-After": "5"}
        )
    try:
        asked_again = _asked(call)
    finally:
        _turns.release()
    return case_page(request, case.run_id, form.case, asked_again=asked_again)


def _asked(call: StoredCall) -> AskedAgain:
    try:
        generation = asyncio.run(send_again(call))
    except ProviderError as error:
        problem = " ".join(filter(None, (as_sentence(error.message), error.next_step)))
        return AskedAgain(fingerprint=call.fingerprint, generation=None, diff=None, is_equal=False, problem=problem)
    stored = None if call.answer is None else call.answer.text
    is_equal = stored == generation.text
    return AskedAgain(
        fingerprint=call.fingerprint,
        generation=generation,
        diff=None if stored is None or is_equal else word_diff(stored, generation.text),
        is_equal=is_equal,
        problem="",
    )
