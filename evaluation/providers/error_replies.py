"""Error replies of servers, with one parser for every shape of error body."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from evaluation.providers.json_reading import parse_json

MAX_SHOWN = 500
"""Characters of a server's text shown in a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """Details for an error message: which server, which model, which context."""

    url: str
    model: str | None = None
    num_ctx: int | None = None
    text: str = ""
    """Text that the model had written before the refusal."""

    @property
    def subject(self) -> str:
        """The server, and the model if there is one, in words."""
        return f"{self.url}, model {self.model!r}" if self.model else self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error status with the details of its body."""

    status: int
    """500 for an error line in a stream, whose own status was 200."""
    message: str
    """Innermost error text; empty if the body is empty."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Innermost error object, if the server sends one."""
    is_json: bool = False
    retry_after_s: float | None = None
    in_stream: bool = False
    """True if the answer had started successfully, with a status of 200."""

    def sentence(self, context: RequestContext) -> str:
        """Return a sentence that says what the server answered."""
        did = "broke the answer off" if self.in_stream else f"answered {self.status}"
        return f"{context.subject}: the server {did}: {self.message or '(nothing)'}"

    @classmethod
    def read(cls, status: int, body: bytes, retry_after: str | None = None) -> "Refusal":
        """Read the refusal from an answer's status, body and `Retry-After` header."""
        wait_s = read_retry_after(retry_after)
        try:
            parsed = parse_json(body)
        except ValueError:
            text = _shortened(body.decode("utf-8", "replace"))
            return cls(status=status, message=text, retry_after_s=wait_s)
        message, details = innermost(parsed)
        return cls(status=status, message=_shortened(message), details=details, is_json=True, retry_after_s=wait_s)


def line_refusal(record: Mapping[str, Any]) -> Refusal:
    """Return the refusal in an error record within a stream whose status was good."""
    message, details = innermost(record)
    status = details.get("code")
    is_status = isinstance(status, int) and 400 <= status < 600
    return Refusal(
        status=status if is_status and status is not None else 500,
        message=_shortened(message),
        details=details,
        is_json=True,
        in_stream=True,
    )


def innermost(body: Any) -> tuple[str, Mapping[str, Any]]:
    """Return the text and object of the innermost error in a body.

    The body is `{"error": …}` around text, an object, or JSON inside the text.
    """
    details: Mapping[str, Any] = {}
    for _ in range(6):
        if isinstance(body, str):
            inner = _object_in(body)
            if inner is None:
                return body, details
            body = inner
        elif isinstance(body, Mapping):
            details = body if "error" not in body else details
            body = next((body[key] for key in ("error", "message", "detail") if body.get(key)), "")
        else:
            break
    return "" if body is None else str(body), details


def _object_in(text: str) -> Mapping[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        parsed = parse_json(text.encode("utf-8", "surrogatepass"))
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def read_retry_after(header: str | None) -> float | None:
    """Return the seconds to wait, given as a number or a date; None where there is neither."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            seconds = (moment - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= MAX_SHOWN else words[:MAX_SHOWN] + " …"
