"""Pipelines from text, as a candidate names them: a pipeline's name or a class in a file, and its options as words."""

from collections.abc import Mapping
from pathlib import Path

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.files.allowed_files import allowed_path
from evaluation.files.unreadable import reason_of
from evaluation.formatting import excerpt
from evaluation.metric_specs import file_and_call
from evaluation.pipelines.catalogue import PIPELINES
from evaluation.pipelines.descriptions import PipelineDescription, description_of
from evaluation.pipelines.option_values import option_values
from evaluation.pipelines.own_pipeline import OwnPipeline
from evaluation.pipelines.pipeline import Pipeline
from evaluation.pipelines.pipeline_process import PipelineProcess, process_of
from evaluation.typed_options import described_options
from evaluation.user_code.source_files import FROM_A_FILE, class_lines, hash_of, read_source

LIMIT_S = 60.0
"""Seconds for one step of a pipeline of one's own, unless `BENCHWRIGHT_PIPELINE_TIMEOUT_S` is set."""
HOW_TO_CHOOSE = "Name another with pipeline=NAME; `benchwright pipelines list` lists all."


def parse_pipeline(
    name: str,
    options: Mapping[str, str],
    *,
    may_name_a_file: bool = True,
    limit_s: float = LIMIT_S,
    measured: str | None = None,
) -> Pipeline:
    """Return the pipeline of that name with these options.

    A class in a file, `path.py:Name`, is loaded and made in a process of its own.

    Args:
        name: A name of the catalogue, or a class in a user's own file.
        options: Values as text: `512`, `true`, `auto`; parts of a tuple are separated by `|`, and `none` means None.
        may_name_a_file: False for text that no user typed, which must not run code.
        limit_s: Seconds that a step of a pipeline of one's own may take.
        measured: Signature that a pipeline of one's own has to have, so that no other code is run; None: any.

    Raises:
        UnknownNameError: no such pipeline, or it has no such option.
        ConfigurationError: a value of another type or out of range, a required option is missing, or the file cannot
            be used.
    """
    if not _names_a_file(name):
        kind = pipeline_class(name)
        return kind(**option_values(kind, options))
    path, source, class_name = _own_source(name, may_name_a_file=may_name_a_file)
    if measured is not None and f"{FROM_A_FILE}{hash_of(source)}" not in measured:
        raise ConfigurationError(f"{str(path)!r} has changed since it was measured", "Evaluate the candidate again.")
    process = process_of(path, source, class_name)
    description = process.description()
    declaration = process.made(options, limit_s)
    return OwnPipeline(
        path=path,
        source_code=source,
        class_name=class_name,
        options=dict(options),
        own_name=description.name,
        own_version=description.version,
        declaration=declaration,
        limit_s=limit_s,
    )


def pipeline_class(name: str) -> type[Pipeline]:
    """Return the class of the pipeline of that name in the catalogue.

    Raises:
        UnknownNameError: no such pipeline.
    """
    if name not in PIPELINES:
        raise UnknownNameError("pipeline", name, sorted(PIPELINES), HOW_TO_CHOOSE)
    return PIPELINES[name]


def pipeline_options(kind: type[Pipeline]) -> dict[str, str]:
    """Return the type and default of each option of a pipeline, in words, by the option's name."""
    return described_options(kind)


def described_pipeline(name: str, *, may_name_a_file: bool = True) -> PipelineDescription:
    """Return what is told of the pipeline of that name, which may be a class in a file: its options among it.

    Args:
        name: A name of the catalogue, or a class in a user's own file.
        may_name_a_file: False for text that no user typed, which must not run code.

    Raises:
        UnknownNameError: no such pipeline.
        ConfigurationError: the file cannot be used.
    """
    if not _names_a_file(name):
        return description_of(pipeline_class(name))
    return process_named(name, may_name_a_file=may_name_a_file).description()


def process_named(name: str, *, may_name_a_file: bool = True) -> PipelineProcess:
    """Return the process of a class in a user's own file."""
    return process_of(*_own_source(name, may_name_a_file=may_name_a_file))


def _names_a_file(name: str) -> bool:
    return ".py:" in name or name.strip().endswith(".py")


def _own_source(name: str, *, may_name_a_file: bool) -> tuple[Path, bytes, str]:
    """Return the path, the content and the class of a pipeline in a file."""
    if not may_name_a_file:
        raise ConfigurationError(
            f"the pipeline {excerpt(name, 200)!r} is a Python file, and what names it may not load code",
            "Name it yourself with --candidate where you trust it.",
        )
    path_and_class = file_and_call(name)
    named = str(path_and_class[0]) if path_and_class is not None else name.strip().removesuffix(":")
    path = allowed_path(Path(named), what="the pipeline's file")
    source = read_source(path, what="the pipeline's file")
    if path_and_class is None or not path_and_class[1].isidentifier():
        raise _without_class(name, path, source)
    return path, source, path_and_class[1]


def _without_class(name: str, path: Path, source: bytes) -> ConfigurationError:
    """Return why a text names no class in a file, with the classes that it may mean."""
    try:
        classes = list(class_lines(source))
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        why = reason_of(error).partition("\n")[0]
        return ConfigurationError(f"pipeline {name!r} names no class, and its file is not Python: {why}", "Mend it.")
    if "(" in name:
        return ConfigurationError(
            f"pipeline {name!r} has options in brackets", "Write them as words of the candidate: depth=2"
        )
    listed = f"; classes in it: {', '.join(classes)}" if classes else ", and the file has none"
    step = f"Write {path}:{classes[0] if classes else 'Name'}."
    return ConfigurationError(f"pipeline {name!r} names a file without a class{listed}", step)
