"""Does every next step of an error begin alike: with a capital letter, or with a command in backticks?"""

import ast
from collections.abc import Iterator
from pathlib import Path

import evaluation.errors

ROOT = Path(__file__).parents[2]
ERRORS = frozenset(name for name, kind in vars(evaluation.errors).items() if isinstance(kind, type))
POSITIONS = {"UnknownNameError": 3, "ProviderError": 2, "CandidateFailureError": 3, "TransientProviderError": 3}
"""Where the next step stands among an error's arguments; otherwise it is the second."""


def next_steps(tree: ast.Module) -> Iterator[ast.expr]:
    """Every expression that is given as a next step."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        position = POSITIONS.get(name, 1)
        if name in ERRORS and name != "BenchmarkError" and len(call.args) > position:
            yield call.args[position]
        yield from (keyword.value for keyword in call.keywords if keyword.arg == "next_step")


def beginnings(step: ast.expr, tree: ast.Module) -> Iterator[str]:
    """How the step may begin, as far as the file says; a name is looked up in the file."""
    match step:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            yield text
        case ast.IfExp():
            yield from beginnings(step.body, tree)
            yield from beginnings(step.orelse, tree)
        case ast.BoolOp():
            for value in step.values:
                yield from beginnings(value, tree)
        case ast.BinOp():
            yield from beginnings(step.left, tree)
        case ast.Name():
            for node in ast.walk(tree):
                if isinstance(node, ast.Assign) and any(
                    isinstance(target, ast.Name) and target.id == step.id for target in node.targets
                ):
                    yield from (text for text in beginnings(node.value, ast.Module([], [])) if text)


def test_every_next_step_begins_with_a_capital_letter_or_a_command() -> None:
    wrong, n_seen = [], 0
    for folder in ("evaluation", "selection", "tasks", "flows", "deployments"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for step in next_steps(tree):
                for text in beginnings(step, tree):
                    n_seen += 1
                    if text and not (text[0].isupper() or text[0] in "`-"):
                        wrong.append(f"{path.relative_to(ROOT)}:{step.lineno}: {text}")
    assert [] == wrong
    assert n_seen > 500
