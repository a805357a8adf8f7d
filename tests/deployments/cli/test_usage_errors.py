"""Is what is typed wrongly refused in Benchwright's own form: value, what is allowed, next step, also as JSON?"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from deployments.cli.app import COMMANDS, app

ROOT = Path(__file__).parents[3]
Command = Callable[..., Any]


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command and group below this one, with the words that call it."""
    for name, subcommand in getattr(command, "commands", {}).items():
        yield (*words, name), subcommand
        yield from commands(subcommand, (*words, name))


def group_names() -> list[tuple[str, ...]]:
    return [(), *(words for words, command in commands(typer.main.get_command(app)) if hasattr(command, "commands"))]


TYPED_WRONGLY = [
    (
        "evaluate cases.jsonl",
        "unexpected argument 'cases.jsonl'; `benchwright evaluate` takes options alone",
        "Name it with its option: `--benchmark cases.jsonl`; `benchwright evaluate --help` describes the options.",
    ),
    (
        "race options.yaml",
        "unexpected argument 'options.yaml'; `benchwright race` takes options alone",
        "Name it with its option: `--file options.yaml`; `benchwright race --help` describes the options.",
    ),
    (
        "sweep http://gpu:11434",
        "unexpected argument 'http://gpu:11434'; `benchwright sweep` takes options alone",
        "Name it with its option: `--endpoint http://gpu:11434`; `benchwright sweep --help` describes the options.",
    ),
    (
        "evaluate llama3.2:3b",
        "unexpected argument 'llama3.2:3b'; `benchwright evaluate` takes options alone",
        "Name it with its option: `--benchmark llama3.2:3b` or `--model llama3.2:3b`; "
        "`benchwright evaluate --help` describes the options.",
    ),
    (
        "recommend code",
        "unexpected argument 'code'; `benchwright recommend` takes options alone",
        "Name it with its option: `--task code`; `benchwright recommend --help` describes the options.",
    ),
    (
        "endpoints add a http://b c d",
        "unexpected arguments 'c', 'd'; `benchwright endpoints add` takes NAME URL and options",
        "Leave it out, or put quotes around a value with spaces; `benchwright endpoints add --help` describes the "
        "options.",
    ),
    (
        "evaluate --benchmrk x",
        "unknown option --benchmrk of `benchwright evaluate`; did you mean --benchmark?",
        "`benchwright evaluate --help` lists the options.",
    ),
    (
        "show --nosuch",
        "unknown option --nosuch of `benchwright show`; "
        "its options are --case, --cascade, --metric, --as-yaml, --json, --db, --help",
        "`benchwright show --help` lists the options.",
    ),
    (
        "evaluate -x",
        "unknown option -x of `benchwright evaluate`",
        "`benchwright evaluate --help` lists the options.",
    ),
    (
        "--db x.db runs list",
        "unknown option --db of `benchwright`; its options are --version, --install-completion, --show-completion, "
        "--help",
        "Options of a command stand behind its name, as in `benchwright COMMAND --db`; `benchwright --help` lists "
        "the options.",
    ),
    (
        "runs lst",
        "unknown command 'lst'; did you mean 'list'? Known: list, tag, archive, delete.",
        "`benchwright runs --help` says what each does.",
    ),
    (
        "runs tag",
        "missing argument RUN: A run's id, the beginning of one, or `last`",
        "Give it, as in `benchwright runs tag RUN`; `benchwright runs tag --help` describes it.",
    ),
    (
        "runs --limit 3 tag",
        "options of `benchwright runs tag` stand before the word 'tag'",
        "Put them after it; `benchwright runs tag --help` describes them.",
    ),
    (
        "serve --port 99999",
        "invalid --port '99999'; allowed: a whole number from 1 to 65535",
        "Correct it; `benchwright serve --help` describes it.",
    ),
    (
        "runs list --limit 0",
        "invalid --limit '0'; allowed: a whole number of 1 or more",
        "Correct it; `benchwright runs list --help` describes it.",
    ),
    (
        "evaluate --timeout soon",
        "invalid --timeout 'soon'; allowed: a number",
        "Correct it; `benchwright evaluate --help` describes it.",
    ),
    (
        "evaluate --limit",
        "option --limit lacks its value; expected a whole number",
        "Write `--limit N`; `benchwright evaluate --help` describes it.",
    ),
    (
        "runs list --all=yes",
        "option --all takes no value (got 'yes')",
        "Write --all alone; `benchwright runs list --help` describes it.",
    ),
]


@pytest.mark.parametrize(("typed", "message", "step"), TYPED_WRONGLY, ids=[item[0] for item in TYPED_WRONGLY])
def test_what_is_typed_wrongly_is_named_with_what_is_allowed_and_the_next_step(
    benchwright: Command, typed: str, message: str, step: str
) -> None:
    said = benchwright(*typed.split())

    assert (2, "", f"error: {message}\n  next: {step}\n") == (said.code, said.out, said.err)


@pytest.mark.parametrize(
    "typed",
    [
        "evaluate --json cases.jsonl",
        "evaluate --benchmrk x --json",
        "lst --json",
        "runs lst --json",
        "runs tag --json",
        "runs list --limit 0 --json",
        "runs list --json --limit",
        "runs list --json --limit 1_0",
    ],
)
def test_with_json_it_is_the_error_object_of_every_other_error(benchwright: Command, typed: str) -> None:
    said = benchwright(*typed.split())

    error = said.json["error"]
    assert (2, {"status": "error", "error": error}) == (said.code, said.json)
    assert said.err == f"error: {error['message']}\n  next: {error['next']}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_refuses_an_unknown_option_with_a_next_step(benchwright: Command, name: str) -> None:
    made = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    for words, _ in (((name,), made), *commands(made, (name,))):
        said = benchwright(*words, "--no-such-option-at-all")

        assert 2 == said.code
        error, step = said.err.splitlines()
        assert error.startswith("error: unknown option --no-such-option-at-all of `benchwright ")
        assert f"`benchwright {' '.join(words)}" in step
        assert step.startswith("  next: ")


@pytest.mark.parametrize("words", group_names(), ids=" ".join)
def test_every_group_names_its_commands_to_who_types_an_unknown_one(
    benchwright: Command, words: tuple[str, ...]
) -> None:
    if words == ("review",):
        pytest.skip("it takes any word as a run")
    said = benchwright(*words, "nosuchcommand")

    assert 2 == said.code
    assert said.err.startswith("error: unknown command 'nosuchcommand'")
    assert f"  next: `{' '.join(('benchwright', *words))} --help` says what each does.\n" in said.err


def test_a_group_alone_still_shows_its_help(benchwright: Command) -> None:
    said = benchwright("models")

    assert 2 == said.code
    assert "Usage: benchwright models" in said.err


def test_completion_is_not_stopped_by_a_wrong_word() -> None:
    environment = {"_BENCHWRIGHT_COMPLETE": "complete_bash", "COMP_WORDS": "benchwright runs list --limit x --al"}
    done = subprocess.run(
        [sys.executable, "-m", "deployments.cli"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "COMP_CWORD": "5", **environment},
        check=False,
    )

    assert (0, "--all") == (done.returncode, done.stdout.strip())
