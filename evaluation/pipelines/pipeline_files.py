"""Pipelines from a user's own file, named `path.py:Name`; loaded only in the process that runs them.

The file is the user's code and runs with the user's rights: only a name typed by the user is accepted, never one from a
benchmark file or a database. Its class is a frozen, keyword-only dataclass that derives from `Pipeline`. The hash of
the file is in its signature; it does not cover what the file imports.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from inspect import isabstract
from pathlib import Path
from typing import Any, get_type_hints

from evaluation.errors import BenchwrightError, ConfigurationError, UnknownNameError
from evaluation.pipelines.catalogue import PIPELINES
from evaluation.pipelines.option_values import RESERVED, option_values
from evaluation.pipelines.pipeline import CORPUS, CORPUS_OPTION, Pipeline
from evaluation.user_code.error_locations import in_words, place_in
from evaluation.user_code.source_files import class_lines, loaded_module

EXAMPLE = (
    "Write a class with @dataclass(frozen=True, kw_only=True) that derives from "
    "evaluation.pipelines.pipeline.Pipeline; docs/own-pipelines.md has one in full"
)


def pipeline_from_source(path: Path, source: bytes, class_name: str) -> type[Pipeline]:
    """Return the pipeline class of that name from the file, with `source` as its content.

    Raises:
        ConfigurationError: no such class, code that does not run, a class that is no pipeline.
    """
    module = loaded_module(path, source, example=EXAMPLE)
    lines = class_lines(source)
    if class_name not in lines:
        names = [name for name in lines if _is_pipeline(getattr(module, name, None))]
        raise UnknownNameError(f"pipeline class in {str(path)!r}:", class_name, names, None if names else EXAMPLE)
    kind: type[Pipeline] = getattr(module, class_name)
    for problem, step in _problems(kind):
        raise ConfigurationError(f"pipeline {class_name} ({path}, line {lines[class_name]}) {problem}", step)
    return kind


def made(kind: type[Pipeline], options: Mapping[str, str], *, file: str) -> Pipeline:
    """Return the pipeline with these options, as text.

    Args:
        kind: A class of a user's file.
        options: Values as text.
        file: The file, to name the line of an error.

    Raises:
        ConfigurationError: an option is unknown, missing or of another type, or the class refuses it.
    """
    values = option_values(kind, options)
    try:
        pipeline = kind(**values)
    except BenchwrightError:
        raise
    except BaseException as error:  # whatever the user's code does
        line = place_in(error, file)
        where = f" (line {line} of {file})" if line is not None else ""
        raise ConfigurationError(
            f"pipeline {kind.name!r} refuses {dict(options)}: {in_words(error)}{where}",
            "Give other options, or mend its __post_init__.",
        ) from error
    for field in fields(kind):
        if not _is_plain(value := getattr(pipeline, field.name)):
            raise ConfigurationError(
                f"pipeline {kind.name!r}: its option {field.name!r} became a {type(value).__name__}",
                "Leave options what a user can write: numbers, texts, true or false, None, or tuples of them.",
            )
    return pipeline


def _is_plain(value: object) -> bool:
    if type(value) is tuple:
        return all(_is_plain(part) for part in value)
    return value is None or type(value) in (str, int, float, bool)


def _is_pipeline(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Pipeline)


def _problems(kind: Any) -> Iterator[tuple[str, str]]:
    """Yield what keeps a class from being a pipeline, in words to follow its name, and the next step."""
    if not _is_pipeline(kind):
        yield "does not derive from Pipeline", EXAMPLE
    elif isabstract(kind):
        yield f"lacks {' and '.join(sorted(kind.__abstractmethods__))}", EXAMPLE
    elif "__dataclass_params__" not in kind.__dict__ or not kind.__dataclass_params__.frozen:
        yield "is not a frozen dataclass", EXAMPLE
    elif positional := [field.name for field in fields(kind) if not field.kw_only]:
        yield f"takes {', '.join(positional)} by position: kw_only=True is missing", EXAMPLE
    elif kind.signature is not Pipeline.signature:
        yield "overrides `signature`, which must contain the hash of its file", EXAMPLE
    else:
        yield from _wrong_facts(kind)


def _wrong_facts(kind: type[Pipeline]) -> Iterator[tuple[str, str]]:
    for fact in ("name", "summary", "source", "version"):
        value = getattr(kind, fact, None)
        if not isinstance(value, str) or (value == "" and fact != "source"):
            yield f"has {fact} = {value!r}; it must be a text, as a ClassVar", EXAMPLE
    if isinstance(getattr(kind, "name", None), str) and not kind.name.isidentifier():
        yield f"has the name {kind.name!r}; it must be a valid Python identifier, for example two_tries", EXAMPLE
    if getattr(kind, "name", None) in PIPELINES:
        yield f"cannot be named {kind.name!r}: another pipeline has that name", "Give it another `name`."
    for taken in sorted(RESERVED & {field.name for field in fields(kind)}):
        yield (
            f"has an option named {taken!r}, which means something for every candidate",
            f"Give it another name, for example own_{taken}.",
        )
    for named in [field.name for field in fields(kind) if field.metadata == CORPUS and field.name != CORPUS_OPTION]:
        yield f"names its corpus by the option {named!r}", f"Name the option {CORPUS_OPTION!r}."
    try:
        get_type_hints(kind)
    except Exception as error:  # a name that the file only has for a type checker, say
        yield f"has an annotation that cannot be read: {in_words(error)}", "Import what its annotations name."
