"""Commands and options that a text names, looked up among those that there are."""

import re
import shlex
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import click
import typer

ALTERNATIVES = re.compile(r"\[[^]]*\]|\|.*|[;&(].*|…|→.*")
"""What a sentence writes around a command: optional words, other choices, a following command."""
WITHOUT_COMMAND = {"review": "start"}
"""What a group takes a word for that is none of its commands."""
PROGRAM = "benchwright"
OF_A_FILE = "in the file)"
"""What a refusal says behind an option where the same may be written in a file, as of a request that is stored."""
_QUOTED = re.compile(r"`([^`]*)`")
_UNQUOTED = re.compile(r"\bbenchwright [a-z][^)\n]*")
_OPTION = re.compile(r"(?<![\w/.=-])--[a-z][a-z0-9-]*")
_OF_ANOTHER_PROGRAM = re.compile(r"`(?:prefect|pg_dump|pg_restore|ollama|docker) [^`]*`")
_ALWAYS = frozenset({"-h", "--help", "--version"})


@cache
def root() -> Any:
    """Return the command line."""
    from deployments.cli.app import app

    return typer.main.get_command(app)


def command_of(words: Sequence[str]) -> tuple[Any, list[str], str | None]:
    """Return the command that words name, the words behind it, and the first that names none where one is needed."""
    command, rest = root(), list(words)
    while hasattr(command, "list_commands") and rest and not rest[0].startswith("-"):
        known = command.list_commands(click.Context(command))
        if rest[0] not in known and command.name in WITHOUT_COMMAND:
            rest.insert(0, WITHOUT_COMMAND[command.name])
        if rest[0] not in known:
            return command, rest, rest[0]
        command = command.get_command(click.Context(command), rest.pop(0))
    if hasattr(command, "list_commands") and rest and (usual := WITHOUT_COMMAND.get(command.name)):
        command = command.get_command(click.Context(command), usual)
    return command, rest, None


def options_of(command: Any) -> set[str]:
    """Return the options of a command, those that every one has among them."""
    return {option for each in command.params for option in (*each.opts, *each.secondary_opts)} | _ALWAYS


def problem_of(line: str) -> str | None:
    """Return what a command line names that there is not; None: nothing."""
    command, words, unknown = command_of(_words(line))
    if unknown is not None:
        return f"no command {unknown!r}: {line}"
    named = {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    foreign = named - options_of(command)
    return f"no option {sorted(foreign)}: {line}" if foreign else None


def _words(line: str) -> list[str]:
    try:
        words = shlex.split(line, comments=True)
    except ValueError:  # a quote that an ellipsis cut
        words = line.split(" #")[0].split()
    return [ALTERNATIVES.sub("", word) for word in words[1:]]


def quoted_commands(text: str) -> Iterator[str]:
    """Yield the commands that a text has in backticks, with the program's name or without: `show --json`."""
    for quoted in _QUOTED.findall(text):
        first = quoted.split(" ")[0]
        if first == PROGRAM:
            yield quoted
        elif first in root().list_commands(None) and " --" in quoted:
            yield f"{PROGRAM} {quoted}"


def foreign_options(said: str, typed: Sequence[str]) -> list[str]:
    """Return the lines that tell somebody who typed a command of an option that it has not.

    An option of another command stands in a line with its name.
    """
    own = options_of(command_of(typed)[0]) | {word.split("=")[0] for word in typed}
    wrong = []
    for whole_line in said.splitlines():
        line = _OF_ANOTHER_PROGRAM.sub(" ", whole_line)
        named = [text.split()[1:] for text in _commands(line)]
        of_others = set[str]().union(*(options_of(command_of(words)[0]) for words in named))
        if set(_OPTION.findall(line)) - own - of_others and OF_A_FILE not in line:
            wrong.append(line)
    return wrong


def _commands(line: str) -> Iterator[str]:
    """Yield the commands that a line names, in backticks or not."""
    yield from quoted_commands(line)
    yield from _UNQUOTED.findall(_QUOTED.sub(" ", line))
