"""Every command is in the tables of `docs/python.md`: with its function, or with why it stays with the terminal."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import evaluation
import selection
from deployments.cli.app import app

PAGE = (Path(__file__).parents[2] / "docs/python.md").read_text(encoding="utf-8")
IN_PYTHON, _, IN_TERMINAL = (
    PAGE.partition("## Every command, and its function")[2]
    .partition("## When something is wrong")[0]
    .partition("These stay with the terminal")
)


def commands() -> Iterator[str]:
    """Every command that has none below it, with its group."""
    root: Any = get_command(app)
    for name in root.list_commands(None):
        command = root.get_command(None, name)
        for below in getattr(command, "commands", {None: None}):
            yield name if below is None else f"{name} {below}"


def cells(table: str, column: int) -> set[str]:
    rows = re.findall(r"^\| (`.*) \| (.*) \|$", table, re.MULTILINE)
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row[column])}


def test_every_command_has_a_function_or_a_reason_to_have_none() -> None:
    listed = sorted(word for table in (IN_PYTHON, IN_TERMINAL) for word in cells(table, 0) if "--" not in word)

    assert sorted(commands()) == listed


@pytest.mark.parametrize("package", [evaluation, selection])
def test_every_function_of_the_table_is_there(package: Any) -> None:
    names = cells(IN_PYTHON, 1) - {"evaluation.traffic"}
    of_selection = {name.removeprefix("selection.") for name in names if name.startswith("selection.")}
    expected = of_selection if package is selection else {name for name in names if "." not in name}

    assert [] == sorted(expected - set(package.__all__))
    assert len(expected) > 8
