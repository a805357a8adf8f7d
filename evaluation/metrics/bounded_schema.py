"""JSON Schema validation of untrusted values: no network access and a bounded amount of work.

Restricts what `jsonschema` leaves open: references to other documents, patterns with catastrophic backtracking,
references that multiply, and comparing all members of a long list with one another.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from evaluation.formatting import excerpt
from evaluation.metrics.bounded_search import checked_pattern, is_found
from evaluation.metrics.json_answers import NotJson, parsed_json

MAX_CHECKS = 500_000
"""Schema keywords that are applied to one value, at most."""
_MAX_CHARS = 300
_DATA_KEYWORDS = frozenset({"const", "enum", "default", "example", "examples"})
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_checks_left: ContextVar[int] = ContextVar("checks_left")

Keyword = Callable[[Any, Any, Any, Any], Any]


class SchemaFaultError(Exception):
    """Raised for an unusable schema. The message continues "a schema that …"."""


class TooMuchWorkError(Exception):
    """Raised when checking a value against a schema takes too many steps."""


@dataclass(frozen=True)
class BoundedSchema:
    """A validated schema."""

    validator: Any

    def first_violation(self, value: Any) -> str | None:
        """Return where and how a value first violates the schema; None where it is valid.

        Raises:
            PatternTimeoutError, TooMuchWorkError: it takes longer than it may.
            SchemaFaultError: the schema turns out to be unusable with this value.
        """
        from jsonschema.exceptions import UnknownType
        from referencing.exceptions import Unresolvable

        token = _checks_left.set(MAX_CHECKS)
        try:
            error = next(self.validator.iter_errors(value), None)
        except RecursionError:
            raise TooMuchWorkError("the schema recurses without end or is nested too deeply") from None
        except OverflowError:
            return "$: number too large to compare"
        except (Unresolvable, UnknownType, re.error) as problem:
            raise SchemaFaultError(f"cannot be applied: {excerpt(str(problem), _MAX_CHARS)}") from problem
        finally:
            _checks_left.reset(token)
        return None if error is None else f"{_shown_path(error.absolute_path)}: {_cut(error.message)}"


@lru_cache(maxsize=256)
def bounded_schema(text: str) -> BoundedSchema:
    """Parse a JSON text as a schema.

    Raises:
        SchemaFaultError: it is no JSON, no schema, refers to another document, or cannot be bounded.
    """
    from jsonschema import validators
    from jsonschema.exceptions import SchemaError
    from referencing.jsonschema import EMPTY_REGISTRY

    schema = parsed_json(text)
    if isinstance(schema, NotJson):
        raise SchemaFaultError(f"is no JSON: {schema.reason}")
    if not isinstance(schema, dict | bool):
        raise SchemaFaultError(f"is a {type(schema).__name__}, neither an object nor true or false")
    kind = validators.validator_for(schema, default=validators.Draft202012Validator)
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        raise SchemaFaultError(f"is not valid at {_shown_path(error.absolute_path)}: {_cut(error.message)}") from error
    except RecursionError:
        raise SchemaFaultError("is nested too deeply") from None
    # A part that names its draft would be checked by that draft's own, unbounded rules.
    plain = _without_draft(schema)
    validator = _bounded(kind)(plain, registry=EMPTY_REGISTRY)
    _refuse_what_cannot_be_bounded(plain, validator)
    return BoundedSchema(validator)


def _refuse_what_cannot_be_bounded(schema: Any, validator: Any) -> None:
    from referencing.exceptions import Unresolvable

    parts = list(_parts(schema))
    keywords = {keyword for part in parts for keyword in part}
    if "patternProperties" in keywords and "unevaluatedProperties" in keywords:
        raise SchemaFaultError("uses unevaluatedProperties beside patternProperties, whose work cannot be bounded")
    has_own_addresses = any("$id" in part for part in parts)
    for part in parts:
        for pattern in [part.get("pattern"), *_keys(part.get("patternProperties"))]:
            _refuse_bad_pattern(pattern)
        for keyword in ("$ref", "$dynamicRef"):
            reference = part.get(keyword)
            if isinstance(reference, str) and not has_own_addresses:
                try:
                    validator._resolver.lookup(reference)
                except Unresolvable:
                    raise SchemaFaultError(f"refers to {excerpt(reference, 200)!r}, which it does not hold") from None


def _refuse_bad_pattern(pattern: Any) -> None:
    if isinstance(pattern, str):
        try:
            checked_pattern(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            raise SchemaFaultError(f"has a pattern {excerpt(pattern, 200)!r} that does not compile: {error}") from error


def _keys(value: Any) -> list[str]:
    return list(value) if isinstance(value, dict) else []


def _parts(schema: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every object of a schema that is not plain data."""
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting.extend(value for key, value in part.items() if key not in _DATA_KEYWORDS)
        elif isinstance(part, list):
            waiting.extend(part)


def _without_draft(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            key: value if key in _DATA_KEYWORDS else _without_draft(value)
            for key, value in schema.items()
            if not (key == "$schema" and isinstance(value, str))
        }
    return [_without_draft(part) for part in schema] if isinstance(schema, list) else schema


@lru_cache(maxsize=16)
def _bounded(kind: Any) -> Any:
    """Return the keywords of a draft, with each step counted and the unbounded ones replaced."""
    from jsonschema import validators

    careful: dict[str, Keyword] = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
    }
    keywords = {name: careful.get(name, rule) for name, rule in kind.VALIDATORS.items()}
    return validators.extend(kind, {name: _counted(rule) for name, rule in keywords.items()})


def _counted(rule: Keyword) -> Keyword:
    def counted(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
        left = _checks_left.get()
        if left <= 0:
            raise TooMuchWorkError(f"the value takes more than {MAX_CHECKS:,} checks of the schema")
        _checks_left.set(left - 1)
        return rule(validator, value, instance, schema)

    return counted


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError

    if validator.is_type(instance, "string") and not is_found(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Mapping[str, Any], instance: Any, schema: Any) -> Iterator[Any]:
    if validator.is_type(instance, "object"):
        for pattern, part in patterns.items():
            for name, value in instance.items():
                if is_found(pattern, name):
                    yield from validator.descend(value, part, path=name, schema_path=pattern)


def _additional_properties(validator: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError

    if not validator.is_type(instance, "object"):
        return
    named, patterns = schema.get("properties", {}), tuple(schema.get("patternProperties", {}))
    extras = [
        name for name in instance if name not in named and not any(is_found(pattern, name) for pattern in patterns)
    ]
    if isinstance(allowed, dict):
        for name in extras:
            yield from validator.descend(instance[name], allowed, path=name)
    elif not allowed and extras:
        yield ValidationError(f"no property {', '.join(map(repr, sorted(extras)[:5]))} is allowed")


def _unique_items(validator: Any, is_wanted: bool, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError

    if is_wanted and validator.is_type(instance, "array"):
        seen: set[Any] = set()
        for i, each in enumerate(map(_comparable, instance)):
            if each in seen:
                yield ValidationError(f"item {i} occurs twice")
                return
            seen.add(each)


def _comparable(value: Any) -> Any:
    """Return a hashable value that is equal for equal JSON: 1 is 1.0, true is not 1."""
    if isinstance(value, dict):
        return "object", frozenset((name, _comparable(each)) for name, each in value.items())
    if isinstance(value, list):
        return "array", tuple(map(_comparable, value))
    return isinstance(value, bool), value


def _shown_path(path: Any) -> str:
    """Return the place in a value, as a path from `$`, without control characters."""
    steps = [f"[{step}]" if isinstance(step, int) else _shown_name(step) for step in path]
    return _cut("$" + "".join(steps))


def _shown_name(name: Any) -> str:
    return f".{name}" if _PLAIN_NAME.fullmatch(str(name)) else f"[{json.dumps(str(name))}]"


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_CHARS else text[:_MAX_CHARS] + " …"
