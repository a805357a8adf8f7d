"""A Prefect server of which a test says what it holds, for whatever speaks to it through the HTTP interface."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx
from prefect.exceptions import PrefectHTTPStatusError

OURS, RENAMED, FOREIGN = "flows.evaluate:evaluate", "flows.evaluate.evaluate", "their.flows:delete_all"


@dataclass
class PrefectByScript:
    """A Prefect server with flow runs of several deployments; notes what is set."""

    entrypoints: dict[UUID, str] = field(default_factory=dict)
    runs: dict[UUID, Any] = field(default_factory=dict)
    flows: dict[UUID, str] = field(default_factory=dict)
    changed: list[UUID] = field(default_factory=list)
    offered: list[str] = field(default_factory=list)
    """Benchmarks that the form of the deployment offers."""
    models_offered: list[str] = field(default_factory=lambda: ["m:1b", "m"])
    """Models that it offers."""
    n_refreshed: int = 0
    links: dict[str, list[str | None]] = field(default_factory=dict)
    """Links to reports that each flow run published, the oldest first."""
    states: list[Any] = field(default_factory=list)
    idempotency_keys: list[str | None] = field(default_factory=list)
    workers: dict[str, str] = field(default_factory=lambda: {"gpus": "ONLINE"})
    """State of the worker of each work pool that has one."""

    def add(self, entrypoint: str | None, *, flow: str = "evaluate", state: str = "RUNNING") -> str:
        run_id, flow_id = uuid4(), uuid4()
        deployment = None if entrypoint is None else uuid4()
        if deployment is not None and entrypoint is not None:
            self.entrypoints[deployment] = entrypoint
        self.flows[flow_id] = flow
        self.runs[run_id] = SimpleNamespace(
            id=run_id,
            name="amber-owl",
            deployment_id=deployment,
            flow_id=flow_id,
            state=SimpleNamespace(
                name=state.title(), type=SimpleNamespace(value=state), message=None, timestamp=datetime.now(UTC)
            ),
            created=None,
            start_time=None,
            end_time=None,
            tags=["api"],
            parameters=evaluation_of("classification"),
            work_queue_name="default",
            work_pool_name="gpus",
            expected_start_time=None,
            job_variables={},
        )
        self.runs[run_id].state.is_final = lambda: state in ("FAILED", "CANCELLED", "COMPLETED", "CRASHED")
        return str(run_id)

    def read_flow_run(self, run_id: UUID) -> Any:
        return self.runs[run_id]

    def read_artifacts(self, artifact_filter: Any, **_: Any) -> list[Any]:
        (run_id,) = artifact_filter.flow_run_id.any_
        assert ["report"] == artifact_filter.key.any_
        return [SimpleNamespace(data=link) for link in reversed(self.links.get(str(run_id), []))]

    def read_flow_runs(self, flow_run_filter: Any, **more: Any) -> list[Any]:
        (tag,) = flow_run_filter.tags.all_
        return [run for run in reversed(self.runs.values()) if tag in run.tags]

    def read_deployment(self, deployment_id: UUID) -> Any:
        return SimpleNamespace(id=deployment_id, name="evaluate", entrypoint=self.entrypoints[deployment_id])

    def read_flow(self, flow_id: UUID) -> Any:
        return SimpleNamespace(name=self.flows[flow_id])

    def read_deployments(self, deployment_filter: Any = None, **_: Any) -> list[Any]:
        return [SimpleNamespace(id=uuid4(), name="evaluate", entrypoint=OURS, work_pool_name="gpus")]

    def read_workers_for_work_pool(self, pool: str, **_: Any) -> list[Any]:
        return [SimpleNamespace(status=SimpleNamespace(value=self.workers[pool]))] if pool in self.workers else []

    def create_flow_run_from_deployment(self, deployment_id: UUID, *, parameters: Any, **more: Any) -> Any:
        request = parameters["request"]
        asked = [
            ("benchmarks", request["benchmarks"][0], self.offered),
            ("models", (request.get("models") or ["m:1b"])[0], self.models_offered),
        ]
        refused = next(((kind, name, offered) for kind, name, offered in asked if name not in offered), None)
        if refused is not None:
            kind, name, offered = refused
            request = httpx.Request("POST", "http://prefect/api")
            detail = f"Validation failed for field 'request.{kind}[0]': {name!r} is not one of {offered}"
            response = httpx.Response(409, json={"detail": detail}, request=request)
            raise PrefectHTTPStatusError("refused", request=request, response=response)
        made = self.runs[UUID(self.add(OURS, state="SCHEDULED"))]
        made.tags, made.parameters = more["tags"], parameters
        self.idempotency_keys.append(more["idempotency_key"])
        return made

    def update_deployment(self, deployment_id: UUID, update: Any) -> None:
        assert {"parameter_openapi_schema"} == update.model_fields_set
        fields = update.parameter_openapi_schema["definitions"]["EvaluationRequest"]["properties"]
        self.offered = fields["benchmarks"]["items"]["enum"]
        self.models_offered = fields["models"]["items"].get("enum", self.models_offered)
        self.n_refreshed += 1

    def set_flow_run_state(self, run_id: UUID, state: Any, *, force: bool = False) -> None:
        self.changed.append(run_id)
        self.states.append(state)


def evaluation_of(benchmark: str, model: str = "m:1b") -> dict[str, Any]:
    return {"request": {"benchmarks": [benchmark], "models": [model]}}
