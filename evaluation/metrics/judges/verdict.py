"""Verdicts parsed from a judge's reply, which must match its schema exactly; nothing is repaired."""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from evaluation.files.exact_json import TwiceError, without_doubles
from evaluation.fingerprint import canonical_json
from evaluation.formatting import excerpt as cut
from evaluation.scores import ScoreFailure

UNREADABLE = "verdict_unreadable"
LOWEST_SCORE, HIGHEST_SCORE = 1, 5

Preference = Literal["A", "B", "tie"]
PREFERENCES: tuple[Preference, ...] = get_args(Preference)

MAX_REPLY_CHARACTERS = 20_000
"""Longest reply in characters: no verdict needs more, and a longer reply is not read."""
MAX_RATIONALE_CHARACTERS = 2_000
"""Characters kept of a rationale. The schema requests fewer."""
_ASKED_RATIONALE_CHARACTERS = 400
_EXCERPT_CHARACTERS = 160
_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})

_RATIONALE_SCHEMA = {"type": "string", "minLength": 1, "maxLength": _ASKED_RATIONALE_CHARACTERS}


def _schema(**fields: Mapping[str, Any]) -> str:
    # Sorted keys put the rationale first: the grade is written when the reasons are.
    properties = {"rationale": _RATIONALE_SCHEMA, **fields}
    required = sorted(properties)
    return canonical_json(
        {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    )


RUBRIC_SCHEMA = _schema(score={"type": "integer", "enum": list(range(LOWEST_SCORE, HIGHEST_SCORE + 1))})
PAIRWISE_SCHEMA = _schema(verdict={"type": "string", "enum": list(PREFERENCES)})


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricVerdict:
    """A grade with its rationale."""

    score: int
    """1 to 5."""
    rationale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PairVerdict:
    """The better of two answers, by position, with the rationale."""

    preference: Preference
    rationale: str


class _UnreadableError(ValueError):
    """Raised for an unreadable reply. The message continues "the verdict"."""


def read_rubric_verdict(reply: str) -> RubricVerdict | ScoreFailure:
    """Return the grade in a reply; where there is none, a failure that quotes the reply."""
    try:
        fields = _fields(reply, "rationale", "score")
        return RubricVerdict(score=_score(fields["score"]), rationale=_rationale(fields["rationale"]))
    except _UnreadableError as error:
        return unreadable(reply, str(error))


def read_pair_verdict(reply: str) -> PairVerdict | ScoreFailure:
    """Return the preference in a reply; where there is none, a failure that quotes the reply."""
    try:
        fields = _fields(reply, "rationale", "verdict")
        return PairVerdict(preference=_preference(fields["verdict"]), rationale=_rationale(fields["rationale"]))
    except _UnreadableError as error:
        return unreadable(reply, str(error))


def unreadable(reply: str, problem: str) -> ScoreFailure:
    """Return a failure that says what is wrong with a reply and quotes its beginning."""
    wrote = f"; the judge wrote: {excerpt(reply)}" if reply.strip() else ""
    return ScoreFailure(kind=UNREADABLE, message=f"the verdict {problem}{wrote}")


def excerpt(text: str, *, max_characters: int = _EXCERPT_CHARACTERS) -> str:
    """Return the beginning of `text` on one line, without characters that a terminal or a page would interpret."""
    # Twice the length is looked at, since runs of blanks shrink.
    shown = " ".join(_harmless(text[: 2 * max_characters]).split())
    return shown if len(shown) <= max_characters and len(text) <= 2 * max_characters else shown[:max_characters] + "…"


def _fields(reply: str, *names: str) -> dict[str, Any]:
    """Return the reply's object, which has exactly the expected fields."""
    parsed = _parsed(reply)
    if not isinstance(parsed, dict):
        raise _UnreadableError(f"is {_kind(parsed)}, not an object")
    missing = [name for name in names if name not in parsed]
    if missing:
        raise _UnreadableError(f"lacks {' and '.join(map(repr, missing))}")
    extra = [name for name in parsed if name not in names]
    if extra:
        raise _UnreadableError(f"has the unexpected field {excerpt(extra[0], max_characters=40)!r}")
    return parsed


def _parsed(reply: str) -> Any:
    if not reply.strip():
        raise _UnreadableError("is empty")
    if len(reply) > MAX_REPLY_CHARACTERS:
        raise _UnreadableError(f"is {len(reply)} characters long, more than the {MAX_REPLY_CHARACTERS} that are read")
    try:
        return json.loads(reply, object_pairs_hook=without_doubles, parse_constant=_no_constant)
    except _UnreadableError:
        raise
    except TwiceError as error:
        raise _UnreadableError(f"has the field {excerpt(error.key, max_characters=40)!r} twice") from error
    except json.JSONDecodeError as error:
        raise _UnreadableError(_json_problem(reply, error)) from error
    except RecursionError as error:
        raise _UnreadableError("is not readable JSON: it is nested too deeply") from error
    except ValueError as error:  # a number of thousands of digits
        raise _UnreadableError("is not readable JSON: it contains a number with too many digits") from error


def _json_problem(reply: str, error: json.JSONDecodeError) -> str:
    if error.msg == "Extra data":
        return f"is followed by more text, from character {error.pos + 1} on"
    if reply.lstrip()[:1] not in ("{", "["):
        return "is not valid JSON"
    return f"is not valid JSON ({error.msg} at character {error.pos + 1})"


def _no_constant(name: str) -> Any:
    raise _UnreadableError(f"is not valid JSON: {name} is not a JSON value")


def _score(value: Any) -> int:
    if type(value) is not int:
        raise _UnreadableError(f"has {_kind(value)} for a score, not a whole number")
    if not LOWEST_SCORE <= value <= HIGHEST_SCORE:
        shown = str(value) if abs(value) < 10**9 else "a number of many digits"
        raise _UnreadableError(f"has the score {shown}, which is not from {LOWEST_SCORE} to {HIGHEST_SCORE}")
    return value


def _preference(value: Any) -> Preference:
    if not isinstance(value, str):
        raise _UnreadableError(f"has {_kind(value)} for a preference, not one of {', '.join(PREFERENCES)}")
    if value not in PREFERENCES:
        shown = excerpt(value, max_characters=40)
        raise _UnreadableError(f"prefers {shown!r}, which is not one of {', '.join(PREFERENCES)}")
    return value


def _rationale(value: Any) -> str:
    if not isinstance(value, str):
        raise _UnreadableError(f"has {_kind(value)} for a rationale, not a text")
    if not value.strip():
        raise _UnreadableError("has an empty rationale")
    return _harmless(cut(value, MAX_RATIONALE_CHARACTERS))


def _harmless(text: str) -> str:
    return "".join(
        "\ufffd" if unicodedata.category(letter) in _HARMFUL and letter not in "\n\t\r\u200c\u200d" else letter
        for letter in text
    )


def _kind(value: Any) -> str:
    """Return the name of the value's JSON type."""
    if value is None:
        return "null"
    kinds = {bool: "a truth value", int: "a whole number", float: "a decimal number", str: "a text", list: "a list"}
    return kinds.get(type(value), "an object")
