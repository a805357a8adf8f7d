"""How is a server's JSON read, whatever it holds? As JSON is defined, and within a bound of depth."""

import json
import re
from typing import Any

MAX_DEPTH = 100
"""Lists and objects in one another. Servers' own answers have about ten."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\Z)', re.DOTALL)
_AS_ROUND = bytes.maketrans(b"[{]}", b"(())")
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[{]}")


class OddRecordError(ValueError):
    """What no honest server sends, in words: too large, too deep, or of a kind that cannot be meant.

    Raised while an answer is read. The connection turns it into a `ProviderError` that names the server.
    """


def parse_json(data: bytes) -> Any:
    """Return the value of a JSON text.

    Raises:
        OddRecordError: it is nested too deeply, has NaN or an infinity, or a number of thousands of digits.
        ValueError: it is no JSON, or no UTF-8.
    """
    # Counting is quick, and nearly every record has few of them.
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH and _is_too_deep(data):
        raise OddRecordError(f"it is nested more than {MAX_DEPTH} levels deep")
    text = data.decode("utf-8-sig", "surrogatepass")
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError:
        raise
    except OddRecordError:
        raise
    except ValueError as error:
        raise OddRecordError("it contains a number with thousands of digits") from error


def _is_too_deep(data: bytes) -> bool:
    """Return whether brackets outside of strings are nested too deeply: taken away pair by pair, the inmost first."""
    brackets = _STRING.sub(b"", data).translate(_AS_ROUND, _NO_BRACKETS)
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"()", b"")
    return brackets.count(b"(") > MAX_DEPTH or b"()" in brackets


def _refuse(constant: str) -> Any:
    raise OddRecordError(f"it holds {constant}, which is no JSON")
