import pytest

from deployments.gateway.problems import AllAwayError, BodyTooLongError, problem_of
from evaluation.errors import (
    BenchwrightError,
    ConfigurationError,
    FailureKind,
    ProviderError,
    SelectionError,
    StoreError,
    TransientProviderError,
    UnknownNameError,
)


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (ConfigurationError("x", "do y"), 400, "invalid_request_error"),
        (SelectionError("x", "do y"), 400, "invalid_request_error"),
        (BodyTooLongError("x", "do y"), 413, "invalid_request_error"),
        (UnknownNameError("model", "x", ["y"]), 404, "not_found_error"),
        (StoreError("x", "do y"), 503, "server_error"),
        (AllAwayError("x", "do y", 7.0), 503, "server_error"),
        (ProviderError("x", FailureKind.REFUSED_BY_POLICY, "do y"), 403, "permission_error"),
        (TransientProviderError("x", FailureKind.CUT_STREAM), 502, "api_error"),
        (TransientProviderError("x", FailureKind.TIMED_OUT), 504, "api_error"),
    ],
)
def test_an_error_has_a_status_and_the_protocols_type(error: BenchwrightError, status: int, kind: str) -> None:
    problem = problem_of(error)

    assert (status, kind, str(error)) == (problem.status, problem.openai_type, problem.message)


def test_every_kind_of_failure_is_an_error_of_a_client_or_a_server() -> None:
    assert all(400 <= problem_of(ProviderError("x", kind)).status < 600 for kind in FailureKind)


def test_the_wait_that_a_server_asks_for_is_passed_on() -> None:
    busy = TransientProviderError("x", FailureKind.QUEUE_FULL, retry_after_s=9.2)

    assert {"retry-after": "9"} == problem_of(busy).headers
    assert {"retry-after": "7"} == problem_of(AllAwayError("x", "y", 7.0)).headers
    assert {} == problem_of(ConfigurationError("x")).headers
