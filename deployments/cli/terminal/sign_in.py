"""Signing in to Prefect's pages from a terminal, without typing the password."""

import sys
from urllib.parse import quote

from deployments.guarded.origins import SIGN_IN
from deployments.prefect_home import password_file, password_is_own, password_to_give


def sign_in_page(page: str) -> str:
    """Return the address that signs a browser in, for a terminal.

    For a log or a pipe it is the plain address, without the password.
    """
    if not (sys.stdout.isatty() and sys.stderr.isatty()):
        return page
    return f"{page}{SIGN_IN}#{quote(password_to_give(), safe=':')}"


def password_words(*, has_password: bool) -> str | None:
    """Return where to find the password of our own servers, as text; None where they need none."""
    if not has_password:
        return None
    return str(password_file()) if password_is_own() else "PREFECT_SERVER_API_AUTH_STRING"
