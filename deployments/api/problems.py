"""Errors as problem details (RFC 9457), with the message and next step that the command line shows."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Scope

from evaluation.errors import (
    BenchwrightError,
    IncomparableError,
    ProviderError,
    RefusedValueError,
    RunInUseError,
    SelectionError,
    StoreError,
    TransientProviderError,
    UnknownNameError,
    as_sentence,
)
from evaluation.escaping import one_line
from evaluation.formatting import excerpt

MEDIA_TYPE = "application/problem+json"
GATEWAY_PATHS = frozenset(
    {
        *(f"/v1/{name}" for name in ("chat/completions", "completions", "embeddings", "models")),
        *(f"/api/{name}" for name in ("chat", "generate", "embed", "tags", "show", "version")),
    }
)
"""Paths of the gateway."""
_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    503: "server_error",
}
"""Types of errors in OpenAI's protocol, where they are not the general ones."""
_STATUSES: Sequence[tuple[type[BenchwrightError], int]] = (
    (RunInUseError, 409),
    (IncomparableError, 409),
    (SelectionError, 422),
    (RefusedValueError, 422),
    (StoreError, 503),
    (TransientProviderError, 503),
    (ProviderError, 502),
    (BenchwrightError, 422),
)
"""HTTP status of each kind of error; the first that fits."""
_TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    408: "Request took too long",
    409: "Conflict",
    413: "Request too large",
    422: "Invalid request",
    429: "Too many requests",
    500: "Internal error",
    502: "Model server failed",
    503: "Unavailable",
}
_NEXT_STEPS = {
    400: "Correct the request, and send it again.",
    403: "Use the address under which the server is reached; `--allow-host NAME` allows another name.",
    405: "GET /api/v1/openapi.json lists the methods of each route.",
    408: "Send the request again.",
    409: "Read the state of what it is about: it does not allow this now.",
    413: "Send less at once.",
    500: "Look into the server's log for its traceback.",
    503: "Send the request again in a moment.",
}
"""What to do where a problem does not say it itself."""


def speaks_openai(path: str) -> bool | None:
    """Return whether clients of models ask at a path, whether or not anything is there; None if they do not.

    True: in OpenAI's protocol; False: in Ollama's.
    """
    if "//" in path:
        return None
    if path.startswith("/v1/"):
        return True
    return False if path.startswith("/api/") and not path.startswith("/api/v1/") else None


def opens_a_page(scope: Scope) -> bool:
    """Return whether a browser is to show what is answered: to an address, or to a form that it sent."""
    is_of_program = scope["path"].startswith(("/api/", "/v1/", "/health/", "/metrics"))
    return (
        scope["method"] in ("GET", "POST")
        and not is_of_program
        and any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])
    )


class ProblemError(HTTPException):
    """A request that is refused, with the problem to answer.

    It is one of FastAPI's exceptions, since FastAPI answers 400 to any other one that is raised while a body is read.
    """

    headers: dict[str, str]

    def __init__(
        self,
        status: int,
        detail: str,
        next_step: str | None = None,
        *,
        kind: str = "refused",
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.status, self.detail, self.next_step, self.kind = status, detail, next_step, kind
        self.errors = tuple(errors)

    def body(self, request_id: str | None) -> dict[str, Any]:
        """Return the problem as JSON."""
        body: dict[str, Any] = {
            "type": f"urn:benchwright:problem:{self.kind}",
            "title": _TITLES.get(self.status, "Error"),
            "status": self.status,
            "detail": self.detail,
        }
        if next_step := self.next_step or _NEXT_STEPS.get(self.status):
            body["next_step"] = next_step
        if self.errors:
            body["errors"] = [dict(error) for error in self.errors]
        if request_id:
            body["instance"] = f"urn:benchwright:request:{request_id}"
        return body

    def body_at(self, path: str, request_id: str | None) -> tuple[dict[str, Any], str]:
        """Return the body and its media type as clients of a path expect it: those of the gateway know no problems."""
        is_openai = speaks_openai(path)
        if is_openai is None:
            return self.body(request_id), MEDIA_TYPE
        message = f"{as_sentence(self.detail)} {self.next_step}" if self.next_step else self.detail
        kind = _TYPES.get(self.status, "api_error" if self.status >= 500 else "invalid_request_error")
        shaped = {"message": message, "type": kind, "param": None, "code": self.kind}
        return {"error": shaped if is_openai else message}, "application/json"

    def response(self, request: Request) -> Response:
        """Return the problem as the response to a request."""
        content, media_type = self.body_at(request.url.path, request_id_of(request))
        body = json.dumps(content)  # in ASCII: it may quote texts that are not valid Unicode
        return Response(body, self.status, headers=self.headers, media_type=media_type)


def problem_of(error: BenchwrightError, *, path_names: Collection[str] = ()) -> ProblemError:
    """Return the problem that tells of an error.

    Args:
        error: The error.
        path_names: Names in the path of the request: where one of them is unknown, there is nothing at the path.
    """
    if isinstance(error, UnknownNameError) and error.name in path_names:
        status = 404
    else:
        status = next(status for kind, status in _STATUSES if isinstance(error, kind))
    headers = {"Retry-After": "2"} if status == 503 else {}
    return ProblemError(status, error.message, error.next_step, kind=_kind(error), headers=headers)


def _kind(error: BenchwrightError) -> str:
    """Return the error's name in words: `unknown-name` of `UnknownNameError`."""
    name = type(error).__name__.removesuffix("Error")
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")


def add_handlers(app: FastAPI, error_page: Callable[[Request, ProblemError], Response]) -> None:
    """Answer every error of the application with a problem, but for invalid fields (`invalid_fields`).

    Args:
        app: The application.
        error_page: Makes the page that tells a browser of a problem.
    """

    def told(request: Request, problem: ProblemError) -> Response:
        return error_page(request, problem) if opens_a_page(request.scope) else problem.response(request)

    @app.exception_handler(ProblemError)
    async def refused(request: Request, error: ProblemError) -> Response:
        return told(request, error)

    @app.exception_handler(BenchwrightError)
    async def failed(request: Request, error: BenchwrightError) -> Response:
        names = [str(value) for value in request.path_params.values()]
        return told(request, problem_of(error, path_names=names))

    @app.exception_handler(AnyHTTPException)
    async def other(request: Request, error: AnyHTTPException) -> Response:
        detail, next_step = str(error.detail), None
        if error.status_code in (404, 405):
            detail, next_step = _nothing_there(request)
        headers = error.headers or {}
        return told(request, ProblemError(error.status_code, detail, next_step, kind="http", headers=headers))

    @app.exception_handler(ClientDisconnect)
    async def left(request: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=499)  # nobody reads it, and the log has nothing to tell

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        detail = f"an internal error ({type(error).__name__}); the log has its traceback"
        return told(request, ProblemError(500, detail, kind="internal"))


def _nothing_there(request: Request) -> tuple[str, str]:
    """Return what is wrong with a request that no route takes, and where the routes are listed."""
    path = request.url.path
    detail = f"nothing answers {request.method} {excerpt(one_line(path), 200)}"
    if opens_a_page(request.scope):
        return detail, "the links above lead to all pages."
    if speaks_openai(path) is None:
        return detail, "GET /api/v1/openapi.json lists the routes."
    return detail, f"The gateway serves {', '.join(sorted(GATEWAY_PATHS))}."


def request_id_of(request: Request) -> str | None:
    """Return the id that the server gave the request."""
    value = request.scope.get("state", {}).get("request_id")
    return value if isinstance(value, str) else None


def read_number(text: str, what: str) -> int:
    """Return the number of a thing that a path names by it.

    Raises:
        ProblemError: 404, it is no number.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ProblemError(404, f"{text[:80]!r} is not the number of a {what}", kind="unknown-name")
    return int(text)
