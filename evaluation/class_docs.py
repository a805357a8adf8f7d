"""Docstrings of a class and of its fields, as its source has them."""

import ast
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from inspect import cleandoc, getsource
from itertools import pairwise
from textwrap import dedent


def docstring(kind: type) -> str:
    """Return the class's docstring; empty where it has none."""
    text = kind.__dict__.get("__doc__") or ""
    # A dataclass without words of its own is given its list of arguments.
    return "" if text.startswith(f"{kind.__name__}(") else cleandoc(text)


def option_docs(kind: type) -> dict[str, str]:
    """Return the docstring below each field of the dataclass, by the field's name; fields without one are left out."""
    docs: dict[str, str] = {}
    for owner in reversed(kind.__mro__):
        docs.update(_field_docs(owner))
    option_names = {field.name for field in fields(kind)}
    return {name: text for name, text in docs.items() if name in option_names}


@cache
def _field_docs(owner: type) -> tuple[tuple[str, str], ...]:
    """Return the names of annotated fields, each with the string right after it. To find the source takes long."""
    return tuple(_read_field_docs(owner))


def _read_field_docs(owner: type) -> Iterator[tuple[str, str]]:
    try:
        tree = ast.parse(dedent(getsource(owner)))
    except (OSError, TypeError, SyntaxError):  # a class of which there is no source
        return
    body = [statement for node in tree.body[:1] if isinstance(node, ast.ClassDef) for statement in node.body]
    for field, after in pairwise(body):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
            yield field.target.id, cleandoc(after.value.value)
