"""Templates: the options that the evaluations of an experiment share, as a file that can be passed on."""

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from evaluation.errors import ConfigurationError, StoreError, UnknownNameError
from evaluation.records.experiments import ExperimentRecord
from evaluation.requests.evaluation_request import EvaluationRequest, read_request
from evaluation.requests.request_file import read_request_file
from evaluation.store.experiments import find_experiment
from evaluation.store.plans import find_invocation
from evaluation.store.runs import find_run
from evaluation.store.session import Store

EXPERIMENT = "experiment"
_LISTS = ("benchmarks", "models", "candidates")
_NUMBERS_OF_CASES = ("limit", "level")


def read_template(path: Path) -> dict[str, Any]:
    """Return the options in a file of `create --template`: any of those of `evaluate -f`, all optional.

    Raises:
        ConfigurationError: no such file, not YAML, an option that does not exist or has a bad value.
    """
    return checked_template(read_request_file(path), source=str(path))


def checked_template(template: Mapping[str, Any], *, source: str) -> dict[str, Any]:
    """Return `template`, checking that each option is one of `evaluate`.

    Raises:
        UnknownNameError: an option that does not exist.
        ConfigurationError: a bad value.
    """
    fields = {name for name in EvaluationRequest.model_fields if name != EXPERIMENT}
    options = {name: value for name, value in template.items() if name != EXPERIMENT}
    for name in options:
        if name not in fields:
            raise UnknownNameError(f"option of a template ({source})", name, sorted(fields))
    # What a template leaves open is said with each evaluation.
    stand_ins = {"benchmarks": ["-"], "models": [] if options.get("candidates") else ["-"]}
    read_request({**stand_ins, **{name: value for name, value in options.items() if value != []}}, source=source)
    return options


def template_of_run(store: Store, run: str) -> dict[str, Any]:
    """Return the request of a run's invocation, as a template.

    Raises:
        UnknownNameError: no such run.
    """
    run_id = find_run(store, run).plan.run_id
    invocation = find_invocation(store, find_run(store, run_id).plan.invocation_id)
    if invocation is None:
        raise StoreError(f"{store.shown_url} does not hold what was asked for in run {run_id!r}")
    return checked_template(invocation.request, source=f"what was asked for in run {run_id!r}")


def with_template(store: Store, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request, with unset options taken from the template of its experiment.

    Raises:
        UnknownNameError: no such experiment.
    """
    name = fields.get(EXPERIMENT)
    if name is None:
        return dict(fields)
    experiment = find_experiment(store, str(name))
    template = dict(experiment.template or {})
    if any(fields.get(key) for key in ("models", "candidates")):
        # Candidates that are named are all that are meant.
        template = {key: value for key, value in template.items() if key not in ("models", "candidates")}
    if any(fields.get(key) is not None for key in _NUMBERS_OF_CASES):
        template = {key: value for key, value in template.items() if key not in _NUMBERS_OF_CASES}
    return {**template, **fields, EXPERIMENT: experiment.name}


def template_as_yaml(experiment: ExperimentRecord, *, folder: Path | None = None) -> str:
    """Return the template as the text of a YAML file, with the question that it answers at the top.

    Args:
        experiment: The experiment.
        folder: The file's folder. Paths of benchmark files in it are relative to it, so that they can move together.
    """
    import yaml

    words = f"{experiment.name}: {experiment.question}" if experiment.question else experiment.name
    head = "".join(f"# {line}\n" for line in words.splitlines())
    options = dict(experiment.template or {})
    ordered = {name: options[name] for name in (*_LISTS, *options) if name in options}
    if folder is not None and isinstance(ordered.get("benchmarks"), list):
        ordered["benchmarks"] = [_from(folder.resolve(), name) for name in ordered["benchmarks"]]
    # ASCII alone: whoever wrote the options cannot trick the terminal on which they are printed.
    return _ascii(head) + yaml.safe_dump(ordered, sort_keys=False, allow_unicode=False)


def _from(folder: Path, name: str) -> str:
    path = Path(name)
    return str(path.relative_to(folder)) if path.is_absolute() and path.is_relative_to(folder) else name


def _ascii(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode()


def write_new_file(path: Path, text: str) -> None:
    """Write a new file, whole or not at all.

    Raises:
        ConfigurationError: it exists already, or cannot be written.
    """
    must_be_new(path)
    try:
        with path.open("x", encoding="utf-8") as file, _removed_on_failure(path):
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise _exists_already(path) from None
    except OSError as error:
        raise _unwritable(path, error.strerror) from None


def must_be_new(path: Path) -> None:
    """Check that a new file can be created at `path`, as far as that is known beforehand.

    Raises:
        ConfigurationError: it exists already, or its folder does not.
    """
    try:
        path.lstat()
    except FileNotFoundError:
        if not os.path.isdir(path.parent):
            raise _unwritable(path, os.strerror(errno.ENOENT)) from None
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise _unwritable(path, os.strerror(errno.EACCES)) from None
    except OSError as error:
        raise _unwritable(path, error.strerror) from None
    else:
        raise _exists_already(path)


@contextmanager
def _removed_on_failure(path: Path) -> Iterator[None]:
    """Remove the file at `path` if writing it fails."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise


def _exists_already(path: Path) -> ConfigurationError:
    return ConfigurationError(f"{str(path)!r} exists already", "Name another file.")


def _unwritable(path: Path, problem: str | None) -> ConfigurationError:
    return ConfigurationError(f"cannot write {str(path)!r}: {problem}", "Name another file.")
