"""The words of a candidate that belong to its pipeline: `pipeline=map_reduce chunk_size=512`."""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.files.allowed_files import path_at
from evaluation.formatting import listed
from evaluation.options import OPTIONS
from evaluation.pipelines.pipeline import CORPUS, CORPUS_OPTION, PATH, READ_FROM, Pipeline
from evaluation.typed_options import option_types

if TYPE_CHECKING:
    from evaluation.catalogue import Catalogue

PIPELINE = "pipeline"
OF_EVERY_CANDIDATE = (PIPELINE, "profile", "think")
"""Words of a candidate that are neither options of its model nor of its pipeline."""


def _catalogue() -> "Catalogue[Pipeline]":
    """Return the catalogue of pipelines, which brings the metrics that some of them use."""
    from evaluation.pipelines.catalogue import PIPELINES

    return PIPELINES


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineWords:
    """Which words belong to the pipeline that a candidate names."""

    name: str | None = None
    """None: the candidate has no pipeline."""

    @property
    def option_names(self) -> frozenset[str] | None:
        """Names of its options; None for a pipeline of one's own, whose file tells them only when it is run."""
        if self.name is None:
            return frozenset()
        if is_own(self.name):
            return None
        return frozenset(option.name for option in fields(_catalogue()[self.name]))

    def takes(self, word: str) -> bool:
        """Check whether a word is the pipeline's, before a model's option of the same name."""
        if word in OF_EVERY_CANDIDATE:
            return False
        names = self.option_names
        return word not in OPTIONS and word != "seed" if names is None else word in names

    def refuse_unknown(self, word: str) -> None:
        """Refuse a word that is neither the pipeline's nor the model's nor every candidate's.

        Raises:
            UnknownNameError: it is none of them.
        """
        if word in OPTIONS or word in OF_EVERY_CANDIDATE or word == "seed" or self.takes(word):
            return
        names = sorted(self.option_names or ())
        if self.name is None and (having := pipelines_with(word)):
            raise ConfigurationError(
                f"{word!r} is an option of {in_words(having)}, and no pipeline is named",
                f"Name one: {' or '.join(f'`{with_example(name)}`' for name in having)}",
            )
        kind = "option" if self.name is None else f"option with pipeline={self.name}:"
        raise UnknownNameError(kind, word, [*OPTIONS, *OF_EVERY_CANDIDATE, *names])

    def with_whole_path(self, word: str, value: str, folder: Path | None = None) -> str:
        """Return a value with an absolute path where the word names a file or folder; any other as it is.

        Args:
            word: An option's name.
            value: Its value.
            folder: The folder that a path is relative to; None: the working directory.
        """
        if word == PIPELINE and is_own(value):
            path, _, class_name = value.rpartition(":")
            return f"{path_at(path, folder)}:{class_name}"
        if self.name is None or not value:
            return value
        if is_own(self.name):
            corpus = path_at(value, folder)
            return str(corpus) if word == CORPUS_OPTION and os.path.exists(corpus) else value
        options = [option for option in fields(_catalogue()[self.name]) if option.name == word]
        names_a_path = any(option.metadata in (PATH, CORPUS) or READ_FROM in option.metadata for option in options)
        return str(path_at(value, folder)) if names_a_path else value


def pipeline_words(options: Mapping[str, Any]) -> PipelineWords:
    """Return which words belong to the pipeline that these options name.

    Raises:
        UnknownNameError: no such pipeline.
    """
    name = options.get(PIPELINE)
    if name is not None and not is_own(str(name)):
        _catalogue()[str(name)]
    return PipelineWords(name=None if name is None else str(name))


def pipelines_with(option: str) -> list[str]:
    """Return the names of the pipelines of the catalogue that have an option of this name."""
    return [name for name, kind in _catalogue().items() if any(field.name == option for field in fields(kind))]


def with_example(name: str, *, without: Collection[str] = ()) -> str:
    """Return the words that name a pipeline of the catalogue and what it needs: `pipeline=cascade large=…`.

    Args:
        name: The pipeline.
        without: Options that are given elsewhere.
    """
    words = [word for word in _catalogue()[name].example.split() if word.partition("=")[0] not in without]
    return " ".join([f"{PIPELINE}={name}", *words])


def in_words(names: Sequence[str]) -> str:
    """Return `the pipeline cascade`, `the pipelines map_reduce and retrieval`."""
    return f"the pipeline{'s' if len(names) > 1 else ''} {listed(names)}"


def swept_kinds(options: Sequence[str], parameters: Sequence[str]) -> dict[str, type]:
    """Return the type of each option of pipelines that a sweep may vary: `int`, `float` or `str`.

    Args:
        options: The fixed options, as `key=value`.
        parameters: The parameters, as `key=values`.
    """
    kinds: dict[str, type] = {PIPELINE: str}
    if any(text.startswith(f"{PIPELINE}=") and is_own(text) for text in (*options, *parameters)):
        kinds |= dict.fromkeys((text.partition("=")[0].strip() for text in parameters), str)
    for pipeline in _catalogue().values():
        for name, kind in option_types(pipeline).items():
            kinds[name] = kind if kind in (int, float) else str
    return {name: kind for name, kind in kinds.items() if name not in OPTIONS and name not in ("profile", "think")}


def refuse_options_of_swept(options: Sequence[str], parameters: Sequence[str]) -> None:
    """Refuse an option of a pipeline beside the parameter that names the pipelines.

    Raises:
        ValueError: names the parameter to write instead.
    """
    swept = {text.partition("=")[0].strip() for text in parameters}
    values = {text.partition("=")[0].strip(): text.partition("=")[2] for text in options}
    if PIPELINE not in swept or PIPELINE in values:
        return
    is_any = any(is_own(text) for text in parameters)  # only its file tells the names of its options
    of_pipelines = swept_kinds(options, parameters)
    for name, value in values.items():
        if name in of_pipelines or (is_any and name not in (*OPTIONS, *OF_EVERY_CANDIDATE, "seed")):
            raise ValueError(
                f"option {name!r} is a pipeline's, and the pipeline is swept: write it as a parameter of one value, "
                f"--param {name}={value}, if all swept pipelines have it; otherwise compare them with `benchwright "
                "evaluate`, a --candidate each with its own options"
            )


def refuse_bad_options(name: str, options: Mapping[str, str], *, model: str) -> None:
    """Check the options of a pipeline of the catalogue; one's own is checked where it is run.

    Args:
        name: The pipeline.
        options: Its options, as text.
        model: The candidate's model, as it is requested.

    Raises:
        ConfigurationError: an unknown or missing option, or a bad value.
    """
    if is_own(name):
        return
    pipeline = _made(name, options)
    if model in pipeline.never_its_own:
        raise asks_itself(pipeline, model, own_model=model)


def asks_itself(pipeline: Pipeline, name: str, *, own_model: str) -> ConfigurationError:
    """Return the refusal of a pipeline that would ask the candidate's own model where it needs another one.

    Args:
        pipeline: The pipeline.
        name: The model, as its option names it.
        own_model: The candidate's model.
    """
    return ConfigurationError(
        f"pipeline {pipeline.name!r}: {name} is the candidate's own model", f"Name another model than {own_model}."
    )


def refuse_spread(name: str, options: Mapping[str, str], *, model: str, candidate: str) -> None:
    """Refuse a pipeline of the catalogue that asks several models where a run is to be spread over workers.

    Raises:
        ConfigurationError: it asks another model than the candidate's.
    """
    if not is_own(name) and any(other != model for other in _made(name, options).other_models):
        raise not_spread(candidate)


def not_spread(candidate: str) -> ConfigurationError:
    """Return the refusal to spread a run of a candidate that asks several models."""
    return ConfigurationError(
        f"{candidate} asks several models in turn, and cannot be spread over workers", "Leave --spread out."
    )


def _made(name: str, options: Mapping[str, str]) -> Pipeline:
    from evaluation.pipelines.parsing import parse_pipeline

    return parse_pipeline(name, options)


def reads_a_file(words: Iterable[str]) -> bool:
    """Check whether these words name a pipeline of the catalogue that reads a file to know its options.

    Args:
        words: `key=value`, in a sweep with several values: `pipeline=refine,sectioned`.
    """
    names = [name for word in words if word.startswith(f"{PIPELINE}=") for name in word.partition("=")[2].split(",")]
    kinds = [_catalogue()[name] for name in names if name in _catalogue()]
    return any(READ_FROM in option.metadata for kind in kinds for option in fields(kind))


def is_own(name: str) -> bool:
    """Check whether a pipeline is a class in a user's file."""
    return ".py:" in name
