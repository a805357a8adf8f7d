"""Notes and tags of people on a case of a run, or on one answer to it."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from deployments.api.access import RUN
from deployments.api.bodies import NO_NUL, Body
from deployments.api.pages.authors import author_of
from deployments.api.pages.checked_forms import checked, see_other
from deployments.api.pages.rendering import PageRoute
from deployments.cli.arguments import open_stored
from evaluation.errors import UnknownNameError
from evaluation.run_results.answer_notes import answer_place
from evaluation.store.annotations import annotate, notes_on_case, remove_annotation
from evaluation.store.answer_tags import add_tags, remove_tag
from evaluation.store.session import Store

router = APIRouter(route_class=PageRoute, dependencies=[RUN], include_in_schema=False)
CaseId = Annotated[str, Field(min_length=1, max_length=5000, pattern=NO_NUL)]
Fingerprint = Annotated[str | None, Field(max_length=200, pattern=NO_NUL)]


class NoteForm(Body):
    """A note on a case, or on a candidate's answer to it."""

    case: CaseId
    fingerprint: Fingerprint = None
    text: Annotated[str, Field(min_length=1, max_length=20_000, pattern=NO_NUL)]


class TagForm(Body):
    """A tag on a case, or on a candidate's answer to it."""

    case: CaseId
    fingerprint: Fingerprint = None
    tag: Annotated[str, Field(min_length=1, max_length=500, pattern=NO_NUL)]


class RemovalForm(Body):
    """The number of a note or of a tag on a case."""

    case: CaseId
    number: int = Field(ge=1, le=2**53)


@router.post("/runs/{run}/notes")
def add_note(request: Request, run: str, form: Annotated[NoteForm, checked(NoteForm)]) -> Response:
    """Add a note."""
    with open_stored(None) as store:
        run_id = answer_place(store, run, form.case, form.fingerprint)
        place = {"run_id": run_id, "case_id": form.case, "fingerprint": form.fingerprint}
        annotate(store, text=form.text, author=author_of(request), **place)
    return _back(run_id, form.case)


@router.post("/runs/{run}/notes/removed")
def remove_note(run: str, form: Annotated[RemovalForm, checked(RemovalForm)]) -> Response:
    """Remove a note on a case of this run."""
    with open_stored(None) as store:
        run_id = answer_place(store, run, form.case, None)
        _must_be_noted(store, run_id, form)
        remove_annotation(store, form.number)
    return _back(run_id, form.case)


@router.post("/runs/{run}/tags")
def add_tag(request: Request, run: str, form: Annotated[TagForm, checked(TagForm)]) -> Response:
    """Give a tag."""
    with open_stored(None) as store:
        run_id = answer_place(store, run, form.case, form.fingerprint)
        add_tags(store, run_id, [form.case], form.tag, author=author_of(request), fingerprint=form.fingerprint)
    return _back(run_id, form.case)


@router.post("/runs/{run}/tags/removed")
def take_tag(run: str, form: Annotated[RemovalForm, checked(RemovalForm)]) -> Response:
    """Remove a tag."""
    with open_stored(None) as store:
        run_id = answer_place(store, run, form.case, None)
        remove_tag(store, run_id, form.number)
    return _back(run_id, form.case)


def _must_be_noted(store: Store, run_id: str, form: RemovalForm) -> None:
    numbers = [note.annotation_id for note in notes_on_case(store, run_id, form.case)]
    if form.number not in numbers:
        raise UnknownNameError(f"note on case {form.case}", str(form.number), list(map(str, numbers)))


def _back(run_id: str, case_id: str) -> Response:
    return see_other(f"/runs/{run_id}/case", fragment="notes", id=case_id)
