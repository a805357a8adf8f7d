"""Escaping of text of any content so that every database can store it."""

import re

_MARK = "\x1a"
_UNSTORABLE = re.compile("[\x00\x1a\ud800-\udfff]")
_ESCAPED = re.compile("\x1a([0-9a-f]{4})")
_CUT = re.compile("\x1a[0-9a-f]{0,3}\\Z")


def escape_text(text: str) -> str:
    r"""Return `text` as every database can hold it.

    NUL, lone surrogates and the mark itself as `\x1a` and four hex digits.

    PostgreSQL refuses NUL, and no encoder takes a lone surrogate; models write both.
    """
    return _UNSTORABLE.sub(lambda match: f"{_MARK}{ord(match[0]):04x}", text)


def unescape_text(stored: str) -> str:
    """Return the text from which `escape_text` made its result, without the part of an escape at which it was cut."""
    if _MARK not in stored:
        return stored
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), _CUT.sub("", stored))
