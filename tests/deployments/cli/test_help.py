import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
SLOW = ("prefect", "pandas", "numpy", "scipy", "sklearn", "sqlmodel", "sqlalchemy", "httpx", "pyarrow", "uvicorn")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("models",),
        ("benchmarks", "add"),
        ("metrics", "list"),
        ("doctor",),
        ("evaluate",),
        ("recommend",),
        ("selection", "show"),
    ],
)
def test_help_answers_without_importing_what_is_slow(words: tuple[str, ...]) -> None:
    program = (
        "import sys; from deployments.cli.__main__ import run; "
        f"code = run([*{words!r}, '--help']); "
        f"print(code, sorted(set({SLOW!r}) & sys.modules.keys()), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "0 []\n" == done.stderr
    assert "Usage: benchwright" in done.stdout


@pytest.mark.parametrize(
    ("group", "commands"),
    [
        ("runs", ("list", "tag", "archive", "delete")),
        ("endpoints", ("list", "add", "remove")),
        ("models", ("list", "show", "pull", "register", "retire")),
        ("profiles", ("list", "show", "add")),
        ("benchmarks", ("list", "show", "add", "validate")),
        ("metrics", ("list", "show")),
        (
            "selection",
            (
                "show",
                "history",
                "promote",
                "rollback",
                "import",
                "imports",
                "forget",
                "save",
                "export",
                "outcome",
                "recommendations",
            ),
        ),
        ("db", ("info", "upgrade", "backup")),
    ],
)
def test_every_promised_command_is_there(
    benchwright: Callable[..., Any], group: str, commands: tuple[str, ...]
) -> None:
    for command in commands:
        said = benchwright(group, command, "--help")

        assert 0 == said.code
        assert f"Usage: benchwright {group} {command}" in said.out


def test_an_unknown_command_is_one_message_and_2(benchwright: Callable[..., Any]) -> None:
    said = benchwright("models", "lst")

    assert 2 == said.code
    assert "No such command 'lst'" in said.err
