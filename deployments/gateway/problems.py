"""Errors as the answers of a client's protocol: status, body, and how long to wait."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from deployments.gateway.budgets import BudgetSpentError
from evaluation.errors import (
    BenchwrightError,
    ConfigurationError,
    FailureKind,
    ProviderError,
    SelectionError,
    StoreError,
    UnknownNameError,
)

_BY_KIND: Mapping[FailureKind, HTTPStatus] = {
    FailureKind.MODEL_NOT_PULLED: HTTPStatus.NOT_FOUND,
    FailureKind.BAD_OPTION: HTTPStatus.BAD_REQUEST,
    FailureKind.PROMPT_TOO_LONG: HTTPStatus.BAD_REQUEST,
    FailureKind.REFUSED_BY_POLICY: HTTPStatus.FORBIDDEN,
    FailureKind.QUEUE_FULL: HTTPStatus.SERVICE_UNAVAILABLE,
    FailureKind.SERVER_DOWN: HTTPStatus.SERVICE_UNAVAILABLE,
    FailureKind.TIMED_OUT: HTTPStatus.GATEWAY_TIMEOUT,
    FailureKind.LOADING_TIMED_OUT: HTTPStatus.GATEWAY_TIMEOUT,
}
"""Statuses of servers' failures; of others 502, since the gateway itself is well."""
_OPENAI_TYPES = {
    HTTPStatus.NOT_FOUND: "not_found_error",
    HTTPStatus.FORBIDDEN: "permission_error",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
    HTTPStatus.SERVICE_UNAVAILABLE: "server_error",
}
_RETRY_S = 2.0


class BodyTooLongError(ConfigurationError):
    """A request's body is longer than allowed."""


class AllAwayError(BenchwrightError):
    """No server may be asked now, since each failed lately."""

    def __init__(self, message: str, next_step: str | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message, next_step)
        self.args = (message, next_step, retry_after_s)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error as an answer."""

    status: HTTPStatus
    message: str
    """With the next step."""
    retry_after_s: float | None = None

    @property
    def openai_type(self) -> str:
        """The error's type in OpenAI's protocol."""
        return _OPENAI_TYPES.get(self.status, "api_error" if self.status >= 500 else "invalid_request_error")

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the answer."""
        return {} if self.retry_after_s is None else {"retry-after": str(max(1, round(self.retry_after_s)))}


def problem_of(error: BenchwrightError) -> Problem:
    """Return the error as an answer."""
    status = _status(error)
    stated_s = getattr(error, "retry_after_s", None)
    default_s = _RETRY_S if status is HTTPStatus.SERVICE_UNAVAILABLE else None
    return Problem(status=status, message=str(error), retry_after_s=default_s if stated_s is None else stated_s)


def _status(error: BenchwrightError) -> HTTPStatus:
    if isinstance(error, ProviderError):
        return _BY_KIND.get(error.kind, HTTPStatus.BAD_GATEWAY)
    if isinstance(error, BudgetSpentError):
        return HTTPStatus.TOO_MANY_REQUESTS
    if isinstance(error, StoreError | AllAwayError):
        return HTTPStatus.SERVICE_UNAVAILABLE
    if isinstance(error, UnknownNameError):
        return HTTPStatus.NOT_FOUND
    if isinstance(error, BodyTooLongError):
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    if isinstance(error, ConfigurationError | SelectionError):
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.INTERNAL_SERVER_ERROR
