"""Metrics from a user's own file, named `path.py:Name`.

The file is the user's code and runs with the user's rights: only a name typed by the user is accepted, never one from a
benchmark file or a database. Its class is a frozen, keyword-only dataclass that derives from `Metric` or
`CorpusMetric`. It is identified by its `name`; the hash of the file is in its scorer version and therefore in its
signature, so scores by two versions of a file are never mixed. The hash does not cover what the file imports.
"""

import sys
from collections.abc import Iterator
from dataclasses import fields
from inspect import isabstract
from math import isnan
from pathlib import Path
from threading import Lock
from typing import get_type_hints

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.metrics.metric import CorpusMetric, Metric, Need
from evaluation.user_code.error_locations import in_words
from evaluation.user_code.loading import import_limit_s, said_when_long
from evaluation.user_code.source_files import FROM_A_FILE, class_lines, hash_of, loaded_module, read_source

EXAMPLE = (
    "Write a class with @dataclass(frozen=True, kw_only=True) that derives from evaluation.metrics.metric.Metric; "
    "docs/metrics.md, section Custom, has one in full"
)
LOWER, CORPUS = "+lower", "+corpus"
"""Suffixes of the hash: lower is better; computed over all cases together. Reports read them without running code."""

_loading = Lock()
_classes: dict[tuple[str, str], type[Metric]] = {}
"""Metric classes loaded in this process, by name and scorer version."""


def metric_in_file(path: Path, class_name: str) -> type[Metric]:
    """Return the metric class of that name in the file.

    Raises:
        ConfigurationError: no such file or class, code that does not run, a class that is no metric.
    """
    source = read_source(path, what="the metric file")
    return metric_from_source(path, source, class_name, limit_s=import_limit_s())


def metric_from_source(path: Path, source: bytes, class_name: str, *, limit_s: float | None = None) -> type[Metric]:
    """Return the metric class of that name from the file, with `source` as its content.

    Args:
        path: The file.
        source: Its content.
        class_name: The class.
        limit_s: Seconds of loading, with all that the file imports; None: this process is ended from outside.

    Raises:
        ConfigurationError: as `metric_in_file`.
    """
    with _loading, said_when_long(path, limit_s):
        module = loaded_module(path, source, example=EXAMPLE, limit_s=limit_s)
    lines = class_lines(source)
    if class_name not in lines:
        metric_names = [name for name in lines if _is_metric(getattr(module, name, None))]
        raise UnknownNameError(
            f"metric class in {str(path)!r}:", class_name, metric_names, None if metric_names else EXAMPLE
        )
    where = f"metric {class_name} ({path}, line {lines[class_name]})"
    kind: type[Metric] = getattr(module, class_name)
    for problem in _problems(kind):
        raise ConfigurationError(f"{where} {problem}", EXAMPLE)
    kind.scorer_version = kind.scorer_version.partition(FROM_A_FILE)[0] + _mark(kind, source)
    type.__setattr__(kind, "text", property(_text))
    _classes[kind.name, kind.scorer_version] = kind
    return kind


def _text(metric: Metric) -> str:
    """Return the text from which `parse_metric` rebuilds the metric, from any working directory.

    It holds the path, the class and all its options.
    """
    options = ", ".join(f"{option.name}={getattr(metric, option.name)!r}" for option in fields(metric))
    return f"{sys.modules[type(metric).__module__].__file__}:{type(metric).__name__}({options})"


def loaded_metric(name: str, scorer_version: str) -> type[Metric] | None:
    """Return the metric class of that name and version, if this process has already loaded it from a file.

    Loads nothing.
    """
    return _classes.get((name, scorer_version))


def _is_metric(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Metric)


def _problems(kind: type[Metric]) -> Iterator[str]:
    """Yield what keeps a class from being a metric, in words to follow its name; nothing where it is one."""
    if not _is_metric(kind):
        yield "does not derive from Metric or CorpusMetric"
    elif isabstract(kind):
        yield f"lacks {' and '.join(sorted(kind.__abstractmethods__))}"
    elif "__dataclass_params__" not in kind.__dict__ or not kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        yield "is not a frozen dataclass"
    elif positional := [field.name for field in fields(kind) if not field.kw_only]:
        yield f"takes {', '.join(positional)} by position: kw_only=True is missing"
    elif kind.signature is not Metric.signature:
        yield "overrides `signature`, which must contain the hash of its file"
    else:
        yield from _wrong_facts(kind)


def _wrong_facts(kind: type[Metric]) -> Iterator[str]:
    for fact, expected_type in (("name", str), ("unit", str), ("higher_is_better", bool), ("scorer_version", str)):
        value = getattr(kind, fact, None)
        if not isinstance(value, expected_type) or value == "":
            yield f"has {fact} = {value!r}; it must be a {expected_type.__name__}, as a ClassVar"
    if isinstance(getattr(kind, "name", None), str) and not kind.name.isidentifier():
        yield f"has the name {kind.name!r}; it must be a valid Python identifier, for example politeness"
    if not _is_range(kind.value_range):
        yield f"has value_range = {kind.value_range!r}; it must be a pair of numbers, the least and the greatest value"
    if not isinstance(kind.needs, frozenset) or not all(isinstance(need, Need) for need in kind.needs):
        yield f"has needs = {kind.needs!r}; it must be a frozenset of Need: {', '.join(need.name for need in Need)}"
    try:
        get_type_hints(kind)
    except Exception as error:  # a name that the file only has for a type checker, say
        yield f"has an annotation that cannot be read: {in_words(error)}"


def _is_range(ends: object) -> bool:
    if not isinstance(ends, tuple) or len(ends) != 2 or not all(isinstance(end, int | float) for end in ends):
        return False
    return not any(isnan(end) for end in ends) and ends[0] < ends[1]


def _mark(kind: type[Metric], source: bytes) -> str:
    direction = "" if kind.higher_is_better else LOWER
    together = CORPUS if issubclass(kind, CorpusMetric) else ""
    return f"{FROM_A_FILE}{hash_of(source)}{direction}{together}"
