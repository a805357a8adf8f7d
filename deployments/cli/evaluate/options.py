"""The options of `evaluate`, shared with other commands that run an evaluation first."""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from deployments.cli.arguments import accept_sandbox, read_price_file, usual_prices
from deployments.cli.evaluate.command import evaluate

_FIELDS: Mapping[str, str] = {
    "benchmark": "benchmarks",
    "field": "fields",
    "ignore_field": "ignore_fields",
    "model": "models",
    "candidate": "candidates",
    "option": "options",
    "endpoint": "endpoints",
    "metric": "metrics",
    "judge": "judges",
    "timeout": "timeout_s",
    "case_timeout": "case_timeout_s",
}
"""Field of `EvaluationRequest` by option, where the names differ."""
_NO_FIELDS = frozenset({"sandbox", "prices", "file"})
"""Options that set where a field comes from, or how this machine is used."""
_NOT_TAKEN = frozenset({"resume", "dry_run", "level", "fail_under", "junit", "db", "json_"})
"""Options that concern the work of `evaluate` only, or that every command defines itself."""


def taking_evaluation(command: Callable[..., None]) -> Callable[..., None]:
    """Return `command` with the options of `evaluate` added, which it gets as the mapping `evaluation`.

    Args:
        command: Takes `evaluation` by name; its own options come first, and win over those of the same name.
    """
    own = [item for name, item in inspect.signature(command).parameters.items() if name != "evaluation"]
    taken = {
        name: item.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for name, item in inspect.signature(evaluate).parameters.items()
        if name not in _NOT_TAKEN and name not in {item.name for item in own}
    }

    def with_evaluation(**option_values: Any) -> None:
        command(
            **{name: value for name, value in option_values.items() if name not in taken},
            evaluation={name: option_values[name] for name in taken},
        )

    parameters = [item.replace(kind=inspect.Parameter.KEYWORD_ONLY) for item in own] + list(taken.values())
    with_evaluation.__signature__ = inspect.Signature(parameters, return_annotation=None)  # type: ignore[attr-defined]
    with_evaluation.__annotations__ = {item.name: item.annotation for item in parameters}
    with_evaluation.__doc__, with_evaluation.__name__ = command.__doc__, command.__name__
    return with_evaluation


def evaluation_fields(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return these options as fields of `EvaluationRequest`; unset ones are left out.

    Raises:
        ConfigurationError: a file that cannot be read, an invalid price.
    """
    from evaluation.requests.request_file import read_request_file

    accept_sandbox(options.get("sandbox"))
    values = {_FIELDS.get(name, name): value for name, value in options.items() if name not in _NO_FIELDS}
    values["prices"] = read_price_file(options.get("prices"))
    typed = {name: value for name, value in values.items() if value is not None and value is not False and value != []}
    file: Path | None = options.get("file")
    fields = {**(read_request_file(file) if file else {}), **typed}
    if fields and "prices" not in fields:
        fields |= usual_prices()
    return fields
