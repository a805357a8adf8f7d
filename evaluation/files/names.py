"""Validation of names of cases, benchmarks, candidates and tags; names that look alike are equal.

A name is kept in Unicode's composed form (NFC), in which `é` is one character however it was typed. Invisible
characters (zero-width spaces, direction marks, control characters) are rejected: with them, two names that read the
same would differ.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from evaluation.errors import ConfigurationError

LONGEST_NAME: Final = 500
"""Longest id, cluster or tag in characters; published data sets stay below 100, addresses used as ids below this."""
LONGEST_TITLE: Final = 200
"""Longest name of a benchmark, candidate or task in characters; it appears in tables and in indexes."""
_UNNAMED: Final = "a control character, or half of a surrogate pair"
_JOINERS: Final = frozenset("\u200c\u200d")
"""Invisible characters that are part of the spelling in Persian, in Indic scripts and in emoji."""


def normal_name(text: str) -> str:
    """Return the normalised name, as names are stored and compared: composed (NFC), without surrounding blanks."""
    return composed(text).strip()


def composed(text: str) -> str:
    """Return the text in Unicode's composed form (NFC), in which texts that look the same are equal."""
    return unicodedata.normalize("NFC", text)


def repeated_key(keys: Iterable[str]) -> tuple[str, str] | None:
    """Return a key of a mapping, or column of a table, that looks like an earlier one; None where no two do.

    With it, a note for a message where their Unicode forms differ, else an empty text.
    """
    forms: dict[str, str] = {}
    for key in keys:
        name = composed(key)
        if name in forms:
            return name, "" if forms[name] == key else ", in two Unicode forms"
        forms[name] = key
    return None


class Spellings:
    """Names as spelt in a file, to find those that occur in more than one Unicode form."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}
        self._others: dict[str, list[str]] = {}

    def add(self, text: str) -> tuple[str, int]:
        """Return the normalised name, and the number of its spelling, 0 for the first seen."""
        name, form = normal_name(text), text.strip()
        if self._first.setdefault(name, form) == form:
            return name, 0
        others = self._others.setdefault(name, [])
        if form not in others:
            others.append(form)
        return name, 1 + others.index(form)

    @property
    def merged(self) -> Sequence[str]:
        """The names with more than one spelling."""
        return tuple(self._others)


def name_problem(text: str, *, longest: int = LONGEST_NAME) -> str | None:
    """Return what keeps `text` from being a name, in a few words; None where nothing does."""
    if len(text) > longest:
        return f"has {len(text):,} characters, and a name has {longest} at most"
    hidden = next((index for index, sign in enumerate(text) if _is_hidden(text, index, sign)), None)
    if hidden is None:
        return None
    sign = text[hidden]
    return f"holds the invisible character U+{ord(sign):04X} ({unicodedata.name(sign, _UNNAMED)})"


def checked_name(text: str, *, what: str, longest: int = LONGEST_TITLE) -> str:
    """Return the normalised name.

    Args:
        text: As it was given.
        what: What it is the name of, for the message: `a tag`.
        longest: Most characters.

    Raises:
        ConfigurationError: it is empty, too long, or holds invisible characters.
    """
    name = normal_name(text)
    problem = name_problem(name, longest=longest) if name else "is empty"
    if problem:
        raise ConfigurationError(f"{what} {problem}", "Give it a name that people can read and type.")
    return name


def _is_hidden(text: str, index: int, sign: str) -> bool:
    if sign.isascii():
        return sign < " " or sign == "\x7f"
    if sign in _JOINERS:
        return not (_is_foreign(text[index - 1 : index]) and _is_foreign(text[index + 1 : index + 2]))
    return unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _is_foreign(sign: str) -> bool:
    """Check whether the character is of a script in which a joiner changes the spelling."""
    return bool(sign) and ord(sign) >= 0x600
