"""Numeric options restricted to plain digits: `--limit 10`, neither `1_0` nor digits of other scripts."""

from collections.abc import Callable
from functools import partial
from typing import Any

from evaluation.errors import ConfigurationError
from evaluation.files.number_parsing import read_number


def with_plain_numbers(command: Any) -> Any:
    """Restrict numeric options of the command and its subcommands to plainly written numbers; return the command."""
    for param in command.params:
        param.process_value = partial(_cast, param.process_value, param)
    for subcommand in getattr(command, "commands", {}).values():
        with_plain_numbers(subcommand)
    return command


def _cast(cast: Callable[[Any, Any], Any], param: Any, ctx: Any, value: Any) -> Any:
    made = cast(ctx, value)
    if isinstance(value, str) and isinstance(made, int | float) and not isinstance(made, bool):
        try:
            read_number(value)
        except ValueError:
            name = param.opts[0] if param.param_type_name == "option" else param.human_readable_name
            raise ConfigurationError(f"{name} {value!r} is not a number", "Write it like 10 or 0.5.") from None
    return made
