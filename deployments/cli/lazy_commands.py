"""Commands whose modules are imported only when they are called.

`benchwright --help` and completion of names import none of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from deployments.cli.grouped_help import GroupedCommand
from deployments.cli.plain_numbers import with_plain_numbers
from deployments.cli.usage_errors import with_own_errors

_BESIDE_NAMES = 6
"""Width of the margins in a list of commands, in columns."""


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """A command or a command group, with the place of its definition."""

    target: str
    """`package.module:name` of a function or of a `typer.Typer`."""
    summary: str
    """Beginning of its help."""
    has_headings: bool = False
    """Whether its many options are grouped under headings."""


class LazyCommands(Mapping[str, Any]):
    """Typer's commands by name, each created when it is looked up."""

    def __init__(self, commands: Mapping[str, LazyCommand]) -> None:
        self._lazy = commands
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = with_own_errors(with_plain_numbers(_made(name, self._lazy[name])))
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._lazy

    def __iter__(self) -> Iterator[str]:
        return iter(self._lazy)

    def __len__(self) -> int:
        return len(self._lazy)


def _made(name: str, lazy: LazyCommand) -> Any:
    module, _, attribute = lazy.target.partition(":")
    target = getattr(import_module(module), attribute)
    holder = typer.Typer(rich_markup_mode=None, add_completion=False)
    if isinstance(target, typer.Typer):
        holder.add_typer(target, name=name)
    else:
        holder.command(name, cls=GroupedCommand if lazy.has_headings else None)(target)
    return get_group(holder).commands[name]


class LazyGroup(TyperGroup):
    """A group whose commands are listed without being imported."""

    LAZY: Mapping[str, LazyCommand] = {}

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands: Any = LazyCommands(self.LAZY)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write each command's name and the beginning of its help."""
        room = formatter.width - _BESIDE_NAMES - max(map(len, self.LAZY))
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, TyperCommand(name, help=lazy.summary).get_short_help_str(room))
                    for name, lazy in self.LAZY.items()
                ]
            )
