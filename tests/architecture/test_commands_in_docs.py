"""Do the documents name commands and options that exist? Checked for every `benchwright …` in code and in sentences."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
import typer

from deployments.cli.app import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted({ROOT / "README.md", *(ROOT / "docs").glob("*.md")} - {ROOT / "docs" / "decisions.md"})
BLOCK = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(benchwright [^`]+)`")
ALTERNATIVES = re.compile(r"\[[^]]*\]|\|.*|[;&(].*|…|→.*")
"""What a sentence writes around a command: optional words, other choices, a following command."""

WITHOUT_COMMAND = {"review": "start"}
"""What a group takes a word for that is none of its commands."""


def _lines(text: str) -> Iterator[str]:
    for block in BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if match := re.match(r"(?:\$ |docker compose exec \w+ )?(benchwright .*)", line):
                yield match[1]
    yield from INLINE.findall(" ".join(BLOCK.sub("", text).split()))


def _words(line: str) -> list[str]:
    try:
        words = shlex.split(line, comments=True)
    except ValueError:  # a quote that an ellipsis cut
        words = line.split(" #")[0].split()
    return [ALTERNATIVES.sub("", word) for word in words[1:]]


@cache
def _root() -> Any:
    return typer.main.get_command(app)


def _problem(line: str) -> str | None:
    """What a command line names that there is not; None: nothing."""
    words, command = _words(line), _root()
    while hasattr(command, "list_commands") and words and not words[0].startswith("-"):
        known = command.list_commands(click.Context(command))
        if words[0] not in known and command.name in WITHOUT_COMMAND:
            words.insert(0, WITHOUT_COMMAND[command.name])
        if words[0] not in known:
            return f"no command {words[0]!r}: {line}"
        command = command.get_command(click.Context(command), words.pop(0))
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    named = {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)} - {"-h", "--help", "--version"}
    return f"no option {sorted(named - options)}: {line}" if named - options else None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_in_a_document_exists(document: Path) -> None:
    problems = [_problem(line) for line in _lines(document.read_text(encoding="utf-8"))]
    assert [] == [problem for problem in problems if problem]


@pytest.mark.parametrize(
    "line",
    ["benchwright evalute --model a", "benchwright runs shred last", "benchwright compare last --no-such-thing 3"],
)
def test_a_command_or_an_option_that_there_is_not_is_noticed(line: str) -> None:
    assert _problem(line)


def test_commands_are_found_in_blocks_and_in_sentences() -> None:
    text = "Say `benchwright db\ninfo` or:\n\n```\n$ benchwright show last   # a run\nother words\n```\n"
    assert {"benchwright show last   # a run", "benchwright db info"} == set(_lines(text))
