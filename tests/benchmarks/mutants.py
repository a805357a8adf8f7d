"""Small faults put into a module, one at a time: which could be there without a test that notices?

Left alone, since nobody computes with them: docstrings, annotations, decorators, what a metric says of itself
(`formula`, `blind_spots`, `unit`, …), the text of f-strings and of errors, and imports for type checkers.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_SAID = {"name", "unit", "formula", "source", "blind_spots", "scorer_version", "__all__"}
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_NAMES = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "lower": "upper",
    "startswith": "endswith",
    "endswith": "startswith",
    "rfind": "find",
    "find": "rfind",
    "partition": "rpartition",
    "rpartition": "partition",
    "search": "match",
    "fullmatch": "match",
    "casefold": "title",
}


@dataclass(frozen=True)
class Mutant:
    """One fault."""

    line: int
    fault: str
    put: Callable[[], None]
    """Changes the tree in place, for good."""


def mutants(tree: ast.Module) -> list[Mutant]:
    """All faults that can be put into a module, in the order of its text."""
    return sorted((mutant for node in _computing(tree) for mutant in _faults(node)), key=lambda mutant: mutant.line)


def _computing(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that something is computed with."""
    if isinstance(node, ast.JoinedStr | ast.Raise | ast.Import | ast.ImportFrom):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Assign | ast.AnnAssign) and _names(node) & _SAID:
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases", "type_comment"):
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                yield from _computing(part)


def _names(node: ast.Assign | ast.AnnAssign) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _faults(node: ast.AST) -> Iterator[Mutant]:
    line = getattr(node, "lineno", 0)
    for fault, put in _changes(node):
        yield Mutant(line, fault, put)


def _changes(node: ast.AST) -> Iterator[tuple[str, Callable[[], None]]]:
    match node:
        case ast.Compare(ops=ops):
            for i, op in enumerate(ops):
                if other := _COMPARISONS.get(type(op)):
                    yield f"{type(op).__name__} -> {other.__name__}", _setter_at(ops, i, other())
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _ARITHMETIC:
            other_op = _ARITHMETIC[type(op)]
            yield f"{type(op).__name__} -> {other_op.__name__}", _setter(node, "op", other_op())
        case ast.BoolOp(op=op):
            swapped = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield f"{type(op).__name__} -> {type(swapped).__name__}", _setter(node, "op", swapped)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield f"{type(node.op).__name__} removed", _setter(node, "operand", ast.UnaryOp(node.op, operand))
        case ast.Constant(value=value):
            yield from _other_constants(node, value)
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield "return None", _setter(node, "value", ast.Constant(None))
        case ast.If(test=test) | ast.IfExp(test=test):
            yield "condition negated", _setter(node, "test", ast.UnaryOp(ast.Not(), test))
        case ast.While():
            yield "loop never entered", _setter(node, "test", ast.Constant(False))
        case ast.comprehension(ifs=ifs):
            for i, test in enumerate(ifs):
                yield f"filter {ast.unparse(test)[:40]!r} removed", _setter_at(ifs, i, ast.Constant(True))
        case ast.Call(func=ast.Name(id=name)) if name in _NAMES:
            yield f"{name} -> {_NAMES[name]}", _setter(node.func, "id", _NAMES[name])
        case ast.Call(func=ast.Attribute(attr=name)) if name in _NAMES:
            yield f".{name} -> .{_NAMES[name]}", _setter(node.func, "attr", _NAMES[name])
        case ast.Expr(value=ast.Call()):
            yield "statement removed", _setter(node, "value", ast.Constant(None))
        case ast.Break() | ast.Continue():
            other_kind = ast.Continue if isinstance(node, ast.Break) else ast.Break
            yield f"{type(node).__name__} -> {other_kind.__name__}", _setter(node, "__class__", other_kind)


def _other_constants(node: ast.Constant, value: object) -> Iterator[tuple[str, Callable[[], None]]]:
    others: dict[type, Callable[[], object]] = {
        bool: lambda: not value,
        int: lambda: value + 1,  # type: ignore[operator]
        float: lambda: value + 1.0,  # type: ignore[operator]
        str: lambda: f"XX{value}",
    }
    if type(value) in others:
        other = others[type(value)]()
        yield f"{_short(value)} -> {_short(other)}", _setter(node, "value", other)


def _short(value: object) -> str:
    return repr(value)[:40]


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _setter(node: ast.AST, name: str, value: object) -> Callable[[], None]:
    return lambda: setattr(node, name, value)


def _setter_at(parts: list[object], i: int, value: object) -> Callable[[], None]:
    def put() -> None:
        parts[i] = value

    return put
