"""What was meant by a file without a class, `path.py`? Its classes are read, and none of its code is run."""

import ast
from pathlib import Path

from evaluation.errors import ConfigurationError
from evaluation.files.allowed_files import must_be_allowed


def without_class(text: str) -> ConfigurationError | None:
    """Return why `path.py` alone names no metric, with the classes that it may mean; None for any other text."""
    path = text.strip().removesuffix(":")
    if not path.endswith(".py"):
        return None
    must_be_allowed(Path(path), what="the metric file")
    try:
        classes = _metric_classes(Path(path).expanduser().read_bytes())
    except (OSError, ValueError, SyntaxError, RuntimeError, RecursionError, MemoryError) as error:
        why = getattr(error, "strerror", None) or str(error).partition("\n")[0]
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
    """Return the classes at the file's top level: those that derive from a metric by its looks, else all of them."""
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    metrics = [node for node in classes if any(ast.unparse(base).endswith("Metric") for base in node.bases)]
    return [node.name for node in metrics or classes]
