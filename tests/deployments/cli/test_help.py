import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deployments.cli.app import COMMANDS

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


@pytest.mark.parametrize("command", ["evaluate", "compare", "race", "sweep"])
def test_commands_with_many_options_have_them_under_headings_each_once(
    benchwright: Callable[..., Any], command: str
) -> None:
    from typer.main import get_command

    from deployments.cli.app import app

    out = benchwright(command, "--help").out

    options = get_command(app).commands[command].params  # type: ignore[attr-defined]
    lines = [line.strip() for line in out.splitlines()]
    for option in options:
        if option.param_type_name == "option":
            (long,) = [name for name in option.opts if name.startswith("--")]
            assert 1 == sum(re.search(rf"(^|, ){long}( |$)", line) is not None for line in lines), long
    headings = [line for line in out.splitlines() if re.fullmatch(r"[A-Z][a-z ]+:", line)]
    assert len(headings) >= 7
    assert "Cases:" in headings


def test_every_option_under_a_heading_is_one_of_a_command() -> None:
    from typer.main import get_command

    from deployments.cli.app import app
    from deployments.cli.grouped_help import HEADINGS

    commands = get_command(app).commands  # type: ignore[attr-defined]
    known = {item.name for name in ("evaluate", "compare", "race", "sweep") for item in commands[name].params}
    assert {"help"} == {name for names in HEADINGS.values() for name in names} - known


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_commands_own_help_begins_with(name: str) -> None:
    from typer.main import get_command

    from deployments.cli.app import app

    command = get_command(app).commands[name]  # type: ignore[attr-defined]

    assert " ".join(command.help.split()).startswith(COMMANDS[name].summary)


def test_the_list_of_commands_imports_none_of_them() -> None:
    program = (
        "import sys; from deployments.cli.__main__ import run; code = run(['--help']); "
        "from deployments.cli.app import COMMANDS; "
        "modules = {lazy.target.partition(':')[0] for lazy in COMMANDS.values()}; "
        "print(code, len(modules), sorted(modules & sys.modules.keys()), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert f"0 {len(COMMANDS)} []\n" == done.stderr
