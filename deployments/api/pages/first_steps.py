"""The first evaluation in three steps: a server that answers, a model on it, and a sample or a file of one's own."""

import json
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import Response

from deployments.api.access import READ, RUN, Access
from deployments.api.model_servers import ModelServer, ModelServers
from deployments.api.pages.obstacles import obstacle_to_start
from deployments.api.pages.posted_forms import Form, PostedForm
from deployments.api.pages.rendering import PageRoute, page
from deployments.api.pages.starting import to_work
from deployments.api.problems import ProblemError
from deployments.api.start_obstacles import Obstacle
from deployments.api.startable import start_request
from deployments.cli.arguments import open_stored
from deployments.cli.doctor.first_steps import (
    FIRST_BENCHMARK,
    FIRST_CASES,
    Suggestion,
    memory_in_words,
    model_memory_bytes,
    suggestion_for,
)
from deployments.cli.doctor.machine import gpus, memory_bytes
from evaluation.benchmarks.suites import standard_suites
from evaluation.errors import BenchwrightError
from evaluation.model_info import ModelInfo
from evaluation.records.labels import is_baseline
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.requests.request_model import checked_request
from evaluation.store.benchmarks import list_benchmarks

router = APIRouter(route_class=PageRoute, include_in_schema=False)
NEEDS_MORE = 1.2
"""Memory of a loaded model as a multiple of its file: its context needs room too."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SAMPLES = (
    (FIRST_BENCHMARK, "answers to questions, with references"),
    ("classification", "one of a few labels"),
    ("summarization", "short texts of long ones"),
    ("code_generation", "small programs, which are run in a sandbox"),
)
"""Suites that need no other model, with what is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedModel:
    """A model that may be evaluated first."""

    key: str
    """What the form sends for it."""
    server: ModelServer
    model: ModelInfo
    memory_bytes: int | None
    """About what it takes once loaded; None where its size is not told."""
    fits: bool | None
    """Whether this machine has that much; None: another machine's memory is not known here."""
    is_first: bool
    """Whether it is chosen unless another one is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSteps:
    """What the three steps show."""

    servers: tuple[ModelServer, ...]
    models: tuple[OfferedModel, ...]
    suggestion: Suggestion
    memory_words: str
    samples: tuple[tuple[str, str], ...]
    own: tuple[str, ...]
    """Benchmarks that were stored here, the newest first."""
    obstacle: Obstacle | None
    """What keeps the evaluation from being started."""
    n_cases: int = FIRST_CASES


@router.get("/first-steps", dependencies=[READ])
def first_steps(request: Request, fresh: bool = False) -> Response:
    """Show the three steps; with `fresh`, servers are asked now."""
    return page(request, "first_steps.html", steps=_steps(request, fresh=fresh), problem=None)


@router.get("/parts/first-steps", dependencies=[READ])
def first_steps_part(request: Request) -> Response:
    """Return the three steps for the first page."""
    return page(request, "parts/first_steps.html", steps=_steps(request), problem=None)


@router.post("/first-steps")
def begin(request: Request, form: Form, access: Annotated[Access, RUN]) -> Response:
    """Start the evaluation that was put together."""
    try:
        return to_work(start_request("evaluate", _request_of(form)).id)
    except (BenchwrightError, ProblemError) as error:
        status = getattr(error, "status", 422)
        return page(request, "first_steps.html", status=status, steps=_steps(request), problem=error)


def _request_of(form: PostedForm) -> EvaluationRequest:
    """Return the request of the form.

    Raises:
        ProblemError: 422, no model is chosen.
        ConfigurationError: a field is not valid.
    """
    try:
        server, is_embedded, is_default, model = json.loads(form.text("model"))
    except (ValueError, TypeError, RecursionError):
        raise ProblemError(422, "no model is chosen", "Choose one in step 2.", kind="invalid-field") from None
    fields: dict[str, object] = {"benchmarks": [form.text("benchmark")], "models": [str(model)]}
    if form.text("limit").strip():
        fields["limit"] = form.text("limit").strip()
    if is_embedded:
        fields["embedded"] = True
    elif not is_default:
        fields["endpoints"] = [str(server)]
    return checked_request(
        EvaluationRequest, fields, source="the form", about="Correct it, and press the button again."
    )


def _steps(request: Request, *, fresh: bool = False) -> FirstSteps:
    servers: ModelServers = request.app.state.model_servers
    answered = servers.now(may_be_old=not fresh)
    cards = gpus()
    memory = model_memory_bytes(cards, memory_bytes())
    with open_stored(None) as store:
        own = tuple(record.name for record in list_benchmarks(store) if record.name not in standard_suites())
    return FirstSteps(
        servers=answered,
        models=_offered(answered, memory),
        suggestion=suggestion_for(memory),
        memory_words=memory_in_words(cards),
        samples=tuple(sample for sample in SAMPLES if sample[0] in standard_suites()),
        own=own[:20],
        obstacle=obstacle_to_start(request, "evaluate"),
    )


def _offered(servers: tuple[ModelServer, ...], memory: int) -> tuple[OfferedModel, ...]:
    """Return the models of all servers, the small ones first and baselines last; the first that fits is chosen."""
    pairs = [(server, model) for server in servers for model in server.models if not model.remote_host]
    pairs.sort(key=lambda pair: (is_baseline(pair[1].name), pair[0].is_embedded, pair[1].size_bytes or 0, pair[1].name))
    offered: list[OfferedModel] = []
    for server, model in pairs:
        needed = round(model.size_bytes * NEEDS_MORE) if model.size_bytes else None
        is_here = urlsplit(server.url).hostname in LOOPBACK
        fits = needed <= memory if needed is not None and is_here else None
        offered.append(
            OfferedModel(
                key=json.dumps([server.name, server.is_embedded, server.is_default, model.name]),
                server=server,
                model=model,
                memory_bytes=needed,
                fits=fits,
                is_first=fits is not False and not any(each.is_first for each in offered),
            )
        )
    return tuple(offered)
