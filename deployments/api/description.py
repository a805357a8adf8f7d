"""What `/api/v1/openapi.json` says of each route: what it answers, from the types of the results, and its problems."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from deployments.api.examples import BODIES, PARAMETERS
from deployments.api.idempotency import PARAMETER
from evaluation.results.json_schema import Schemas

JSON = "application/json"
_KIND = "x-kind"
"""Key under which the schema of an answer has the place of its type in `_KINDS` until the description is written."""
_KINDS: list["_Described"] = []
_PLACE = "#/components/schemas/"
_PROBLEM_SCHEMA = {
    "description": "What went wrong, as a problem document (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "Kind of the problem, as a URN."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "The message that the command line shows."},
        "next_step": {"type": "string", "description": "What to do about it."},
        "instance": {"type": "string", "description": "Names the request in the log."},
        "errors": {
            "type": "array",
            "description": "Each field that is not valid.",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
    "examples": [
        {
            "type": "urn:benchwright:problem:unknown-name",
            "title": "Not found",
            "status": 404,
            "detail": "unknown run 'nope'; there is no stored run",
            "next_step": "`benchwright runs list` shows the runs.",
            "instance": "urn:benchwright:request:0123456789abcdef",
        }
    ],
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": words, "content": {"application/problem+json": {"schema": {"$ref": f"{_PLACE}Problem"}}}}
    for status, words in {
        400: "The request cannot be read.",
        401: "No valid key.",
        403: "The key may not do this, or the request comes from a foreign page.",
        404: "There is nothing of this name.",
        405: "The address has no such method.",
        408: "The body took too long.",
        409: "It conflicts with the state of the thing.",
        413: "The request is too large.",
        422: "A field is not valid.",
        429: "Too many requests.",
        500: "An internal error.",
        502: "A model server failed.",
        503: "Something that this needs is away.",
    }.items()
}
"""Problems that every route may answer with."""


@dataclass(frozen=True, slots=True)
class _Described:
    kind: Any
    is_page: bool


def answer(kind: Any, status: int = 200, words: str = "The result.") -> dict[int | str, dict[str, Any]]:
    """Return what a route answers with, for its description: a result of this type, as JSON."""
    return {status: _answer(_Described(kind, is_page=False), words)}


def page_of(kind: Any) -> dict[int | str, dict[str, Any]]:
    """Return what a route answers with, for its description: a page of results of this type."""
    words = "A page; with `fields`, its items have these fields alone."
    return {200: _answer(_Described(kind, is_page=True), words)}


def text_answer(*media_types: str, words: str) -> dict[int | str, dict[str, Any]]:
    """Return what a route answers with, for its description: a text or a file of one of these types."""
    plain = [each.partition(";")[0] for each in media_types]
    content = {each: {"schema": {} if each == JSON else {"type": "string"}} for each in plain}
    return {200: {"description": words, "content": content}}


def events_answer(words: str) -> dict[int | str, dict[str, Any]]:
    """Return what a route answers with, for its description: server-sent events, each of this schema."""
    event = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "description": "For `Last-Event-ID`."},
            "event": {"type": "string", "enum": ["progress", "end", "problem"]},
            "data": {
                "type": "string",
                "contentMediaType": JSON,
                "description": "A `WorkStatus`, or a problem, as JSON.",
            },
        },
        "required": ["event", "data"],
    }
    return {200: {"description": words, "content": {"text/event-stream": {"schema": event}}}}


def unready_answer(kind: Any) -> dict[int | str, dict[str, Any]]:
    """Return what a check answers with, for its description: its result with 200, and with 503 where a part is away."""
    away = _answer(_Described(kind, is_page=False), "A part is away: the result says which one.")
    away["content"] |= PROBLEMS[503]["content"]
    return {**answer(kind), 503: away}


def describe(app: FastAPI) -> None:
    """Have the application describe its answers, problems, keys and examples."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(plain())
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _answer(described: _Described, words: str) -> dict[str, Any]:
    _KINDS.append(described)
    return {"description": words, "content": {JSON: {"schema": {_KIND: len(_KINDS) - 1}}}}


def _completed(description: dict[str, Any]) -> dict[str, Any]:
    """Return FastAPI's description with what it does not know."""
    schemas = Schemas(_PLACE)
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", []):
                parameter["schema"] = _without_null(parameter["schema"])
            _give_examples(path, operation)
            if method == "post":
                operation.setdefault("parameters", []).append(PARAMETER)
            if method == "get" and _KIND in operation["responses"]["200"]["content"].get(JSON, {}).get("schema", {}):
                _describe_tags(operation)
            for response in operation["responses"].values():
                for content in response.get("content", {}).values():
                    _fill_in(content["schema"], schemas)
    components = description.setdefault("components", {})
    bodies = components.setdefault("schemas", {})
    for schema in bodies.values():
        schema.pop("title", None)  # the heading of a form, which may be the name of a result
    if both := sorted(set(bodies) & set(schemas.definitions)):
        raise TypeError(f"a body and a result have one name: {both}")
    components["schemas"] = {**bodies, **schemas.definitions, "Problem": _PROBLEM_SCHEMA}
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    description["security"] = [{}, {"key": []}]
    return _with_short_names(description)


def _fill_in(schema: dict[str, Any], schemas: Schemas) -> None:
    """Write the schema of an answer in the place of its number."""
    number = schema.pop(_KIND, None)
    if number is None:
        return
    described = _KINDS[number]
    own = schemas.of(described.kind)
    schema.pop("title", None)
    schema |= _page(own, schemas) if described.is_page else own


def _page(item: dict[str, Any], schemas: Schemas) -> dict[str, Any]:
    """Return the schema of a page: of whole items, or of items with the chosen fields alone."""
    choices = [item]
    if "$ref" in item:
        name = item["$ref"].rpartition("/")[2]
        whole = schemas.definitions[name]
        words = f"Chosen fields of {name}."
        schemas.definitions[f"{name}Part"] = {**whole, "description": words, "required": []}
        choices.append({"$ref": f"{item['$ref']}Part"})
    return {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": {"anyOf": choices}},
            "next": {"type": ["string", "null"], "description": "`cursor` of the next page; null on the last one."},
        },
        "required": ["items", "next"],
        "additionalProperties": False,
    }


def _describe_tags(operation: dict[str, Any]) -> None:
    """Say that an answer has an `ETag`, and that a client that has it already is told so."""
    tag = {"description": "Identifies the content.", "schema": {"type": "string"}}
    operation["responses"]["200"].setdefault("headers", {})["ETag"] = tag
    operation["responses"]["304"] = {"description": "The client has this content.", "headers": {"ETag": tag}}
    words = "`ETag` of what the client has."
    parameter = {"name": "If-None-Match", "in": "header", "required": False, "description": words}
    operation.setdefault("parameters", []).append({**parameter, "schema": {"type": "string"}})


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter, which can be left out but not be null."""
    choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) != 1:
        return schema
    only: dict[str, Any] = choices[0]
    return {key: value for key, value in schema.items() if key != "anyOf"} | only


def _with_short_names(description: dict[str, Any]) -> dict[str, Any]:
    """Return the description with `DraftsKind` in the place of `evaluation__suite_writing__drafts__Kind`."""
    text = json.dumps(description)
    for name in description["components"]["schemas"]:
        module, _, own = name.rpartition("__")
        if module:
            short = module.rpartition("__")[2].title().replace("_", "") + own
            text = text.replace(f'{name}"', f'{short}"')
    named: dict[str, Any] = json.loads(text)
    return named


def _give_examples(path: str, operation: Mapping[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        example = PARAMETERS.get(f"{path} {parameter['name']}", PARAMETERS.get(parameter["name"]))
        if example is not None and parameter["in"] != "header":
            parameter["example"] = [example] if _is_list(parameter["schema"]) else example
    for content in operation.get("requestBody", {}).get("content", {}).values():
        example = BODIES.get(content["schema"].get("$ref", "").rpartition("/")[2])
        if example is not None:
            content["example"] = example


def _is_list(schema: Mapping[str, Any]) -> bool:
    return any(choice.get("type") == "array" for choice in schema.get("anyOf", [schema]))
