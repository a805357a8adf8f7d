"""Errors of the command-line framework as Benchwright's own: the value, what is allowed, and the next step."""

import shlex
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

import typer

from deployments.cli.next_steps import remember_typed
from evaluation.errors import ConfigurationError, UnknownNameError

UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""The framework's class of all errors of what was typed; newer versions of Typer keep it to themselves."""
_OPTIONS_OF_NAMES = ("benchmark", "model", "task")
"""Options that people leave out before their value."""
_MOST_OPTIONS_LISTED = 15
_TABLE_FILES = frozenset({".jsonl", ".json", ".csv", ".tsv", ".parquet", ".gz"})
_OPTION_FILES = frozenset({".yaml", ".yml"})


def with_own_errors(command: Any) -> Any:
    """Make the command and its subcommands raise ConfigurationError for what is typed wrongly; return the command."""
    raise_own_errors(command)
    for subcommand in getattr(command, "commands", {}).values():
        with_own_errors(subcommand)
    return command


def raise_own_errors(command: Any) -> None:
    """Make the command, and not its subcommands, raise ConfigurationError for what is typed wrongly."""
    for param in command.params:
        param.process_value = partial(_value_of, param, param.process_value)
    command.parse_args = partial(_parsed, command, command.parse_args)
    if hasattr(command, "resolve_command"):
        command.resolve_command = partial(_resolved, command, command.resolve_command)


def _parsed(command: Any, parse_args: Callable[..., Any], ctx: Any, args: list[str]) -> Any:
    if command.no_args_is_help and not args:
        return parse_args(ctx, args)
    typed = tuple(args)
    try:
        rest = parse_args(ctx, args)
    except UsageError as error:
        raise _usage_error(error, ctx, typed) from None
    remember_typed(ctx.params)
    return rest


def _resolved(group: Any, resolve_command: Callable[..., Any], ctx: Any, args: list[str]) -> Any:
    try:
        return resolve_command(ctx, args)
    except UsageError:
        step = f"`{ctx.command_path} --help` says what each does."
        raise UnknownNameError("command", args[0], group.list_commands(ctx), step) from None


def _value_of(param: Any, process_value: Callable[..., Any], ctx: Any, value: Any) -> Any:
    try:
        return process_value(ctx, value)
    except typer.BadParameter as error:
        if value is None:
            raise
        allowed = _allowed(param)
        problem = f"allowed: {allowed}" if allowed else error.message.rstrip(".")
        raise ConfigurationError(
            f"invalid {_name(param)} {_shown(value)}; {problem}", f"Correct it; {_help_of(ctx)} describes it."
        ) from None


def _usage_error(error: Any, ctx: Any, typed: Sequence[str]) -> ConfigurationError:
    """Return Benchwright's error for one of the framework; those classes are told apart by what they carry."""
    if getattr(error, "param", None) is not None:
        return _missing(error.param, ctx)
    if hasattr(error, "possibilities"):
        return _unknown_option(error.option_name, ctx)
    if hasattr(error, "option_name"):
        return _option_without_its_value(error.option_name, ctx, typed)
    return _unexpected(_extra_arguments(ctx, typed), ctx)


def _missing(param: Any, ctx: Any) -> ConfigurationError:
    name = _name(param)
    what = f": {param.help.rstrip('.')}" if param.help else ""
    return ConfigurationError(
        f"missing {param.param_type_name} {name}{what}",
        f"Give it, as in `{ctx.command_path} {_usual_words(ctx)}`; {_help_of(ctx)} describes it.",
    )


def _unknown_option(name: str, ctx: Any) -> ConfigurationError:
    names = [*(option for param in _options(ctx) for option in (*param.opts, *param.secondary_opts)), "--help"]
    if close := get_close_matches(name, names):
        allowed = f"; did you mean {' or '.join(close)}?"
    else:
        allowed = f"; its options are {', '.join(names)}" if len(names) <= _MOST_OPTIONS_LISTED else ""
    step = f"{_help_of(ctx)} lists the options."
    if hasattr(ctx.command, "commands"):
        step = f"Options of a command stand behind its name, as in `{ctx.command_path} COMMAND {name}`; {step}"
    return ConfigurationError(f"unknown option {name} of `{ctx.command_path}`{allowed}", step)


def _option_without_its_value(name: str, ctx: Any, typed: Sequence[str]) -> ConfigurationError:
    (param,) = (param for param in _options(ctx) if name in (*param.opts, *param.secondary_opts))
    step = f"{_help_of(ctx)} describes it."
    surplus = [word.partition("=")[2] for word in typed if word.startswith(f"{name}=")]
    if surplus and (param.is_flag or name in param.secondary_opts):
        return ConfigurationError(f"option {name} takes no value (got {surplus[0]!r})", f"Write {name} alone; {step}")
    return ConfigurationError(
        f"option {name} lacks its value; expected {_allowed(param) or param.metavar or 'a text'}",
        f"Write `{name} {param.metavar or 'VALUE'}`; {step}",
    )


def _unexpected(words: Sequence[str], ctx: Any) -> ConfigurationError:
    arguments = _usual_words(ctx)
    allowed = f"takes {arguments} and options" if arguments else "takes options alone"
    listed = ", ".join(map(repr, words))
    step = _named_by_option(words[0], ctx) or "Leave it out, or put quotes around a value with spaces"
    return ConfigurationError(
        f"unexpected argument{'s' if len(words) > 1 else ''} {listed}; `{ctx.command_path}` {allowed}",
        f"{step}; {_help_of(ctx)} describes the options.",
    )


def _named_by_option(word: str, ctx: Any) -> str | None:
    """Return the step that names the option before whose value it is missing, as in `--benchmark cases.jsonl`."""
    names = {param.name for param in _options(ctx)}
    suffix = Path(word).suffix.lower()
    if suffix in _TABLE_FILES:
        likely: tuple[str, ...] = ("benchmark",)
    elif suffix in _OPTION_FILES:
        likely = ("file",)
    elif "://" in word:
        likely = ("endpoint",)
    else:
        likely = _OPTIONS_OF_NAMES
    steps = [f"`--{name} {shlex.quote(word)}`" for name in likely if name in names]
    return f"Name it with its option: {' or '.join(steps)}" if steps else None


def _extra_arguments(ctx: Any, typed: Sequence[str]) -> Sequence[str]:
    _, extra, _ = ctx.command.make_parser(ctx).parse_args(args=list(typed))
    return tuple(map(str, extra))


def _usual_words(ctx: Any) -> str:
    """Return the arguments of the command as typed: `NAME URL`."""
    return " ".join(_name(param) for param in ctx.command.params if param.param_type_name == "argument")


def _options(ctx: Any) -> list[Any]:
    return [param for param in ctx.command.params if param.param_type_name == "option"]


def _name(param: Any) -> str:
    if param.param_type_name == "argument":
        return str(param.metavar or param.human_readable_name)
    return str(max(param.opts, key=len))


def _shown(value: Any) -> str:
    return ", ".join(map(repr, value)) if isinstance(value, list | tuple) else repr(value)


def _help_of(ctx: Any) -> str:
    return f"`{ctx.command_path} --help`"


def _allowed(param: Any) -> str | None:
    """Return which numbers the parameter takes, as in `a whole number from 1 to 65535`; None where it takes none."""
    described = getattr(param, "type_descriptor", None)  # which older versions of Typer lack
    kinds = {int: "a whole number", float: "a number"}
    if described is None or (kind := kinds.get(described.annotation)) is None:
        return None
    least, most = described.parameter_info.min, described.parameter_info.max
    if least is not None and most is not None:
        return f"{kind} from {least:g} to {most:g}"
    if least is not None:
        return f"{kind} of {least:g} or more"
    return kind if most is None else f"{kind} of {most:g} or less"
