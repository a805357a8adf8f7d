"""Absolute paths in the words of candidates: a request is read elsewhere than where it was written."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from evaluation.errors import ConfigurationError
from evaluation.requests.pipeline_words import PIPELINE, PipelineWords, pipeline_words


def options_at(words: Sequence[str], folder: Path | None = None) -> list[str]:
    """Return `key=value` words with absolute paths; words that cannot be read are unchanged, and refused later.

    Args:
        words: The options of a candidate, its pipeline among them.
        folder: The folder that paths are relative to; None: the working directory.
    """
    pairs = [word.partition("=") for word in words]
    try:
        of_pipeline = pipeline_words({key: value for key, _, value in pairs})
    except ConfigurationError:
        return list(words)
    if of_pipeline.name is None or not all(sign for _, sign, _ in pairs):
        return list(words)
    return [f"{key}={of_pipeline.with_whole_path(key, value, folder)}" for key, _, value in pairs]


def candidate_at(text: str, folder: Path | None = None) -> str:
    """Return a candidate with absolute paths; a text that cannot be read is unchanged, and refused later."""
    try:
        model, *words = shlex.split(text)
    except ValueError:
        return text
    whole = options_at(words, folder)
    return text if whole == words else shlex.join([model, *whole])


def swept_at(
    options: Sequence[str], parameters: Sequence[str], folder: Path | None = None
) -> tuple[list[str], list[str]]:
    """Return the options and the parameters of a sweep with absolute paths, whichever of them names the pipelines."""
    pairs = [word.partition("=") for word in (*options, *parameters)]
    names = [name.strip() for key, _, values in pairs if key.strip() == PIPELINE for name in values.split(",")]

    def whole(word: str, *, is_list: bool) -> str:
        key, sign, text = word.partition("=")
        values = text.split(",") if is_list else [text]
        return f"{key}{sign}{','.join(_value_at(names, key.strip(), value, folder) for value in values)}"

    return [whole(word, is_list=False) for word in options], [whole(word, is_list=True) for word in parameters]


def _value_at(pipelines: Sequence[str], key: str, value: str, folder: Path | None) -> str:
    for name in pipelines:
        try:
            whole = PipelineWords(name=name).with_whole_path(key, value.strip(), folder)
        except ConfigurationError:
            continue
        if whole != value.strip():
            return whole
    return value
