"""Routes that give tags to cases of a run and to candidates' answers to them, and remove them."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from deployments.api.access import RUN, Access
from deployments.api.bodies import NO_NUL, Body
from deployments.api.description import PROBLEMS, answer
from deployments.api.idempotency import IdempotentRoute
from deployments.api.problems import read_number
from deployments.api.replies import reply
from deployments.cli.arguments import open_stored
from evaluation.records.experiments import AnswerTagRecord
from evaluation.run_results.answer_notes import answer_place
from evaluation.store.answer_tags import LONGEST_TAG, add_tags, checked_tag, remove_tag, tags_of_cases
from evaluation.store.runs import find_run

router = APIRouter(route_class=IdempotentRoute, responses=PROBLEMS, tags=["runs"])


class NewTag(Body):
    """A tag on a case of a run, or on a candidate's answer to it."""

    case: Annotated[str, Field(min_length=1, max_length=5000, pattern=NO_NUL)]
    fingerprint: Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)] | None = Field(
        None, description="Of the candidate whose answer is tagged; default: the whole case is."
    )
    tag: Annotated[str, Field(min_length=1, max_length=LONGEST_TAG, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]


@router.post("/runs/{run}/tags", status_code=201, responses=answer(AnswerTagRecord, 201))
def give_tag(request: Request, run: str, body: NewTag, access: Annotated[Access, RUN]) -> Response:
    """Tag a case or an answer; who gave a tag first stays its author. Its author is the name of the key."""
    with open_stored(None) as store:
        run_id = answer_place(store, run, body.case, body.fingerprint)
        add_tags(store, run_id, [body.case], body.tag, author=access.name, fingerprint=body.fingerprint)
        stored = next(
            each
            for each in tags_of_cases(store, run_id, [body.case])
            if (each.fingerprint, each.tag) == (body.fingerprint, checked_tag(body.tag))
        )
    return reply(request, stored, 201)


@router.delete("/runs/{run}/tags/{tag}", responses=answer(AnswerTagRecord), dependencies=[RUN])
def take_tag(request: Request, run: str, tag: str) -> Response:
    """Remove a tag that was given in a run, by its number; the answer is what it was."""
    with open_stored(None) as store:
        run_id = find_run(store, run).plan.run_id
        return reply(request, remove_tag(store, run_id, read_number(tag, "tag")))
