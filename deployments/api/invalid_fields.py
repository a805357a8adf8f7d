"""The problem of a request whose fields are invalid: each one with its value and what is allowed."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from deployments.api.problems import ProblemError
from evaluation.formatting import excerpt
from evaluation.requests.request_model import invalid_value_words

_LONGEST_VALUE = 120
_NEXT_STEP = "Correct the named fields; /api/v1/openapi.json describes them."
_UNWRITTEN = frozenset({"header", "cookie"})
"""Parts of a request whose values are not repeated, since they may be secret."""


def add_invalid_fields_handler(app: FastAPI) -> None:
    """Answer invalid requests with a problem that names their fields."""

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return invalid_request(error.errors(), request.scope.get("route")).response(request)


def invalid_request(invalid: Sequence[Any], route: object = None) -> ProblemError:
    """Return the problem that names each invalid field, what it was and what is allowed.

    Args:
        invalid: What pydantic found.
        route: The route that was requested, of which the names of fields are read.
    """
    body = route.body_field.field_info.annotation if isinstance(route, APIRoute) and route.body_field else None
    errors = [{"field": _field(item), "message": words_of_item(item, body)} for item in invalid]
    first = errors[0] if errors else {"field": "body", "message": "is invalid"}
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return ProblemError(
        422, f"{first['field']} {first['message']}{more}", _NEXT_STEP, kind="invalid-field", errors=errors
    )


def _field(item: Mapping[str, Any]) -> str:
    loc = item["loc"][:1] if item["type"] == "json_invalid" else item["loc"]
    return ".".join(map(str, loc))


def sentence_on(invalid: Sequence[Any], body: Any = None) -> str:
    """Return one sentence that names each field by its last part, its value and what is allowed.

    Args:
        invalid: What pydantic found.
        body: The type that has the fields; None: unknown fields are named without those that there are.
    """
    names = [item["loc"][-1] if item["loc"] else "the form" for item in invalid]
    return "; ".join(f"{name} {words_of_item(item, body)}" for name, item in zip(names, invalid, strict=True))


def words_of_item(item: Mapping[str, Any], body: Any) -> str:
    """Return what is wrong with a field, to follow its name: its value, and what is allowed."""
    loc = tuple(item["loc"])
    match item["type"]:
        case "json_invalid":
            reason = item.get("ctx", {}).get("error", item["msg"])
            return f"is not JSON: {reason} at character {loc[-1]}" if loc[1:] else f"is not JSON: {reason}"
        case "missing":
            return "is missing" if item.get("input") is not None or len(loc) > 1 else "is missing: send JSON"
        case "extra_forbidden":
            return f"is not a known field{_known(loc, body)}"
    words = invalid_value_words(item)
    if loc[:1] and loc[0] in _UNWRITTEN:
        return words
    return f"{words} (got {excerpt(repr(item.get('input')), _LONGEST_VALUE)})"


def _known(loc: Sequence[Any], body: Any) -> str:
    model = _model_at(body, loc[1:-1])
    if model is None:
        return ""
    names = list(model.model_fields)
    close = get_close_matches(str(loc[-1]), names, n=1)
    meant = f"; did you mean {close[0]!r}?" if close else ""
    return f"{meant or '.'} The fields are {', '.join(names)}" if names else ""


def _model_at(kind: Any, path: Sequence[Any]) -> type[BaseModel] | None:
    """Return the model whose fields stand at a path within a body; None where there is none, or several."""
    models = list(_models_in(kind))
    if not models or len(models) > 1:
        return None
    if not path:
        return models[0]
    part, rest = path[0], path[1:]
    if isinstance(part, int):
        return _model_at(models[0], rest)
    field = models[0].model_fields.get(str(part))
    return None if field is None else _model_at(field.annotation, rest)


def _models_in(kind: Any) -> "set[type[BaseModel]]":
    """Return the models that a type is made of: itself, the items of a list, the kinds of a union."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {kind}
    return {model for each in get_args(kind) for model in _models_in(each)}
