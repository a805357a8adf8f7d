"""Does every next step begin and end alike: with a capital letter or a command in backticks, and with a full stop?"""

import ast
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

import evaluation.errors
from evaluation.errors import BenchmarkError, BenchwrightError, FailureKind, ProviderError, UnknownNameError

ROOT = Path(__file__).parents[2]
ERRORS = frozenset(name for name, kind in vars(evaluation.errors).items() if isinstance(kind, type))
POSITIONS = {"UnknownNameError": 3, "ProviderError": 2, "CandidateFailureError": 3, "TransientProviderError": 3}
"""Where the next step stands among an error's arguments; otherwise it is the second."""
KINDS = [
    kind for kind in vars(evaluation.errors).values() if isinstance(kind, type) and issubclass(kind, BenchwrightError)
]


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


def endings(step: ast.expr) -> Iterator[str]:
    """How a text in the source ends; empty where a value ends it."""
    match step:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=[*_, last]):
            yield from endings(last) if isinstance(last, ast.Constant) else ("",)
        case ast.IfExp():
            yield from endings(step.body)
            yield from endings(step.orelse)


def printed_steps(tree: ast.Module) -> Iterator[ast.expr]:
    """Every text of the source that is printed as a next step: `  next: …`, alone or after an error."""
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.JoinedStr | ast.Constant)
            and id(node) not in parts
            and any(
                "  next: " in text and not text.endswith("  next: ")
                for part in getattr(node, "values", [node])
                if isinstance(part, ast.Constant) and isinstance(text := part.value, str)
            )
        ):
            yield node


def findings_steps(tree: ast.Module) -> Iterator[ast.expr]:
    """Every next step of `benchwright doctor` that is written in its source."""
    for node in ast.walk(tree):
        is_step = isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == ["step"]
        if isinstance(node, ast.keyword | ast.Assign) and (is_step or getattr(node, "arg", "") == "next_step"):
            yield node.value


def refused(kind: type[BenchwrightError], step: str) -> BenchwrightError:
    """An error of that kind with this next step."""
    if kind is BenchmarkError:
        return BenchmarkError("cases.jsonl", "is empty", next_step=step)
    if kind is UnknownNameError:
        return UnknownNameError("run", "run-1", (), step)
    if issubclass(kind, ProviderError):
        return kind("no answer", FailureKind.TIMED_OUT, next_step=step)
    return kind("no server", step)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ("See `benchwright runs list`", "See `benchwright runs list`."),
        ("Name a file in it.", "Name a file in it."),
        ("Was its run deleted?", "Was its run deleted?"),
    ],
)
def test_the_next_step_of_every_error_ends_with_one_full_stop(
    kind: type[BenchwrightError], step: str, sentence: str
) -> None:
    error = refused(kind, step)

    assert sentence == error.next_step
    assert error.next_step == pickle.loads(pickle.dumps(error)).next_step


def test_every_next_step_that_is_no_errors_ends_with_a_full_stop() -> None:
    wrong, n_seen = [], 0
    for path in sorted((ROOT / "deployments").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        steps = list(printed_steps(tree))
        if path.parent.name == "doctor":
            steps += findings_steps(tree)
        for step in steps:
            for text in filter(None, endings(step)):
                n_seen += 1
                if not text.endswith((".", "?")):
                    wrong.append(f"{path.relative_to(ROOT)}:{step.lineno}: {text}")
    assert [] == wrong
    assert n_seen > 12


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
