"""The requested answer format: Ollama's `format` as a JSON schema, checked before it reaches the sampler."""

from collections.abc import Mapping
from typing import Any

from deployments.embedded.replies import BARE_JSON, WireError, json_bytes

_TYPES = {"object", "array", "string", "number", "integer", "boolean", "null"}


def schema_of(requested: Any) -> Mapping[str, Any] | None:
    """Return the schema that the answer must follow; None for plain text.

    Raises:
        WireError: 500 for an invalid format, 400 for a schema that cannot be converted to a grammar.
    """
    if requested is None or requested == "":
        return None
    if requested == "json":
        return {"type": "object"}
    if not isinstance(requested, Mapping):
        shown = json_bytes(json_bytes(requested).decode()).decode()
        raise WireError(500, f'invalid format: {shown}; expected "json" or a valid JSON Schema object', BARE_JSON)
    problem = _problem(requested, requested)
    if problem:
        # The sampler would drop such a schema without a word.
        inner = {"error": {"code": 400, "message": f"JSON schema conversion failed: {problem}"}}
        raise WireError(400, json_bytes(inner).decode(), BARE_JSON)
    return requested


def _problem(schema: Any, root: Mapping[str, Any]) -> str | None:
    """Return the problem of `schema` as text; None where there is none."""
    if not isinstance(schema, Mapping):
        return None if isinstance(schema, bool) else f"a schema must be an object, not {schema!r}"
    kinds = schema.get("type", [])
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        if kind not in _TYPES:
            return f"Unrecognized schema type {kind!r}"
    reference = schema.get("$ref")
    if reference is not None and not _resolves(reference, root):
        return f"Error resolving ref {reference!r}"
    for part in _parts(schema):
        problem = _problem(part, root)
        if problem:
            return problem
    return None


def _parts(schema: Mapping[str, Any]) -> list[Any]:
    parts: list[Any] = []
    for key in ("properties", "$defs", "definitions"):
        if isinstance(schema.get(key), Mapping):
            parts += schema[key].values()
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        parts += schema.get(key, [])
    if "items" in schema:
        parts.append(schema["items"])
    return parts


def _resolves(reference: Any, root: Any) -> bool:
    if not isinstance(reference, str) or not reference.startswith("#"):
        return False
    for step in reference.lstrip("#/").split("/"):
        if step and not (isinstance(root, Mapping) and step in root):
            return False
        root = root[step] if step else root
    return True
