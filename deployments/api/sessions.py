"""Sessions of browsers, which cannot send a key with each page: a cookie stands for the key that was given once.

A session lives in the memory of this process alone, and ends after half a day. The key behind it is looked up at each
request, so that a session ends with its key.
"""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

COOKIE = "benchwright_session"
LASTS_S = 12 * 3600.0
_MOST = 1000


@dataclass(frozen=True, slots=True)
class _Session:
    key_text: str
    ends_at: float


class Sessions:
    """Open sessions, by a hash of the cookie's text."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._lock, self._now = threading.Lock(), now
        self._open: dict[bytes, _Session] = {}

    def open(self, key_text: str) -> str:
        """Begin a session for a key, and return the text of its cookie; the oldest ends where there are too many."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._open = {name: each for name, each in self._open.items() if each.ends_at > self._now()}
            while len(self._open) >= _MOST:
                del self._open[next(iter(self._open))]
            self._open[_hashed(token)] = _Session(key_text, self._now() + LASTS_S)
        return token

    def key_of(self, cookies: Iterable[str]) -> str | None:
        """Return the key of the session that a `Cookie` header names; None: there is none.

        Args:
            cookies: The `Cookie` headers of a request.
        """
        session = self._open.get(_hashed(_token(cookies)))
        return session.key_text if session is not None and session.ends_at > self._now() else None

    def end(self, cookies: Iterable[str]) -> None:
        """End the session that a `Cookie` header names."""
        with self._lock:
            self._open.pop(_hashed(_token(cookies)), None)


def cookie_of(token: str, *, is_secure: bool) -> str:
    """Return the header that sets the cookie of a session: no script reads it, and no other site sends it."""
    lasts = f"Max-Age={LASTS_S:.0f}" if token else "Max-Age=0"
    return f"{COOKIE}={token}; Path=/; {lasts}; HttpOnly; SameSite=Strict{'; Secure' if is_secure else ''}"


def _token(cookies: Iterable[str]) -> str:
    pairs = (pair.strip().partition("=") for header in cookies for pair in header.split(";"))
    return next((value for name, _, value in pairs if name == COOKIE), "")


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
