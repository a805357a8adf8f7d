"""Requests that schemathesis makes of the description, sent to the application, and what is checked of each answer."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.python import asgi
from schemathesis.specs.openapi import checks
from starlette.types import ASGIApp, Receive, Scope, Send

DESCRIPTION = "/api/v1/openapi.json"
BASE = "http://127.0.0.1:4210"
CHECKS: list[Any] = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]


@dataclass
class Sent:
    """What was sent and answered."""

    statuses: Counter[int] = field(default_factory=Counter)
    succeeded: Counter[str] = field(default_factory=Counter)
    """Number of answers below 400, by operation."""
    faults: dict[str, str] = field(default_factory=dict)
    """What an operation answered wrongly, by the operation and the check: the first one of each."""


class FromThisMachine:
    """Serves every request as one of a program of this machine and this user."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "client": ("127.0.0.1", 50_000), "server": None}
        await self._app(scope, receive, send)


def send_examples(
    app: ASGIApp, n_examples: int, *, random_seed: int = 0, ids: Mapping[str, str] = MappingProxyType({})
) -> Sent:
    """Send this many examples to each operation of the description, half of them invalid, and check each answer.

    Args:
        app: The application.
        n_examples: Requests to each operation.
        random_seed: Draws them.
        ids: Ids of things that are there, by the ids in the description's examples for which they stand.
    """
    sent = Sent()
    with _client(FromThisMachine(app)) as client:
        text = client.get(DESCRIPTION).text
        for example, real in ids.items():
            text = text.replace(example, real)
        described = schemathesis.openapi.from_dict(json.loads(text))
        for result in described.get_all_operations():
            operation = result.ok()
            for mode in GenerationMode if _can_be_wrong(operation) else (GenerationMode.POSITIVE,):
                _send(operation.as_strategy(generation_mode=mode), n_examples // 2, random_seed, client, sent)
    return sent


def n_kinds(app: ASGIApp) -> int:
    """Return the number of kinds of requests: valid ones of every operation, and invalid ones where there are."""
    with _client(FromThisMachine(app)) as client:
        described = schemathesis.openapi.from_dict(client.get(DESCRIPTION).json())
        operations = [result.ok() for result in described.get_all_operations()]
    return sum(2 if _can_be_wrong(operation) else 1 for operation in operations)


def _can_be_wrong(operation: Any) -> bool:
    """Return whether there is an invalid request; a path and headers take every text."""
    return bool(len(operation.query) or len(operation.body))


def _send(strategy: Any, n_examples: int, random_seed: int, client: Any, sent: Sent) -> None:
    @seed(random_seed)
    @settings(
        max_examples=n_examples,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def send(case: Case) -> None:
        response = case.call(session=client, base_url=BASE)
        sent.statuses[response.status_code] += 1
        if response.status_code < 400:
            sent.succeeded[case.operation.label] += 1
        for name, fault in _faults(case, response):
            sent.faults.setdefault(f"{case.operation.label}: {name}", f"{fault}\n{case.as_curl_command()}")

    send()


def _faults(case: Case, response: Response) -> Iterator[tuple[str, str]]:
    if response.status_code == 500:
        yield "internal error", response.text
    is_problem = response.headers.get("content-type") == ["application/problem+json"]
    if is_problem and response.json()["status"] != response.status_code:
        yield "problem", response.text
    for check in CHECKS:
        try:
            case.validate_response(response, checks=[check])
        except FailureGroup as group:
            yield check.__name__, "\n".join(str(fault) for fault in group.exceptions)


@contextmanager
def _client(app: ASGIApp) -> Iterator[Any]:
    with asgi.get_client(app, max_stream_events=1) as client:
        client.base_url = BASE
        yield client
