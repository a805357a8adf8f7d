"""Who rates in a browser: the name of the key, or one that was asked for once and is kept in a cookie."""

from urllib.parse import quote, unquote

from fastapi import Request

from deployments.api.access import Access
from deployments.api.pages.sign_in import is_secure
from evaluation.errors import ConfigurationError
from evaluation.reviews.rating_checks import checked_rater

COOKIE = "benchwright_rater"
_LASTS_S = 30 * 24 * 3600


def rater_of(request: Request) -> str | None:
    """Return the name of who rates; None: it has to be asked for."""
    access: Access = request.scope["state"]["access"]
    name = access.name if access.key is not None else unquote(request.cookies.get(COOKIE, ""))
    try:
        return checked_rater(name) if "\0" not in name else None
    except ConfigurationError:
        return None


def is_named_by_key(request: Request) -> bool:
    """Return whether the rater's name is that of the key, which no form changes."""
    access: Access = request.scope["state"]["access"]
    return access.key is not None


def rater_cookie(request: Request, name: str) -> str:
    """Return the header that keeps a rater's name in this browser, for the pages of reviews alone; empty: forget it."""
    lasts = f"Max-Age={_LASTS_S if name else 0}"
    secure = "; Secure" if is_secure(request) else ""
    return f"{COOKIE}={quote(name, safe='')}; Path=/reviews; {lasts}; HttpOnly; SameSite=Strict{secure}"
