"""What goes wrong between here and the Prefect server, as problems."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from deployments.api.problems import ProblemError
from evaluation.formatting import excerpt

NOT_A_CHOICE = "is not one of"
"""What Prefect says of a name that the form of a deployment does not offer."""
_ADD_NAMES = "Give a name of this list; `benchmarks add FILE`, `endpoints add` and `profiles add` store further ones."


@contextmanager
def errors_as_problems() -> Iterator[None]:
    """Raise what goes wrong between here and the Prefect server as a problem."""
    from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError

    try:
        yield
    except ObjectNotFound:
        raise ProblemError(404, "there is no flow run with this id", kind="unknown-name") from None
    except PrefectHTTPStatusError as error:
        status = error.response.status_code
        if status in (409, 422):
            detail = detail_of(error.response)
            next_step = _ADD_NAMES if NOT_A_CHOICE in detail else None
            raise ProblemError(422, f"Prefect refuses the request: {detail}", next_step, kind="refused") from None
        raise _away(f"it answered {status}") from None
    except httpx.ReadTimeout:
        raise ProblemError(
            503,
            "the Prefect server takes too long to answer: it is busy",
            "Send the request again later, with the same Idempotency-Key if it starts something.",
            kind="prefect-away",
            headers={"Retry-After": "15"},
        ) from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise _away(type(error).__name__) from None


def _away(why: str) -> ProblemError:
    return ProblemError(
        503,
        f"the Prefect server is away: {why}",
        "Start it, or send the request again later.",
        kind="prefect-away",
        headers={"Retry-After": "5"},
    )


def detail_of(response: httpx.Response) -> str:
    """Return what an answer of the Prefect server says of a refusal."""
    try:
        detail = response.json().get("detail")
    except (ValueError, AttributeError):
        return excerpt(response.text, 500)
    return excerpt(str(detail), 500)
