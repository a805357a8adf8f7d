"""What a browser sends with a form of ours: from our own pages alone, bounded, and as texts by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, Request

from deployments.api.problems import ProblemError

LARGEST_FORM = 2 * 2**20
"""Bytes of a form at most; files come another way."""
MOST_FIELDS = 5_000
FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedForm:
    """The fields of a form as they were sent."""

    fields: Mapping[str, Sequence[str]]

    def text(self, name: str) -> str:
        """Return the text of a field; empty where it was not sent."""
        return next(iter(self.fields.get(name, ())), "")

    def texts(self, name: str) -> list[str]:
        """Return all texts of a field of which several may be chosen."""
        return list(self.fields.get(name, ()))


async def from_own_page(request: Request) -> None:
    """Let a changing request through only if a page of this server sent it.

    The guard has refused foreign `Origin` and `Sec-Fetch-Site` headers; here one of the two has to be there, since a
    browser that sends neither may be showing anybody's page.

    Raises:
        ProblemError: 403, nothing tells that it comes from one of our pages.
    """
    headers = request.headers
    if headers.get("origin") or headers.get("sec-fetch-site") == "same-origin":
        return
    raise ProblemError(
        403,
        "this request does not come from a page of this server",
        "Use the form on the page; programs use the API below /api/v1.",
        kind="origin",
    )


async def posted_form(request: Request) -> PostedForm:
    """Return the fields of a form.

    Raises:
        ProblemError: 403, it does not come from one of our pages; 413, it is too large; 422, it is no form.
    """
    await from_own_page(request)
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if body and content_type != FORM_TYPE:
        raise ProblemError(422, f"expected a form, received {content_type[:80]!r}", "Use the form on the page.")
    if len(body) > LARGEST_FORM:
        raise ProblemError(413, f"the form is larger than {LARGEST_FORM:,} bytes", kind="size")
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise ProblemError(422, "the form is not valid UTF-8, or has too many fields", "Send it again.") from None
    if any("\0" in text for texts in fields.values() for text in texts):
        raise ProblemError(422, "the form contains a null character", "Remove it.")
    return PostedForm(fields=fields)


Form = Annotated[PostedForm, Depends(posted_form)]
OWN_PAGE = Depends(from_own_page)
