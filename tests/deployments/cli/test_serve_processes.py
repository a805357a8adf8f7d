"""`benchwright serve` behind a password, as a process: it serves, keeps secrets, goes on after a kill, ends clean.

One story, told once, since starting a server takes its time; each test looks at another side of it.
"""

import base64
import secrets
import signal
import socket
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import postgresql
import psycopg
import pytest
from ending_early import HangsAtFive
from free_ports import free_port
from keyed_openai import GOOD, LEAKY, keyed_openai
from numbers_benchmark import write_numbers
from scripted_ollama import ScriptedOllama, scripted_ollama
from served import Home, eventually

from deployments.serving.worker import POOL
from evaluation.results.as_json import as_json
from evaluation.run_results.run_result import run_result
from evaluation.store.runs import find_run
from evaluation.store.session import open_store
from tasks.monitoring.notify import RAISED

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to find what is left"),
]
NOBODY = "00000000-0000-0000-0000-000000000000"
OPEN = {("GET", "/health"), ("GET", "/ready")}


class _Patient(httpx.Client):
    """Asks again where the server is too busy, as Prefect's own clients do: its SQLite is locked now and then."""

    def request(self, *asked: Any, **more: Any) -> httpx.Response:
        found: list[httpx.Response] = []

        def is_answered() -> bool:
            try:
                found.append(super(_Patient, self).request(*asked, **more))
            except httpx.TransportError:
                return False
            return found[-1].status_code != 503

        assert eventually(is_answered), found
        return found[-1]


@dataclass
class Story:
    """What was seen."""

    routes: dict[tuple[str, str], int] = field(default_factory=dict)
    """The status of each request without a password."""
    facts: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, tuple[int, str]] = field(default_factory=dict)
    """How each command ended, and what it said."""
    states: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    haystack: dict[str, bytes] = field(default_factory=dict)
    """All that was written anywhere, by where."""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Story]:
    """A server with a password, evaluations by form and by command, a kill -9 and a SIGTERM in mid-run."""
    folder = tmp_path_factory.mktemp("serve")
    told = Story(secrets={name: f"{name}{secrets.token_hex(12)}" for name in ("login", "key", "database", "hook")})
    database = _results_database(folder, request, told.secrets["database"])
    login = f"watcher:{told.secrets['login']}"
    with keyed_openai(told.secrets["key"]) as box, scripted_ollama() as ollama:
        script = HangsAtFive(lambda: None)
        ollama.add("model", script, digest="d" * 64)
        home = Home(
            folder,
            {
                "PREFECT_SERVER_API_AUTH_STRING": login,
                "PREFECT_API_AUTH_STRING": login,
                "BENCHWRIGHT_DATABASE_URL": database,
                "OLLAMA_HOST": ollama.url,
                "BOX_KEY": told.secrets["key"],
            },
        )
        try:
            _tell(told, home, box, ollama, script, login)
            yield told
        finally:
            script.may_go_on.set()


def _results_database(folder: Path, request: pytest.FixtureRequest, password: str) -> str:
    """PostgreSQL by a URL with a password, where it is installed."""
    if not postgresql.is_installed():
        return f"sqlite:///{folder}/results.db"
    server: str = request.getfixturevalue("postgresql_server")
    name = f"served_{secrets.token_hex(4)}"  # the story may be told twice in one process, where tests are shared out
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.replace("/postgres?", f"/{name}?").replace("tester@", f"tester:{password}@")


def _tell(told: Story, home: Home, box: str, ollama: ScriptedOllama, script: HangsAtFive, login: str) -> None:
    port = free_port()
    numbers = write_numbers(home.folder / "numbers.jsonl", 30)
    told.codes["benchmark"] = home.run("benchmarks", "add", numbers)
    keyed = ("--provider", "openai_compatible", "--key-variable", "BOX_KEY")
    told.codes["endpoint"] = home.run("endpoints", "add", "box", box, *keyed)
    first = home.serve("--port", port, "--embedded")
    try:
        told.facts = first.ready()
        told.codes["second serve"] = home.run("serve", "--port", free_port())
        told.codes["same port"] = home.run("serve", "--port", port, without=("PREFECT_HOME",))
        api = f"{told.facts['pages']}/api/"
        told.routes = _knock_everywhere(told.facts["pages"])
        with _Patient(base_url=api, auth=tuple(login.split(":")), trust_env=False, timeout=60) as client:
            _use(told, home, client)
            told.states["form"] = _wait(client, _start(client, endpoints=["box"], models=[GOOD]))
            told.states["refused"] = _wait(client, _start(client, endpoints=["box"], models=[LEAKY]))
            told.states["embedded"] = _wait(
                client, _start(client, endpoints=["embedded"], models=["baseline-random:latest"])
            )
            hanging = _start(client, models=["model"])  # at OLLAMA_HOST
            assert eventually(script.has_come.is_set)
            _read_over_the_api(told, client)
        assert "warning" not in first.story, first.story
        told.codes["killed"] = (first.end(signal.SIGKILL), first.story)
        told.facts["left by kill -9"] = eventually(lambda: not home.left_behind())
        script.has_come.clear()
        assert eventually(lambda: not _is_taken(port))
    finally:
        first.end(signal.SIGKILL)
    _tell_the_rest(told, home, port, hanging, script, login)
    _read_files(told, home)


def _tell_the_rest(told: Story, home: Home, port: int, hanging: str, script: HangsAtFive, login: str) -> None:
    second = home.serve("--port", port, "--no-embedded")
    try:
        second.ready()
        assert eventually(script.has_come.is_set), second.story  # made again, it asks what is missing
        told.codes["terminated"] = (second.end(signal.SIGTERM), second.story)
        told.facts["left by SIGTERM"] = eventually(lambda: not home.left_behind())
    finally:
        second.end(signal.SIGKILL)
    database = home.variables["BENCHWRIGHT_DATABASE_URL"]
    with open_store(database) as store:
        run = find_run(store, "last")
        told.facts["last run"] = as_json(run_result(store, run.plan.run_id))
    told.states["hanging"] = _state_in_file(home, hanging)


def _use(told: Story, home: Home, client: httpx.Client) -> None:
    """Commands with the password and without, and an automation whose webhook is not there."""
    asked = ("evaluate", "--benchmark", "numbers", "--metric", "exact_match", "--limit", 3)
    told.codes["evaluate"] = home.run(*asked, "--endpoint", "box", "--model", GOOD)
    of_file = ("evaluate", "--benchmark", home.folder / "numbers.jsonl", "--metric", "exact_match", "--limit", 3)
    own = ("--embedded", "--model", "baseline-random", "--db", home.folder / "other.db")
    told.codes["elsewhere"] = home.run(*of_file, *own)
    commands = {
        "evaluate": (*asked, "--endpoint", "box", "--model", GOOD),
        "deploy": ("deploy",),
        "blocks": ("blocks", "list"),
    }
    for name, words in commands.items():
        told.codes[f"{name} without"] = home.run(*words, without=("PREFECT_API_AUTH", "PREFECT_SERVER_API_AUTH"))
    told.codes["deploy"] = home.run("deploy", "--only", "evaluate")
    told.codes["blocks"] = home.run("blocks", "register")
    told.codes["notify"] = home.run("alerts", "notify", "--webhook", "-", "--private", stdin=_hook(told))
    event = {"event": RAISED, "resource": {"prefect.resource.id": "benchwright.test"}, "payload": {"sentence": "x"}}

    def action_failed() -> bool:
        """Send the event again each time: an automation sees none that came before the server had loaded it."""
        fields = {"id": str(uuid.uuid4()), "occurred": _now(), "related": []}
        client.post("events", json=[{**event, **fields}]).raise_for_status()
        return _n_events(client, "prefect.automation.action.failed") > 0

    assert eventually(action_failed)


def _hook(told: Story) -> str:
    return f"http://127.0.0.1:9/hooks/{told.secrets['hook']}"


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _n_events(client: httpx.Client, name: str) -> int:
    return len(client.post("events/filter", json={"filter": {"event": {"name": [name]}}}).json()["events"])


def _knock_everywhere(page: str) -> dict[tuple[str, str], int]:
    """The status of a request without a password, for every route that the server tells of."""
    found = {}
    with httpx.Client(base_url=page, trust_env=False, timeout=60) as client:
        for path, kinds in client.get("/openapi.json").json()["paths"].items():
            for kind in kinds:
                parts = [NOBODY if part.startswith("{") else part for part in path.split("/")]
                asked = client.request(kind.upper(), "/api" + "/".join(parts), json={})
                found[kind.upper(), path] = asked.status_code
    return found


def _start(client: httpx.Client, **request: Any) -> str:
    """The id of a flow run that the form of `evaluate` starts."""
    deployment = client.get("deployments/name/evaluate/evaluate").json()
    assert POOL == deployment["work_pool_name"]
    asked = {"benchmarks": ["numbers"], "metrics": ["exact_match"], "limit": 30, **request}
    made = client.post(f"deployments/{deployment['id']}/create_flow_run", json={"parameters": {"request": asked}})
    assert 201 == made.status_code, made.text
    return str(made.json()["id"])


def _wait(client: httpx.Client, flow_run_id: str) -> str:
    """How it ended."""
    ended = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
    path = f"flow_runs/{flow_run_id}"
    assert eventually(lambda: client.get(path).json()["state_type"] in ended)
    return str(client.get(path).json()["state_type"])


def _read_over_the_api(told: Story, client: httpx.Client) -> None:
    """What is shown in the pages: logs, artifacts, parameters, events."""
    for name in ("logs", "artifacts", "flow_runs", "deployments", "block_documents", "automations", "work_pools"):
        pages = []
        for offset in range(0, 2000, 200):
            found = client.post(f"{name}/filter", json={"limit": 200, "offset": offset})
            pages.append(found.content)
            if found.status_code != 200 or len(found.json()) < 200:
                break
        told.haystack[f"api {name}"] = b"".join(pages)
    told.haystack["api events"] = client.post("events/filter", json={"limit": 200}).content


def _read_files(told: Story, home: Home) -> None:
    for path in home.folder.rglob("*"):
        if path.is_file():
            told.haystack[str(path.relative_to(home.folder))] = path.read_bytes()
    told.haystack["commands"] = "\n".join(home.said).encode()
    url = home.variables["BENCHWRIGHT_DATABASE_URL"]
    if not url.startswith("postgresql"):
        return
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            rows = connection.execute(f'SELECT t::text FROM "{table}" t').fetchall()  # type: ignore[call-overload]
            told.haystack[f"postgresql {table}"] = "\n".join(row[0] for row in rows).encode()


def _state_in_file(home: Home, flow_run_id: str) -> str:
    import sqlite3

    with sqlite3.connect(home.folder / "prefect" / "prefect.db") as connection:
        asked = "SELECT state_type FROM flow_run WHERE replace(id, '-', '') = ?"
        return str(connection.execute(asked, [flow_run_id.replace("-", "")]).fetchone()[0])


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _hidden_in(text: str) -> list[bytes]:
    """The text as it stands, and what is the same of it in base64 wherever it begins."""
    found = [text.encode()]
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + text.encode()).rstrip(b"=")
        found.append(encoded[(0, 2, 3)[shift] : -1 if len(encoded) % 4 else None][:-1])
    return found


def test_it_says_where_everything_is(story: Story) -> None:
    names = {"evaluate", "compare", "race", "sweep", "retrain", "monitor", "write-benchmark", "review"}
    names |= {"grade-traffic", "watch-upgrades", "decide-upgrade"}
    assert names == story.facts["deployments"].keys()
    assert "embedded" in story.facts["model_servers"]
    assert "box" in story.facts["model_servers"]
    assert story.secrets["database"] not in story.facts["database"]


def test_a_second_one_on_the_home_or_the_port_is_told_of_the_first(story: Story) -> None:
    code, said = story.codes["second serve"]
    assert 2 == code
    assert story.facts["pages"] in said
    code, said = story.codes["same port"]
    assert 2 == code
    assert "is taken by a Prefect server" in said


def test_without_the_password_nothing_answers_but_health_and_ready(story: Story) -> None:
    assert len(story.routes) > 100
    assert OPEN == {route for route, status in story.routes.items() if status != 401}
    assert {200} == {story.routes[route] for route in OPEN}


def test_with_the_password_forms_and_commands_work(story: Story) -> None:
    assert {"form": "COMPLETED", "embedded": "COMPLETED"} == {name: story.states[name] for name in ("form", "embedded")}
    names = ("benchmark", "endpoint", "evaluate", "elsewhere", "deploy", "blocks", "notify")
    assert dict.fromkeys(names, 0) == {name: story.codes[name][0] for name in names}, story.codes


@pytest.mark.parametrize("command", ["evaluate", "deploy", "blocks"])
def test_a_command_without_the_password_says_so(story: Story, command: str) -> None:
    code, said = story.codes[f"{command} without"]
    assert 2 == code, said
    assert "requires a password" in said
    assert "export PREFECT_API_AUTH_STRING=user:password" in said
    assert "Traceback" not in said


def test_kill_9_leaves_nothing_and_what_it_cut_off_is_made_again(story: Story) -> None:
    assert -signal.SIGKILL == story.codes["killed"][0]
    assert story.facts["left by kill -9"]
    assert "rescheduled (1 of at most 3 times)" in story.codes["terminated"][1]


def test_sigterm_cancels_what_runs_and_leaves_nothing(story: Story) -> None:
    code, said = story.codes["terminated"]
    assert 0 == code, said
    assert "cancelling what runs" in said
    assert "Traceback" not in said
    assert story.facts["left by SIGTERM"]
    assert "CANCELLED" == story.states["hanging"]
    assert "cancelled" == story.facts["last run"]["status"]


@pytest.mark.parametrize("secret", ["login", "key", "database", "hook"])
def test_no_secret_is_found_anywhere(story: Story, secret: str) -> None:
    needles = _hidden_in(story.secrets[secret])
    assert any(b"numbers" in hay for hay in story.haystack.values())  # the search would find what is there
    assert [] == [name for name, hay in story.haystack.items() if any(needle in hay for needle in needles)]


def test_the_search_finds_a_secret_in_base64_wherever_it_begins() -> None:
    needles = _hidden_in("a secret of some length")
    for before in ("", "x", "xy", "xyz", "user:"):
        for after in ("", "1", "12", "123"):
            hay = base64.b64encode(f"{before}a secret of some length{after}".encode())
            assert any(needle in hay for needle in needles), (before, after)
