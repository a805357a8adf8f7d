"""Metrics from a user's own file, named `path.py:Name`.

The file is the user's code and runs with the user's rights: only a name typed by the user is accepted, never one from a
benchmark file or a database. Its class is a frozen, keyword-only dataclass that derives from `Metric` or
`CorpusMetric`. It is identified by its `name`; the hash of the file is in its scorer version and therefore in its
signature, so scores by two versions of a file are never mixed. The hash does not cover what the file imports.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import fields
from hashlib import sha256
from importlib.abc import SourceLoader
from importlib.util import module_from_spec, spec_from_loader
from inspect import isabstract
from math import isnan
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import get_type_hints

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.files.unreadable import unreadable
from evaluation.metrics.error_locations import in_words, place_in
from evaluation.metrics.metric import CorpusMetric, Metric, Need

EXAMPLE = (
    "Write a class with @dataclass(frozen=True, kw_only=True) that derives from evaluation.metrics.metric.Metric; "
    "docs/metrics.md, section Custom, has one in full"
)
FROM_A_FILE = "+file:"
"""Prefix of the file's hash in the scorer version of a metric from a file."""
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
    return metric_from_source(path, _read(path), class_name)


def metric_from_source(path: Path, source: bytes, class_name: str) -> type[Metric]:
    """Return the metric class of that name from the file, with `source` as its content.

    Raises:
        ConfigurationError: as `metric_in_file`.
    """
    with _loading:
        module = _loaded(path, source)
    lines = _class_lines(source)
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


def source_of(kind: type[Metric]) -> tuple[Path, bytes] | None:
    """Return the path and content of the user's file that a class was loaded from; None for any other class."""
    loader = getattr(sys.modules.get(kind.__module__), "__loader__", None)
    return (Path(loader.path), loader.source) if isinstance(loader, _FromBytes) else None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise unreadable(path, error, what="the metric file") from None


class _FromBytes(SourceLoader):
    """Loader that runs the exact bytes that were hashed, and writes no compiled file beside the user's."""

    def __init__(self, path: str, source: bytes) -> None:
        self.path, self.source = path, source

    def get_filename(self, fullname: str) -> str:
        return self.path

    def get_data(self, path: str | bytes) -> bytes:
        return self.source


def _loaded(path: Path, source: bytes) -> ModuleType:
    """Load the file as a module with a name of its own.

    A module already loaded is reused; another version of the file is another module.
    """
    whole = str(path.resolve())
    name = f"benchwright_metric_{sha256(whole.encode(errors='surrogateescape') + b'|' + source).hexdigest()[:24]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = spec_from_loader(name, _FromBytes(whole, source))
    if spec is None or spec.loader is None:
        raise ConfigurationError(f"{whole!r} cannot be loaded", EXAMPLE)
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        line = error.lineno if isinstance(error, SyntaxError) else place_in(error, whole)
        where = f"{str(path)!r}" + (f", line {line}" if line is not None else "")
        raise ConfigurationError(f"{where} does not run: {in_words(error)}", EXAMPLE) from error
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _class_lines(source: bytes) -> dict[str, int]:
    """Return the line of each class at the top level of the file."""
    return {node.name: node.lineno for node in ast.parse(source).body if isinstance(node, ast.ClassDef)}


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
    return f"{FROM_A_FILE}{sha256(source).hexdigest()[:16]}{direction}{together}"
