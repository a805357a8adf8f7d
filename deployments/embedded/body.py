"""The body of a request: its fields, each checked for the type it must have."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from deployments.embedded.replies import WireError

T = TypeVar("T", str, bool, int)


class Body:
    """JSON object of a request. Unknown fields are ignored, as the real server does."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.fields = fields

    @classmethod
    def read(cls, raw: bytes) -> "Body":
        """Parse the body.

        Raises:
            WireError: 400, it is missing, no JSON, or no object.
        """
        if not raw.strip():
            raise WireError(400, "missing request body")
        try:
            fields = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise WireError(400, f"invalid JSON: {error}") from error
        if not isinstance(fields, dict):
            raise WireError(400, f"json: cannot unmarshal {_kind(fields)} into Go value of type api.Request")
        return cls(fields)

    def get(self, name: str, default: T) -> T:
        """Return the field, or `default` where it is missing or null.

        Raises:
            WireError: 400, another type.
        """
        value = self.fields.get(name)
        if value is None:
            return default
        if type(value) is not type(default):
            raise self._mismatch(name, value, type(default).__name__)
        return value

    @property
    def messages(self) -> tuple[tuple[str, str], ...]:
        """Return role and content of each message.

        Raises:
            WireError: 400, not a list of objects with text in them.
        """
        value = self.fields.get("messages") or []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self._mismatch("messages", value, "[]api.Message")
        if any(item.get("images") for item in value):
            raise WireError(400, "this model does not support images")
        return tuple((str(item.get("role", "")).lower(), self._content(item.get("content"))) for item in value)

    def _content(self, value: Any) -> str:
        if isinstance(value, list) and all(isinstance(part, dict) and "text" in part for part in value):
            return "".join(str(part["text"]) for part in value)
        if value is not None and not isinstance(value, str):
            raise self._mismatch("messages.content", value, "string")
        return value or ""

    @staticmethod
    def _mismatch(name: str, value: Any, expected: str) -> WireError:
        message = f"json: cannot unmarshal {_kind(value)} into Go struct field Request.{name} of type {expected}"
        return WireError(400, message)


def _kind(value: Any) -> str:
    kinds = {str: "string", bool: "bool", int: "number", float: "number", list: "array", dict: "object"}
    return kinds.get(type(value), "null")
