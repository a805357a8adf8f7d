"""Health of a server: healthy, busy, gone, or another server than expected; and waiting for a busy one."""

import enum
import http.client
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from evaluation.machine_load import busy_words, stretched_s
from evaluation.store.retrying import PATIENCE_S

ANSWERS_WITHIN_S = 10.0
"""Timeout in seconds: a server that is gone refuses at once; a busy one may take seconds to answer."""
PAUSE_S = 1.0


class Health(enum.Enum):
    """State of a server according to a request to its health page."""

    WELL = "answers"
    BUSY = "is running but does not respond"
    REFUSES = "refuses the request"
    GONE = "is not running"


def health_of(url: str, *, timeout_s: float | None = None) -> Health:
    """Return the health of a server by a GET of `url`. No proxy is used.

    Args:
        url: URL to request.
        timeout_s: Timeout in seconds; None: `ANSWERS_WITHIN_S`.
    """
    parts = urlsplit(url)
    within_s = ANSWERS_WITHIN_S if timeout_s is None else timeout_s
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=within_s)
    try:
        connection.connect()
    except TimeoutError:
        return Health.BUSY
    except OSError:
        return Health.GONE
    try:
        connection.request("GET", parts.path or "/")
        status = connection.getresponse().status
    except OSError:  # no answer in time, or a connection that was cut before it
        return Health.BUSY
    except http.client.HTTPException:
        return Health.REFUSES
    finally:
        connection.close()
    if status < 400:
        return Health.WELL
    return Health.BUSY if status >= 500 or status == 429 else Health.REFUSES


def wait_while_busy(url: str, name: str, tell: Callable[[str], None], *, patience_s: float = PATIENCE_S) -> Health:
    """Return the server's health once it is not busy, or after `patience_s`, longer on a busy machine.

    Args:
        url: Its health page.
        name: Name of the server in messages.
        tell: Reports once that it is waited for.
        patience_s: Seconds for which a server may be busy.
    """
    deadline, is_told = time.monotonic() + stretched_s(patience_s), False
    while (health := health_of(url)) is Health.BUSY and time.monotonic() < deadline:
        if not is_told:
            tell(f"note: {name} is busy; waiting for it" + (f": {words}" if (words := busy_words()) else ""))
            is_told = True
        time.sleep(PAUSE_S)
    return health
