"""Next steps that repeat the options of the command: where the results are, and which servers were asked."""

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

_CARRIED = {"db": "--db", "endpoint": "--endpoint"}
"""Options by parameter: without them a proposed command would look into another database, or ask another server."""
_COMMAND = re.compile(r"`benchwright ([^`]+)`")
_typed: dict[str, tuple[str, ...]] = {}
"""Values of these options on the command line of this process, by parameter."""
_commands: list[Callable[[], Any]] = []
"""The function that returns all commands; empty before the command line runs."""


def begin_command_line(commands: Callable[[], Any]) -> None:
    """Forget the options of an earlier command line.

    Args:
        commands: Returns all commands.
    """
    _typed.clear()
    _commands[:] = [commands]


def remember_typed(params: Mapping[str, Any]) -> None:
    """Remember the parsed options that a next step has to repeat."""
    for name in _CARRIED:
        value = params.get(name)
        if value:
            _typed[name] = (value,) if isinstance(value, str) else tuple(map(str, value))


def with_typed_options(step: str) -> str:
    """Return the next step with these options added to its commands, where a command takes and lacks them."""
    return _COMMAND.sub(_with_options, step) if _typed else step


def _with_options(match: re.Match[str]) -> str:
    words = match[1].split()
    command = _commands[0]()
    for word in words:
        if word not in getattr(command, "commands", {}):
            break
        command = command.commands[word]
    if hasattr(command, "commands") or "--help" in words:
        return match[0]
    added = [
        f"{_CARRIED[param.name]} {shlex.quote(value)}"
        for param in command.params
        if param.name in _typed and _CARRIED[param.name] not in words
        if param.name != "endpoint" or not _has_its_servers(words)
        for value in _typed[param.name]
        if param.multiple or len(_typed[param.name]) == 1
    ]
    return f"`benchwright {' '.join([match[1], *added])}`"


def _has_its_servers(words: list[str]) -> bool:
    """Check whether a command works on stored runs alone, and takes no server or the one that is stored with them."""
    return "--resume" in words or (words[0] == "compare" and "--benchmark" not in words)
