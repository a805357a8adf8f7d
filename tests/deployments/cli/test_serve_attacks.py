"""What may somebody do to `benchwright serve` over its API, with a page of another origin, or with the password?

One story, told once, since starting a server takes its time; each test looks at another side of it.
"""

import json
import signal
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from free_ports import free_port
from patient_client import patient_client
from served import Home, eventually

from deployments.serving.worker import POOL

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to find what is left"),
]
FOREIGN = {"Origin": "http://evil.example"}
METRIC = """
from dataclasses import dataclass
from pathlib import Path
Path({target!r}).write_text("it ran")
"""
MODEL = "baseline-random:latest"


@dataclass
class Story:
    """What was seen."""

    folder: Path
    statuses: dict[str, int] = field(default_factory=dict)
    ends: dict[str, tuple[str, str]] = field(default_factory=dict)
    """State and logs of each flow run."""
    called: list[str] = field(default_factory=list)
    """Paths that the webhook's server was asked for."""
    failed_actions: list[str] = field(default_factory=list)
    modes: dict[str, int] = field(default_factory=dict)
    said: str = ""

    @property
    def written(self) -> list[str]:
        """Files that only the code of an attack writes."""
        return sorted(path.name for path in self.folder.glob("attacked-*"))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """A `serve` as it is by default, and what was tried."""
    folder = tmp_path_factory.mktemp("attacked")
    told = Story(folder=folder)
    database = f"sqlite:///{folder}/results.db"
    home = Home(folder, {"OLLAMA_HOST": "http://127.0.0.1:9", "BENCHWRIGHT_DATABASE_URL": database})
    served = home.serve("--port", free_port(), "--embedded")
    try:
        facts = served.ready()
        password = Path(facts["password_file"]).read_text().strip()
        _knock(told, facts, password)
        user, _, word = password.partition(":")
        with patient_client(f"{facts['pages']}/api/") as api, webhook(told.called) as hook:
            api.auth = (user, word)
            _run_what_is_not_ours(told, api)
            _call_what_nobody_named(told, api, hook)
        told.modes = {
            str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
            for path in (folder / "prefect", *(folder / "prefect").rglob("*"), *folder.glob("results.db*"))
            if not path.is_symlink()
        }
        told.said = home.run("doctor")[1] + served.story
    finally:
        served.end(signal.SIGTERM)
    assert eventually(lambda: not home.left_behind())
    assert word not in told.said
    return told


def _knock(told: Story, facts: dict[str, Any], password: str) -> None:
    user, _, word = password.partition(":")
    with httpx.Client(base_url=facts["pages"], trust_env=False, timeout=60) as client:
        auth = (user, word)
        told.statuses["no password"] = client.post("/api/flows/filter", json={}).status_code
        told.statuses["password"] = client.post("/api/flows/filter", json={}, auth=auth).status_code
        told.statuses["wrong password"] = client.post("/api/flows/filter", json={}, auth=(user, "x")).status_code
        told.statuses["pages"] = client.get("/ui-settings").status_code
        told.statuses["foreign"] = client.post("/api/flows/filter", json={}, auth=auth, headers=FOREIGN).status_code
        preflight = {**FOREIGN, "Access-Control-Request-Method": "POST"}
        told.statuses["preflight"] = client.options("/api/flow_runs/", headers=preflight).status_code
        host = {"Host": "evil.example"}
        told.statuses["rebound"] = client.post("/api/flows/filter", json={}, auth=auth, headers=host).status_code
    with httpx.Client(base_url=facts["model_servers"]["embedded"], trust_env=False, timeout=60) as client:
        told.statuses["embedded"] = client.get("/api/tags").status_code
        told.statuses["embedded, foreign"] = client.get("/api/tags", headers=FOREIGN).status_code
        told.statuses["embedded, rebound"] = client.get("/api/tags", headers=host).status_code


def _run_what_is_not_ours(told: Story, api: httpx.Client) -> None:
    """Every way to have the worker run something, by somebody who has the password."""
    deployment = api.get("deployments/name/monitor/monitor").raise_for_status().json()["id"]

    def shell(name: str) -> str:
        return f"sh -c 'echo it ran >{told.folder}/attacked-{name}'"

    _try(told, api, "flow run", deployment, job_variables={"command": shell("flow-run"), "env": {"PATH": "/nowhere"}})
    _try(told, api, "working directory", deployment, job_variables={"working_dir": str(told.folder)})
    api.patch(f"deployments/{deployment}", json={"job_variables": {"command": shell("deployment")}}).raise_for_status()
    _try(told, api, "deployment", deployment)
    template = api.get(f"work_pools/{POOL}").json()["base_job_template"]
    template["job_configuration"]["command"] = shell("pool")
    template["job_configuration"]["env"] = {"PYTHONPATH": str(told.folder), "BASH_ENV": str(told.folder)}
    api.patch(f"work_pools/{POOL}", json={"base_job_template": template}).raise_for_status()
    _try(told, api, "work pool", deployment)
    code = told.folder / "mine.py"
    code.write_text(METRIC.format(target=str(told.folder / "attacked-by-code")))
    step = {"prefect.deployments.steps.run_shell_script": {"script": shell("step")}}
    api.patch(f"deployments/{deployment}", json={"pull_steps": [step]}).raise_for_status()
    _try(told, api, "pull step", deployment)
    api.patch(f"deployments/{deployment}", json={"entrypoint": f"{code}:flow", "path": "/"}).raise_for_status()
    _try(told, api, "entrypoint", deployment)
    evaluate = api.get("deployments/name/evaluate/evaluate").json()["id"]
    api.patch(f"deployments/{evaluate}", json={"enforce_parameter_schema": False}).raise_for_status()
    asked = {"benchmarks": ["classification"], "models": [MODEL], "endpoints": ["embedded"], "limit": 2}
    _try(told, api, "metric", evaluate, parameters={"request": asked | {"metrics": [f"{code}:Metric"]}})
    secret = told.folder / "secret.jsonl"
    secret.write_text(json.dumps({"id": "1", "prompt": "a secret of the user's", "references": ["b"]}) + "\n")
    _try(told, api, "benchmark", evaluate, parameters={"request": asked | {"benchmarks": [str(secret)]}})
    _try(told, api, "honest", evaluate, parameters={"request": asked})


def _try(told: Story, api: httpx.Client, name: str, deployment: str, **body: Any) -> None:
    body.setdefault("parameters", {})
    made = api.post(f"deployments/{deployment}/create_flow_run", json=body)
    if not made.is_success:
        told.ends[name] = (f"refused {made.status_code}", made.text)
        return
    flow_run = made.json()["id"]

    def has_ended() -> bool:
        found = api.get(f"flow_runs/{flow_run}")
        return found.is_success and found.json()["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")

    assert eventually(has_ended), name
    state = api.get(f"flow_runs/{flow_run}").json()["state"]
    of_run = {"logs": {"flow_run_id": {"any_": [flow_run]}}, "limit": 200}
    assert eventually(lambda: api.post("logs/filter", json=of_run).is_success)
    logs = "\n".join(entry["message"] for entry in api.post("logs/filter", json=of_run).json())
    told.ends[name] = (state["type"], f"{state['message']}\n{logs}")


def _call_what_nobody_named(told: Story, api: httpx.Client, hook: str) -> None:
    """An automation calls a webhook on this machine, that only the API knows of."""
    kind = api.get("block_types/slug/webhook").raise_for_status().json()["id"]
    schema = api.post("block_schemas/filter", json={"block_schemas": {"block_type_id": {"any_": [kind]}}}).json()[0]
    block = {
        "name": "attack",
        "block_type_id": kind,
        "block_schema_id": schema["id"],
        "data": {"url": hook, "method": "GET"},
    }
    made = api.post("block_documents/", json=block).raise_for_status().json()["id"]
    trigger = {"type": "event", "posture": "Reactive", "expect": ["attack.now"], "threshold": 1, "within": 0}
    action = {"type": "call-webhook", "block_document_id": made, "payload": "x"}
    automation = {"name": "attack", "trigger": trigger, "actions": [action]}
    api.post("automations/", json=automation).raise_for_status()
    event = {"occurred": "2026-11-22T00:00:00Z", "event": "attack.now", "resource": {"prefect.resource.id": "a.b"}}
    failed = {"filter": {"event": {"name": ["prefect.automation.action.failed"]}, "order": "DESC"}, "limit": 5}

    def has_failed() -> bool:
        api.post("events", json=[{**event, "id": _new_id(), "occurred": _now()}]).raise_for_status()
        found = api.post("events/filter", json=failed)
        told.failed_actions = [json.dumps(one["payload"]) for one in found.json()["events"]] if found.is_success else []
        return bool(told.failed_actions) or bool(told.called)

    assert eventually(has_failed)


def _new_id() -> str:
    import uuid

    return str(uuid.uuid4())


def _now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat()


@contextmanager
def webhook(called: list[str]) -> Iterator[str]:
    """A server on this machine that notes what it is asked."""

    class Hook(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Says nothing."""

        def do_GET(self) -> None:
            called.append(self.path)
            self.send_response(200)
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/attacked"
        server.shutdown()


def test_a_password_is_asked_for_without_anybody_having_set_one(story: Story) -> None:
    seen = {name: story.statuses[name] for name in ("no password", "password", "wrong password", "pages")}
    assert {"no password": 401, "password": 200, "wrong password": 401, "pages": 200} == seen


def test_pages_of_other_origins_and_names_are_refused_by_both_servers(story: Story) -> None:
    assert {403} == {story.statuses[name] for name in ("foreign", "preflight", "rebound")}
    assert [200, 403, 403] == [story.statuses[f"embedded{more}"] for more in ("", ", foreign", ", rebound")]


def test_nothing_that_the_api_says_of_command_environment_folder_or_code_is_run(story: Story) -> None:
    assert [] == story.written
    for name in ("flow run", "working directory", "deployment", "work pool", "pull step"):
        assert "COMPLETED" == story.ends[name][0], (name, story.ends[name])  # as our flow, as if nothing were said
    state, said = story.ends["entrypoint"]
    assert state in ("FAILED", "CRASHED")
    assert "which is not a flow of Benchwright" in said


def test_forms_name_no_files_unless_the_operator_named_a_folder(story: Story) -> None:
    for name in ("metric", "benchmark"):
        state, said = story.ends[name]
        assert "FAILED" == state, said
        assert "forms may name no files here" in said
        assert "a secret of the user's" not in said
    assert "COMPLETED" == story.ends["honest"][0], story.ends["honest"]


def test_a_webhook_that_the_operator_did_not_name_is_not_called(story: Story) -> None:
    assert [] == story.called
    assert story.failed_actions


def test_all_that_serve_writes_is_for_its_user_alone(story: Story) -> None:
    open_to_others = {name: oct(mode) for name, mode in story.modes.items() if mode & 0o077}
    assert {} == open_to_others
    assert {"prefect", "prefect/prefect.db", "prefect/benchwright/password", "results.db"} <= set(story.modes)
