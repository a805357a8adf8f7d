"""The `benchwright doctor` command: checks what an evaluation needs, and suggests fixes and first steps."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import typer

from deployments.cli.arguments import DatabaseOption, EndpointsOption, JsonOption, database_url
from deployments.cli.doctor import checks, machine
from deployments.cli.doctor.checks import Finding, State
from deployments.cli.doctor.first_steps import (
    SUGGESTIONS,
    Suggestion,
    first_commands,
    memory_in_words,
    model_memory_bytes,
    suggestion_for,
)
from deployments.cli.doctor.variables import variables
from deployments.cli.terminal.output import EXIT_MENDABLE, error_as_json, print_json, report_error, result
from deployments.cli.terminal.tables import print_line, print_table
from deployments.prefect_home import mend_modes
from evaluation.errors import BenchwrightError, ConfigurationError
from evaluation.escaping import for_terminal
from evaluation.formatting import size
from evaluation.providers import OF_EMBEDDED_SERVER, PROVIDERS
from evaluation.providers.model_names import is_remote
from evaluation.records.candidates import EndpointRecord

if TYPE_CHECKING:
    from deployments.cli.servers import Answer


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """All findings, with suggestions."""

    findings: tuple[Finding, ...]
    answers: "tuple[Answer, ...]"
    is_first_use: bool
    suggestion: Suggestion
    """Models that suit this machine."""
    suited_by: str
    """Which memory the suggestion is based on."""
    commands: tuple[str, ...]
    """Commands to run first."""


def doctor(endpoint: EndpointsOption = None, db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Check what an evaluation needs, and name the command that fixes what is missing."""
    diagnosis = diagnose(endpoint or [], db)
    broken = [finding for finding in diagnosis.findings if finding.state is State.BROKEN]
    if as_json:
        _print_json(diagnosis, broken)
    else:
        _print(diagnosis)
    if broken:
        report_error(_error(broken), as_json=False)
        raise typer.Exit(EXIT_MENDABLE)


def _error(broken: Sequence[Finding]) -> ConfigurationError:
    return ConfigurationError(
        "cannot evaluate: " + "; ".join(f"{item.name}: {item.message}" for item in broken),
        broken[0].next_step,
    )


def diagnose(names_or_urls: Sequence[str], db: str | None) -> Diagnosis:
    """Check this machine and the servers, and return the diagnosis.

    Args:
        names_or_urls: Servers by name or address; empty: those that commands ask by default.
        db: As in `--db`.
    """
    url = database_url(db)
    private_files = checks.private_files(url)  # before anything is mended
    mend_modes()
    store, is_first_use = checks.database(url, typed=db)
    servers, answers = _servers(names_or_urls, url, has_store=store.state is checks.State.OK)
    gpus, memory_bytes = machine.gpus(), machine.memory_bytes()
    findings = (
        checks.python_version(),
        checks.prefect(),
        checks.serve(),
        store,
        checks.disk(url),
        private_files,
        *servers,
        checks.embedded(),
        checks.sandbox(),
        checks.gpu(gpus),
        checks.memory(memory_bytes),
        *variables(os.environ, keys=_variables_of_keys(url) if store.state is checks.State.OK else ()),
    )
    suggestion = suggestion_for(model_memory_bytes(gpus, memory_bytes))
    endpoint, models = _where_to_begin(answers)
    return Diagnosis(
        findings=findings,
        answers=answers,
        is_first_use=is_first_use,
        suggestion=suggestion,
        suited_by=memory_in_words(gpus),
        commands=first_commands(models, endpoint=endpoint, suggestion=suggestion),
    )


def _servers(
    names_or_urls: Sequence[str], url: str | None, *, has_store: bool
) -> "tuple[tuple[Finding, ...], tuple[Answer, ...]]":
    """Return the answers of the servers; an invalid name or address is a finding too."""
    from deployments.cli.servers import ask_all, requested_endpoints
    from evaluation.store.session import open_store

    try:
        with ExitStack() as stack:
            store = stack.enter_context(open_store(url)) if has_store else None
            endpoints = requested_endpoints(names_or_urls, store)
    except BenchwrightError as error:
        state = checks.State.BROKEN if names_or_urls else checks.State.MISSING
        return (checks.Finding(name="endpoint", state=state, message=error.message, next_step=error.next_step),), ()
    beside = [] if names_or_urls else _embedded_of_serve()
    answers, errors = ask_all([*endpoints, *beside])
    has_models = any(answer.endpoint.url == embedded.url and answer.models for answer in answers for embedded in beside)
    findings = [checks.answering(answer) for answer in answers]
    findings += [
        checks.silent(endpoint, error, was_asked_for=bool(names_or_urls), is_spare=has_models)
        for endpoint, error in errors
    ]
    return tuple(findings), tuple(answers)


def _variables_of_keys(url: str | None) -> frozenset[str]:
    """Return the variables that stored endpoints name for their keys."""
    from evaluation.store.registry import list_endpoints
    from evaluation.store.session import open_store

    with open_store(url) as store:
        return frozenset(endpoint.key_variable for endpoint in list_endpoints(store) if endpoint.key_variable)


def _embedded_of_serve() -> list[EndpointRecord]:
    """Return the embedded server of the `serve` on this Prefect home.

    Its name is the address that commands accept.
    """
    from deployments.serving.home_lock import find_serve

    serving = find_serve()
    if serving is None or serving.embedded is None:
        return []
    name = serving.embedded.removeprefix("http://")
    return [EndpointRecord(name=name, url=serving.embedded, provider=OF_EMBEDDED_SERVER)]


def _where_to_begin(answers: "Sequence[Answer]") -> tuple[str | None, list[str]]:
    """Return the server to begin with, and its models that can answer.

    The first server with such models, otherwise one that can pull.
    """
    for answer in answers:
        if models := _fit_to_answer(answer):
            return answer.endpoint.name, models
    pulling = (answer.endpoint.name for answer in answers if PROVIDERS[answer.endpoint.provider].can_pull)
    return next(pulling, None), []


def _fit_to_answer(answer: "Answer") -> list[str]:
    """Return the local models that generate text, smallest first, since it answers soonest; baselines last."""
    fit = [
        info
        for info in answer.models
        if not is_remote(info) and "embed" not in info.name
        if not info.capabilities or "completion" in info.capabilities
    ]
    return [info.name for info in sorted(fit, key=lambda info: (info.family == "baseline", info.size_bytes or 0))]


def _print(diagnosis: Diagnosis) -> None:
    print_table(("", "check", "found"), [(item.state.value, item.name, item.message) for item in diagnosis.findings])
    for item in diagnosis.findings:
        if item.next_step:
            print_line(f"{item.name}: {item.next_step}")
    if diagnosis.is_first_use:
        _print_first_steps(diagnosis)


def _print_first_steps(diagnosis: Diagnosis) -> None:
    print_line("\nNo runs are stored yet. Where to begin:\n")
    models = [
        (info.name, size(info.size_bytes), answer.endpoint.name)
        for answer in diagnosis.answers
        for info in answer.models
    ]
    if models:
        print_table(("available models", "size", "endpoint"), models)
    print_table(
        ("memory for a model", "models to pull", ""),
        [
            (
                f"{item.memory_gib:g} GiB or more" if item.memory_gib else "less",
                item.models,
                diagnosis.suited_by if item is diagnosis.suggestion else "",
            )
            for item in SUGGESTIONS
        ],
    )
    print_line("The first command:" if len(diagnosis.commands) == 1 else "The first commands:")
    for command in diagnosis.commands:
        result().print(f"  {for_terminal(command)}")  # to be copied: never wrapped


def _print_json(diagnosis: Diagnosis, broken: Sequence[Finding]) -> None:
    outcome: dict[str, Any] = {"status": "ok"}
    if broken:
        error = _error(broken)
        outcome = {"status": "error", "error": error_as_json(error)}
    print_json(
        outcome
        | {
            "checks": [
                {"name": item.name, "state": item.state.value, "said": item.message, "next": item.next_step}
                for item in diagnosis.findings
            ],
            "models": [
                {
                    "name": info.name,
                    "digest": info.digest,
                    "size_bytes": info.size_bytes,
                    "endpoint": answer.endpoint.name,
                }
                for answer in diagnosis.answers
                for info in answer.models
            ],
            "first_use": diagnosis.is_first_use,
            "suggestion": asdict(diagnosis.suggestion),
            "first_commands": list(diagnosis.commands),
        }
    )
