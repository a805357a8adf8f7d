"""Pages made from templates. Whatever models, files, people and servers wrote stands in them as text."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from deployments.api.invalid_fields import sentence_on
from deployments.api.pages.command_code import with_commands
from deployments.api.pages.explained_words import ExplainedWords
from deployments.api.pages.moments import TIME_ZONE_NOTE, date_and_time, exact, how_long_ago, in_utc
from deployments.api.pages.sections import Compared, Link, State
from deployments.api.problems import ProblemError, problem_of
from deployments.api.reading_route import ReadingRoute
from evaluation import formatting
from evaluation.errors import BenchwrightError, as_sentence
from evaluation.escaping import for_terminal
from evaluation.glossary import plain_word
from evaluation.records.status import Status

SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Scripts, styles and pictures come from our own addresses alone, and nothing of them stands in a page."""
NAVIGATION = (
    ("/", "Home"),
    ("/start", "Start"),
    ("/work", "Work"),
    ("/runs", "Runs"),
    ("/comparisons", "Comparisons"),
    ("/searches", "Races and sweeps"),
    ("/experiments", "Experiments"),
    ("/reviews", "Reviews"),
    ("/alerts", "Alerts"),
    ("/trends", "Trends"),
    ("/traffic", "Traffic"),
    ("/scoreboard", "Scoreboard"),
    ("/recommendations", "Recommendations"),
    ("/policies", "Policies"),
    ("/catalogue", "Catalogue"),
)
"""Addresses of the pages that every page leads to, with their names."""
_CORRECT = "Correct it in the address, or open the page by its link on another one."
_STATUSES = frozenset({*Status, "critical", "warning", "open"})
"""Words that have a colour of their own; no other text becomes the name of a class."""


class PageRoute(ReadingRoute):
    """A route whose errors are pages too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of requests, which answers with a page whatever happens."""
        handle = super().get_route_handler()

        async def handle_with_pages(request: Request) -> Response:
            try:
                return await handle(request)
            except ProblemError as error:
                return error_page(request, error)
            except BenchwrightError as error:
                names = [*map(str, request.path_params.values()), *_named(request)]
                return error_page(request, problem_of(error, path_names=names))
            except RequestValidationError as error:
                return error_page(request, ProblemError(422, sentence_on(error.errors()), _CORRECT, kind="invalid"))

        return handle_with_pages


def page(request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """Return a page.

    Args:
        request: The request that it answers.
        template: Name of the template's file.
        status: HTTP status.
        values: What the template shows, by name.
    """
    text = _environment.get_template(template).render(
        path=request.url.path, now=datetime.now(UTC), words_explained=ExplainedWords(), **values
    )
    headers = {"Content-Security-Policy": SECURITY_POLICY, "Cache-Control": "no-store"}
    return HTMLResponse(text.encode("utf-8", "replace"), status, headers=headers)


def error_page(request: Request, problem: ProblemError) -> HTMLResponse:
    """Return the page that tells of a problem and of what to do next."""
    body = problem.body(None)
    return page(
        request,
        "error.html",
        status=problem.status,
        title=body["title"],
        detail=problem.detail,
        next_step=body.get("next_step"),
    )


def _named(request: Request) -> list[str]:
    """Return what the address names outside its path, since slashes may stand in such names."""
    return [value for name in ("id", "name") for value in request.query_params.getlist(name)]


def _number(format_number: Callable[[float], str]) -> Callable[[float | None], str]:
    def shown(value: float | None) -> str:
        return "—" if value is None else format_number(value)

    return shown


def address(path: str, **parameters: object) -> str:
    """Return an address with its parameters; those that are empty are left out, one with several values is repeated."""
    listed = [(name, value if isinstance(value, list | tuple) else (value,)) for name, value in parameters.items()]
    query = urlencode(
        [(name, str(each)) for name, values in listed for each in values if each not in (None, "", False)],
        errors="replace",  # half a surrogate pair stands in no address
    )
    return f"{path}?{query}" if query else path


_environment = Environment(
    loader=PackageLoader("deployments.api.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    finalize=lambda value: for_terminal(value) if isinstance(value, str) else value,
)
_environment.filters |= {
    "score": _number(formatting.score),
    "seconds": _number(formatting.seconds),
    "count": _number(lambda value: formatting.count(round(value))),
    "percent": _number(formatting.percent),
    "size": _number(formatting.size),
    "duration": _number(formatting.duration),
    "sentence": as_sentence,
    "commands": lambda text: with_commands(for_terminal(str(text))),
    "joules": _number(formatting.joules),
    "pace": _number(lambda value: formatting.per_second(value, "answers")),
    "in_utc": in_utc,
    "exact": exact,
    "date_and_time": date_and_time,
    "how_long_ago": how_long_ago,
    "address": address,
    "plain_word": plain_word,
    "status_class": lambda word: word if word in _STATUSES else "",
}
_environment.tests |= {
    "link": lambda value: isinstance(value, Link),
    "state": lambda value: isinstance(value, State),
    "compared": lambda value: isinstance(value, Compared),
    "moment": lambda value: isinstance(value, datetime),
}
_environment.globals |= {
    "counted": formatting.counted,
    "score_interval": formatting.score_interval,
    "navigation": NAVIGATION,
    "time_zone_note": TIME_ZONE_NOTE,
    "words": {
        "all": "all cases",
        "disagree": "where scores differ",
        "nobody": "where no answer has the best score",
        "server_failed": "server failed",
        "failed_itself": "failed by itself",
        "cut": "cut off",
        "waited_for_load": "waited for the load",
        "from_earlier_run": "from an earlier run",
        "missing": "not stored yet",
        "case": "order of the benchmark",
        "score": "score",
        "disagreement": "difference of scores",
        "length": "length",
        "latency": "latency",
        "tokens": "tokens",
    },
}
_environment.filters["when"] = vars(_environment.get_template("parts/moment.html").make_module())["time_of"]
