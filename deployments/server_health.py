"""Health of a server: healthy, busy, gone, or another server than expected; and waiting for a busy one."""

import enum
import http.client
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from evaluation.machine_load import busy_words, stretched_s
from evaluation.store.retrying import PATIENCE_S

ANSWERS_WITHIN_S = 10.0
"""A server that is gone refuses at once; one that is busy may take seconds to say anything."""
PAUSE_S = 1.0


class Health(enum.Enum):
    """What a request to a server's health page says of it."""

    WELL = "answers"
    BUSY = "is running but does not respond"
    REFUSES = "refuses the request"
    GONE = "is not running"


def health_of(url: str, *, timeout_s: float | None = None) -> Health:
    """Return what becomes of a GET of `url`. No proxy is asked.

    Args:
        url: What is asked for.
        timeout_s: How long it may take; None: `ANSWERS_WITHIN_S`.
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
    """Return what the server is once it is busy no more, or after `patience_s`, longer where this machine is busy.

    Args:
        url: Its health page.
        name: What it is called to whoever waits.
        tell: Says once that it is waited for.
        patience_s: How long a server may be busy.
    """
    deadline, is_told = time.monotonic() + stretched_s(patience_s), False
    while (health := health_of(url)) is Health.BUSY and time.monotonic() < deadline:
        if not is_told:
            tell(f"note: {name} is busy; waiting for it" + (f": {words}" if (words := busy_words()) else ""))
            is_told = True
        time.sleep(PAUSE_S)
    return health
