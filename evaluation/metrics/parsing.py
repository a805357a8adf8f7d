"""Parsing of metric specifications from a benchmark file or a command line: a metric's name and options."""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.catalogue import Catalogue
from evaluation.errors import BenchwrightError, ConfigurationError, UnknownNameError
from evaluation.files.allowed_files import allowed_path
from evaluation.files.unreadable import reason_of
from evaluation.formatting import excerpt
from evaluation.metric_specs import file_and_call, names_a_file
from evaluation.metrics import METRICS
from evaluation.metrics.metric import Metric
from evaluation.metrics.metric_files import EXAMPLE, loaded_metric, metric_in_file
from evaluation.metrics.third_party import MissingMetric, third_party_metric, third_party_names
from evaluation.typed_options import described_arguments, has_type, in_type, kind_name, missing_option, option_types
from evaluation.user_code.error_locations import in_words


def without_class(text: str) -> ConfigurationError | None:
    """Return why `path.py` alone names no metric, with the classes that it may mean; None for any other text."""
    path = text.strip().removesuffix(":")
    if not path.endswith(".py"):
        return None
    file = allowed_path(Path(path), what="the metric file")
    try:
        classes = _metric_classes(file.expanduser().read_bytes())
    except (OSError, ValueError, SyntaxError, RuntimeError, RecursionError, MemoryError) as error:
        why = reason_of(error).partition("\n")[0]
        return ConfigurationError(
            f"metric {text!r} names a file without a class, and the file cannot be read: {why}", "Write path.py:Name."
        )
    if not classes:
        return ConfigurationError(
            f"metric {text!r} names a file without a class, and the file has none",
            "Write a class in it (docs/metrics.md, section Custom), then name it: path.py:Name.",
        )
    return ConfigurationError(
        f"metric {text!r} names a file without a class; classes in it: {', '.join(classes)}",
        f"Write {path}:{classes[0]}" + (", or another of them after the colon." if len(classes) > 1 else "."),
    )


def _metric_classes(source: bytes) -> list[str]:
    """Return the classes at the file's top level: those whose bases look like a metric, else all of them."""
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    metrics = [node for node in classes if any(ast.unparse(base).endswith("Metric") for base in node.bases)]
    return [node.name for node in metrics or classes]


HOW_TO_CHOOSE = "Name another; `benchwright metrics list` lists all."
_EXAMPLE = "Write a name, optionally with options: regex(pattern='^yes', ignore_case=True)"


def parse_metric(text: str, *, may_name_a_file: bool = True) -> Metric:
    """Return the metric that `text` names, with the options it gives.

    Args:
        text: A name, or a name with options as literals: `regex(pattern='^yes', ignore_case=True)`. For a metric in a
            user's own file, with the path in front: `path.py:Name(threshold=2)`.
        may_name_a_file: False for text that comes from a benchmark, which must not run code.

    Raises:
        UnknownNameError: no metric of that name, or none yet.
        ConfigurationError: text that is no name with options, an unknown option, a value of the wrong type, a file
            that cannot be used.
    """
    if names_a_file(text) and not may_name_a_file:
        raise ConfigurationError(
            f"the benchmark names the metric {excerpt(text, 200)!r}, which is a Python file; "
            "a benchmark may not load code",
            "Take it out of the benchmark, and name it yourself with --metric where you trust it.",
        )
    if may_name_a_file:
        _refuse_without_class(text)
    kind, options = _class_and_options(text)
    if kind is MissingMetric and not may_name_a_file:
        raise UnknownNameError("metric", MissingMetric.name, sorted(METRICS), HOW_TO_CHOOSE)
    return _with_options(kind, options)


def class_named(text: str) -> type[Metric]:
    """Return the class of the metric that `text` names, whatever options it gives."""
    _refuse_without_class(text)
    return _class_and_options(text)[0]


def metric_of(name: str, signature: str) -> Metric | None:
    """Return the metric stored with this signature; None where it is no longer available in that form.

    A metric from a user's file is available only if this process has loaded that very file: stored text runs no code.
    """
    # What follows the version (sacrebleu's own signature) may hold the mark too, and so may an option's text.
    at = signature.rfind("|v")
    while at >= 0:
        metric = _stored(name, signature[:at], version=signature[at + 2 :].partition("|")[0])
        if metric is not None and metric.signature == signature:
            return metric
        at = signature.rfind("|v", 0, at)
    return None


def _stored(name: str, shown: str, *, version: str) -> Metric | None:
    try:
        kind = loaded_metric(name, version) or metric_class(name)
        return _with_options(kind, _name_and_options(f"{name}({shown.partition('(')[2]}")[1])
    except ConfigurationError:
        return None


def _refuse_without_class(text: str) -> None:
    if (refusal := without_class(text)) is not None:
        raise refusal


def _class_and_options(text: str) -> tuple[type[Metric], dict[str, Any]]:
    in_file = file_and_call(text)
    name, options = _name_and_options(in_file[1] if in_file is not None else text)
    return (_own_class(in_file[0], name) if in_file is not None else metric_class(name)), options


def _own_class(path: Path, class_name: str) -> type[Metric]:
    """Return the class in the user's file, unless its name is already taken."""
    path = allowed_path(path, what=f"the metric {class_name}:")
    kind = metric_in_file(path, class_name)
    if kind.name in METRICS or kind.name in third_party_names():
        raise ConfigurationError(
            f"metric {class_name} ({path}) cannot be named {kind.name!r}: another metric has that name",
            f"Give it another `name`. {EXAMPLE}",
        )
    return kind


def metric_class(name: str) -> type[Metric]:
    """Return the class of a metric: a built-in one, else one from an installed package."""
    if name == MissingMetric.name:
        return MissingMetric
    if name in METRICS:
        return METRICS[name]
    offered = third_party_metric(name)
    if offered is not None:
        return offered
    raise UnknownNameError("metric", name, sorted({*METRICS, *third_party_names()}), HOW_TO_CHOOSE)


def available_metrics() -> Catalogue[Metric]:
    """Return every available metric: the built-in ones, then those of installed packages."""
    others = [third_party_metric(name) for name in third_party_names() if name not in METRICS]
    return Catalogue("metric", *METRICS.values(), *(metric for metric in others if metric is not None))


def metric_options(metric: type[Metric]) -> dict[str, str]:
    """Return the type and default of each option of a metric, in words, by the option's name."""
    return described_arguments(metric)


def _name_and_options(text: str) -> tuple[str, dict[str, Any]]:
    if not text.strip():
        raise ConfigurationError(f"cannot parse the metric {text!r}: it has no name", next_step=_EXAMPLE)
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        if isinstance(tree, ast.Name):
            return tree.id, {}
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and not tree.args:
            return tree.func.id, _options(tree.keywords)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        problem = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ConfigurationError(f"cannot parse the metric {text!r}: {problem}", next_step=_EXAMPLE) from error
    raise ConfigurationError(
        f"cannot parse the metric {text!r}: expected NAME or NAME(option=value)", next_step=_EXAMPLE
    )


def _options(keywords: list[ast.keyword]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for keyword in keywords:
        if keyword.arg is None or keyword.arg in options:
            raise ValueError("each option must be named, and only once")
        options[keyword.arg] = ast.literal_eval(keyword.value)
    return options


def _with_options(metric: type[Metric], values: Mapping[str, Any]) -> Metric:
    types = option_types(metric)
    options = {}
    for option, value in values.items():
        if option not in types:
            raise ConfigurationError(f"metric {metric.name!r} has no option {option!r}", next_step=_allowed(metric))
        options[option] = _checked(metric, option, value, types[option])
    if (missing := missing_option(metric, options)) is not None:
        raise ConfigurationError(f"metric {metric.name!r} needs the option {missing!r}", _allowed(metric))
    return _made(metric, options)


def _made(metric: type[Metric], options: Mapping[str, Any]) -> Metric:
    """Create the metric with these options; its class may be third-party."""
    try:
        made = metric(**options)
        hash(made)
    except BenchwrightError:
        raise
    except Exception as error:
        raise ConfigurationError(
            f"metric {metric.name!r} refuses {dict(options)}: {in_words(error)}", _allowed(metric)
        ) from error
    return made


def _checked(metric: type[Metric], option: str, value: Any, option_type: Any) -> Any:
    if not has_type(value, option_type):
        raise ConfigurationError(
            f"metric {metric.name!r}: {option}={value!r} is a {type(value).__name__}, not a {kind_name(option_type)}",
            next_step=_allowed(metric),
        )
    return in_type(value, option_type)


def _allowed(metric: type[Metric]) -> str:
    options = metric_options(metric)
    if not options:
        return f"{metric.name} has no options"
    return "Its options: " + ", ".join(f"{name}: {words}" for name, words in options.items())
