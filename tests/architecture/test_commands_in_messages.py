"""Do messages, notes and next steps name commands and options that exist, and that the command at hand has?

Every command in backticks of the source is looked up here. Options that stand alone are looked up where they are said:
the fixture `benchwright` of `tests/deployments/cli` holds what each command says on stderr to its own options.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from named_options import foreign_options, problem_of, quoted_commands

ROOT = Path(__file__).parents[2]
PACKAGES = ("evaluation", "selection", "tasks", "flows", "deployments")
A_VALUE = "X"
"""What stands for a value that the source puts into a message."""
WITHOUT_ONE = re.compile(rf"benchwright (?:runs )?(?:{A_VALUE}\b|ARGUMENTS\b|\()")
"""Where a value, or a regular expression, stands for the command itself."""


def messages(tree: ast.Module) -> Iterator[str]:
    """Every text of a file in one line, without what is put into it."""
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            texts = [str(part.value) if isinstance(part, ast.Constant) else A_VALUE for part in node.values]
            yield " ".join("".join(texts).split())
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield " ".join(node.value.split())


def test_every_command_in_a_message_exists_with_its_options() -> None:
    n_seen, wrong = 0, []
    for path in (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))):
        for text in messages(ast.parse(path.read_text(encoding="utf-8"))):
            for command in quoted_commands(text):
                n_seen += 1
                if not WITHOUT_ONE.match(command) and (problem := problem_of(command)) is not None:
                    wrong.append(f"{path.relative_to(ROOT)}: {problem}")
    assert [] == wrong
    assert n_seen > 300


@pytest.mark.parametrize(
    ("said", "is_foreign"),
    [
        ("note: box: 1 request at a time; --slots N if the server serves more", True),
        ("  next: Name another with --metric; `benchwright metrics list` lists all.", True),
        ("  next: Allow more with `--timeout`.", True),
        ("  next: `benchwright evaluate --slots 4` asks more at once.", False),
        ("look at one (benchwright show abc --case ID), since it may be at fault", False),
        ("  next: Correct --limit: `benchwright evaluate --help` lists the options.", False),
        ("error: --json is given twice; see `--help`", False),
        ("a score-- and a--b are no options", False),
    ],
)
def test_an_option_that_the_command_has_not_is_noticed(said: str, is_foreign: bool) -> None:
    assert is_foreign is bool(foreign_options(said, ["metrics", "list", "--json"]))
