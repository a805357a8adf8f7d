"""Options of a pipeline from a candidate's words: their values, and what is said of wrong ones."""

from collections.abc import Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.files.allowed_files import allowed_path, file_limit
from evaluation.options import OPTIONS
from evaluation.pipelines.pipeline import CORPUS, PATH, READ_FROM, Pipeline
from evaluation.typed_options import described_options, missing_option, option_types, value_in_text

RESERVED = frozenset({*OPTIONS, "seed", "profile", "think", "pipeline"})
"""Words of a candidate that mean something for every pipeline: no option of a pipeline has such a name."""
SHADOWED: Mapping[str, frozenset[str]] = {"retrieval": frozenset({"top_k"})}
"""Exceptions from `RESERVED`: where a candidate names this pipeline, the word is the pipeline's option."""
_LONGEST = 60
"""Characters of an option's description in a message; a prompt's default is longer."""


def option_values(kind: type[Pipeline], options: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of a pipeline's options from their texts.

    Raises:
        UnknownNameError: it has no such option.
        ConfigurationError: a value of another type, or a required option is missing.
    """
    by_name = {field.name: field for field in fields(kind)}
    types = option_types(kind)
    values: dict[str, Any] = {}
    for option, text in options.items():
        if option not in by_name:
            raise UnknownNameError(f"option of the pipeline {kind.name!r}:", option, by_name, _step(kind))
        values[option] = _value(kind, by_name[option], types[option], text)
    if (missing := missing_option(kind, values)) is not None:
        raise ConfigurationError(f"pipeline {kind.name!r} needs the option {missing!r}", _step(kind))
    return values


def _value(kind: type[Pipeline], field: Field[Any], option_type: Any, text: str) -> Any:
    if (read_from := field.metadata.get(READ_FROM)) is not None:
        return read_from(_allowed_path(kind, field, text))
    try:
        value = value_in_text(text, option_type)
    except ValueError:
        raise ConfigurationError(
            f"pipeline {kind.name!r}: {field.name}={_briefly(repr(text))} is not allowed",
            f"Write {field.name}=…: {_briefly(described_options(kind)[field.name])}.",
        ) from None
    if value and field.metadata in (PATH, CORPUS):
        path = _allowed_path(kind, field, text)
        return value if file_limit() is None else str(path)
    return value


def _allowed_path(kind: type[Pipeline], field: Field[Any], text: str) -> Path:
    return allowed_path(Path(text), what=f"{field.name} of the pipeline {kind.name!r}:")


def _step(kind: type[Pipeline]) -> str:
    """Return which options a pipeline has, as a next step."""
    options = described_options(kind)
    if not options:
        return f"{kind.name} has no options."
    return "Its options: " + "; ".join(f"{name}: {_briefly(words)}" for name, words in options.items()) + "."


def _briefly(words: str) -> str:
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"
