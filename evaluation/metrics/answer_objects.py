"""Answers in JSON objects: `{"reasoning": "A is wrong", "final_answer": "B"}` gives `B`."""

import re
from typing import Any

from evaluation.metrics.json_answers import JsonAnswer, find_json

_OBJECT = re.compile(r"\s*(?:```(?:json)?\s*)?(\{.*\})(?:\s*```)?\s*", re.DOTALL)
_ANSWER = re.compile(r"(?:^|[_\s-])(?:answer|choice|option|letter|selection|pick)s?(?:$|[_\s-])", re.IGNORECASE)


def answer_in_object(text: str) -> str | None:
    """Return the value under `answer`, `final_answer`, `choice` or the like of the JSON object that is all of `text`.

    One line for each such key. None where `text` is no JSON object, fenced or not, or the object has no such key.
    """
    match = _OBJECT.fullmatch(text)
    if match is None:
        return None
    json_answer = find_json(match.group(1), strict=True)
    if not isinstance(json_answer, JsonAnswer) or not isinstance(json_answer.value, dict):
        return None
    values = [_written(value) for name, value in json_answer.value.items() if _ANSWER.search(name)]
    return "\n".join(values) if values and all(values) else None


def _written(value: Any) -> str:
    """Return a string or number as text, or a list of them joined by " and "; empty for anything else."""
    if isinstance(value, list):
        parts = [_written(item) for item in value]
        return " and ".join(parts) if all(parts) else ""
    if isinstance(value, bool):
        return str(value)
    return str(value) if isinstance(value, str | int | float) else ""
