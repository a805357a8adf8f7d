"""Pages that start work: a form for each deployment, with what it would cost, and a stored run once more."""

from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from deployments.api.access import READ, RUN, Access
from deployments.api.form_schemas import FORMS, form_schema
from deployments.api.model_servers import ModelServers
from deployments.api.pages.form_fields import ModelPlace, form_group, model_place
from deployments.api.pages.form_values import Filled, read_form, with_chosen_server, with_unknown_names
from deployments.api.pages.form_words import words_of_form
from deployments.api.pages.obstacles import obstacle_to_start
from deployments.api.pages.posted_forms import OWN_PAGE, Form
from deployments.api.pages.rendering import PageRoute, page
from deployments.api.pages.section_page import section_page
from deployments.api.pages.sections import Link, Section, Table
from deployments.api.previews import Preview, preview
from deployments.api.problems import ProblemError
from deployments.api.repeating import repeatable
from deployments.api.startable import REQUESTS, start_request
from deployments.cli.arguments import open_stored
from evaluation.errors import BenchwrightError, UnknownNameError
from evaluation.store.session import Store

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Run = Annotated[str, Query(max_length=500)]
Runs = Annotated[tuple[Run, ...], Query(max_length=100)]


@router.get("/start", dependencies=[READ])
def start(request: Request, run: Run = "") -> Response:
    """List what can be started; where a run is named, show the form from which it was started."""
    if run:
        with open_stored(None) as store:
            earlier = repeatable(store, run)
            return _form_page(
                request, store, earlier.deployment, Filled(values=earlier.values, request=None, errors={})
            )
    rows = tuple(
        (Link(text=name, address=f"/start/{name}"), definition.description) for name, definition in FORMS.items()
    )
    table = Table(label="What can be started", columns=("form", "what it does"), rows=rows)
    links = (Link(text="First evaluation in three steps", address="/first-steps"),)
    about = "Forms of the same work as on Prefect's pages, by the API and by the commands (`benchwright evaluate` …)."
    return section_page(
        request,
        "Start",
        [Section(links=links), Section(lines=(about,), table=table)],
        lead="What is to be started?",
        obstacle=obstacle_to_start(request),
    )


@router.get("/start/{deployment}", dependencies=[READ])
def form_of(request: Request, deployment: str, runs: Runs = ()) -> Response:
    """Show the form of a deployment; runs that the address names are filled in."""
    with open_stored(None) as store:
        filled = Filled(values={"runs": list(runs)} if runs else {}, request=None, errors={})
        return _form_page(request, store, _existing(deployment), filled)


@router.post("/start/{deployment}")
def start_or_preview(request: Request, deployment: str, form: Form, access: Annotated[Access, RUN]) -> Response:
    """Show what a request would cost, or start it; what is wrong is shown at its field."""
    with open_stored(None) as store:
        name = _existing(deployment)
        servers: ModelServers = request.app.state.model_servers
        schema = form_schema(name, servers.choices(store))
        place = model_place(schema.request, schema.definitions)
        filled = read_form(place, REQUESTS[name], form, FORMS[name].parameters.get("request", {}))
        if filled.request is not None:
            filled = with_unknown_names(filled, place, store, servers.all_models(store))
            filled = with_chosen_server(filled, servers.instead_of_default())
        if filled.request is None:
            return _form_page(request, store, name, filled, status=422, once=form.text("once"))
        try:
            if form.text("do") != "start":
                made = preview(name, filled.request, store)
                return _form_page(request, store, name, filled, made=made, once=form.text("once"))
            key = f"page {access.owner} {form.text('once')}" if form.text("once") else None
            return to_work(start_request(name, filled.request, idempotency_key=key).id)
        except (BenchwrightError, ProblemError) as error:
            return _form_page(request, store, name, filled, problem=error, once=form.text("once"))


@router.post("/runs/{run}/again", dependencies=[RUN, OWN_PAGE])
def again(request: Request, run: str) -> Response:
    """Start what a run was made from once more."""
    with open_stored(None) as store:
        earlier = repeatable(store, run)
    return to_work(start_request(earlier.deployment, earlier.request).id)


def to_work(flow_run_id: str) -> Response:
    """Return the answer that leads to the page of a flow run."""
    return RedirectResponse(f"/work/{quote(flow_run_id, safe='')}", 303)


def _existing(deployment: str) -> str:
    if deployment not in FORMS:
        raise UnknownNameError("deployment", deployment, list(FORMS))
    return deployment


def _form_page(
    request: Request,
    store: Store,
    deployment: str,
    filled: Filled,
    *,
    made: Preview | None = None,
    problem: BenchwrightError | ProblemError | None = None,
    once: str = "",
    status: int = 200,
) -> Response:
    servers: ModelServers = request.app.state.model_servers
    schema = form_schema(deployment, servers.choices(store))
    place = model_place(schema.request, schema.definitions)
    errors: Mapping[str, Any] = filled.errors
    return page(
        request,
        "start.html",
        status=getattr(problem, "status", 422) if problem else status,
        deployment=deployment,
        about=FORMS[deployment].description,
        obstacle=obstacle_to_start(request, deployment),
        group=form_group(place, filled.values, errors, schema.definitions),
        n_wrong=len(errors),
        preview=made,
        problem=None if problem is None else _in_words_of_form(problem, place),
        once=once or token_urlsafe(16),
    )


def _in_words_of_form(problem: BenchwrightError | ProblemError, place: ModelPlace) -> Mapping[str, str]:
    message = problem.message if isinstance(problem, BenchwrightError) else problem.detail
    return {"message": words_of_form(message, place), "next_step": words_of_form(problem.next_step or "", place)}
