"""Files of users that hold code: loaded from the very bytes that were hashed."""

import ast
import sys
from functools import partial
from hashlib import sha256
from importlib.abc import SourceLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

from evaluation.errors import ConfigurationError
from evaluation.files.unreadable import unreadable
from evaluation.user_code.error_locations import in_words, place_in
from evaluation.user_code.loading import LoadingTooLongError, raise_limit, stopped_after, within_limit

FROM_A_FILE = "+file:"
"""Prefix of the file's hash in the version of what comes from a user's file."""


def read_source(path: Path, *, what: str) -> bytes:
    """Return the content of a user's file.

    Args:
        path: The file.
        what: What it is to be, for the message.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise unreadable(path, error, what=what) from None


def hash_of(source: bytes) -> str:
    """Return the hash of a file's content that stands in signatures."""
    return sha256(source).hexdigest()[:16]


def class_lines(source: bytes) -> dict[str, int]:
    """Return the line of each class at the top level of the file.

    Raises:
        SyntaxError: it is not Python.
    """
    return {node.name: node.lineno for node in ast.parse(source).body if isinstance(node, ast.ClassDef)}


class _FromBytes(SourceLoader):
    """Loader that runs the exact bytes that were hashed, and writes no compiled file beside the user's."""

    def __init__(self, path: str, source: bytes) -> None:
        self.path, self.source = path, source

    def get_filename(self, fullname: str) -> str:
        return self.path

    def get_data(self, path: str | bytes) -> bytes:
        return self.source


def loaded_module(path: Path, source: bytes, *, example: str, limit_s: float | None = None) -> ModuleType:
    """Load the file, with `source` as its content, as a module with a name of its own.

    A module already loaded is reused; another version of the file is another module.

    Args:
        path: The file.
        source: Its content.
        example: What to write instead, as the next step of an error.
        limit_s: Seconds that it may take; None: no limit, as in a process that is ended from outside.

    Raises:
        ConfigurationError: the code does not run, or not within the limit.
    """
    whole = str(path.resolve())
    name = f"benchwright_file_{sha256(whole.encode(errors='surrogateescape') + b'|' + source).hexdigest()[:24]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = spec_from_loader(name, _FromBytes(whole, source))
    if spec is None or spec.loader is None:
        raise ConfigurationError(f"{whole!r} cannot be loaded", example)
    module = sys.modules[name] = module_from_spec(spec)
    run = partial(spec.loader.exec_module, module)
    try:
        if limit_s is None:
            run()
        else:
            within_limit(run, limit_s)
    except LoadingTooLongError:
        sys.modules.pop(name, None)
        raise ConfigurationError(
            f"{str(path)!r} {stopped_after(limit_s or 0.0)}", raise_limit(limit_s or 0.0)
        ) from None
    except (Exception, SystemExit) as error:
        sys.modules.pop(name, None)
        line = error.lineno if isinstance(error, SyntaxError) else place_in(error, whole)
        where = f"{str(path)!r}" + (f", line {line}" if line is not None else "")
        raise ConfigurationError(f"{where} does not run: {in_words(error)}", example) from error
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def source_of(kind: type) -> tuple[Path, bytes] | None:
    """Return the path and content of the user's file that a class was loaded from; None for any other class."""
    loader = getattr(sys.modules.get(kind.__module__), "__loader__", None)
    return (Path(loader.path), loader.source) if isinstance(loader, _FromBytes) else None
