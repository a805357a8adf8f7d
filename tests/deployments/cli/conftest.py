"""A store of its own, a small real server and the command itself, for tests of the command line."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from named_options import foreign_options
from numbers_benchmark import write_numbers
from scripted_ollama import ScriptedOllama
from stored_rows import save_outcomes

from deployments.cli.__main__ import run
from evaluation.candidate import Candidate
from evaluation.case import Benchmark, Case
from evaluation.errors import FailureKind
from evaluation.generation import Failure, Generation, Outcome
from evaluation.records.candidates import MetricUse
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.runs import RunCandidatePlan, RunPlan
from evaluation.records.status import Status
from evaluation.store.benchmarks import save_benchmark
from evaluation.store.plans import add_run_candidate, create_invocation, create_run
from evaluation.store.registry import save_candidate
from evaluation.store.runs import set_run_status
from evaluation.store.session import open_store

NOBODY_LISTENS = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value on stdout."""
        return json.loads(self.out)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without a row, to be copied: making a schema takes longer than most commands."""
    path = tmp_path_factory.mktemp("empty") / "benchwright.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture(autouse=True)
def database(tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """URL of the empty store that commands use; and no server is found by chance."""
    path = tmp_path / "results" / "benchwright.db"
    path.parent.mkdir()
    shutil.copyfile(empty_database, path)
    url = f"sqlite:///{path}"
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", url)
    monkeypatch.setenv("OLLAMA_HOST", NOBODY_LISTENS)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.delenv("BENCHWRIGHT_EMBEDDED_URL", raising=False)
    return url


@pytest.fixture
def benchwright(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs `benchwright ARGUMENTS` in this process; what it says names no option that the command has not."""

    def command(*arguments: object) -> Said:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        words = [str(argument) for argument in arguments]
        assert [] == foreign_options(captured.err, words), f"options that `benchwright {words[0]}` has not"
        return Said(code, captured.out, captured.err)

    return command


@pytest.fixture
def benchmark(tmp_path: Path) -> Path:
    """A file of six cases."""
    return write_numbers(tmp_path / "numbers.jsonl", 6)


@pytest.fixture
def evaluate(
    benchwright: Callable[..., Said],
    ollama_by_script: ScriptedOllama,
    prefect_api: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Said]:
    """Runs `benchwright evaluate` on the server that answers by script."""
    monkeypatch.setenv("BENCHWRIGHT_RETRY_BASE_S", "0.01")
    # The session's Prefect server goes on, so that nobody need wait until it has taken everything in.
    monkeypatch.setattr("deployments.prefect_delivery.settle", lambda *_, **__: None)

    def command(*arguments: object) -> Said:
        return benchwright("evaluate", "--endpoint", ollama_by_script.url, "--slots", 2, *arguments)

    return command


@pytest.fixture
def without_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails the test where a Prefect server is started."""

    def refuse() -> None:
        raise AssertionError("a Prefect server is started")

    monkeypatch.setattr("deployments.prefect_server.prefect_server", refuse)


@dataclass
class FakeOllama:
    """What the fake server has and how it behaves."""

    url: str = ""
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    pull_lines: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[str] = field(default_factory=list)
    pull_began: threading.Event = field(default_factory=threading.Event)
    may_end: threading.Event = field(default_factory=threading.Event)
    """Cleared: a pull hangs after its lines."""
    keys: list[str | None] = field(default_factory=list)
    """The Authorization headers that came."""

    def add(self, name: str, *, digest: str, size: int = 2_000_000_000, **shown: Any) -> None:
        """Gives the server a model, or another digest under the same name."""
        self.models[name] = {
            "digest": digest,
            "size": size,
            "family": shown.get("family", "llama"),
            "context": shown.get("context", 8192),
            "capabilities": shown.get("capabilities", ["completion"]),
            "parameters": shown.get("parameters", 'stop "<|end|>"\ntemperature 0.6'),
        }

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """The JSON of a path; None: 404."""
        if path == "/api/version":
            return {"version": "0.33.0"}
        if path == "/api/tags":
            return {"models": [self._tag(name) for name in self.models]}
        if path == "/api/ps":
            return {"models": []}
        if path == "/api/show" and body["model"] in self.models:
            return self._shown(body["model"])
        return None

    def _tag(self, name: str) -> dict[str, Any]:
        model = self.models[name]
        details = {"family": model["family"], "parameter_size": "3.2B", "quantization_level": "Q4_K_M"}
        return {"name": name, "model": name, "size": model["size"], "digest": model["digest"], "details": details}

    def _shown(self, name: str) -> dict[str, Any]:
        model = self.models[name]
        info = {"general.architecture": "llama", "llama.context_length": model["context"]}
        return {
            "parameters": model["parameters"],
            "template": "{{ .Prompt }}",
            "details": self._tag(name)["details"],
            "model_info": info | {"general.parameter_count": 3_212_749_888},
            "capabilities": model["capabilities"],
        }


@pytest.fixture
def ollama() -> Iterator[FakeOllama]:
    """A server on the loopback that speaks the part of Ollama's API that is not about answers."""
    fake = FakeOllama()
    fake.may_end.set()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self._reply({})

        def do_POST(self) -> None:
            self._reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _reply(self, body: dict[str, Any]) -> None:
            fake.keys.append(self.headers.get("Authorization"))
            if self.path == "/api/pull":
                self._pull(body["model"])
                return
            found = fake.answer(self.path, body)
            self._send(200 if found is not None else 404, found or {"error": f"model '{body.get('model')}' not found"})

        def _send(self, status: int, value: dict[str, Any]) -> None:
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _pull(self, name: str) -> None:
            fake.pulls.append(name)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-ndjson")
            self.end_headers()
            for line in fake.pull_lines:
                self.wfile.write(json.dumps(line).encode() + b"\n")
            fake.pull_began.set()
            fake.may_end.wait(600)

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield fake
    fake.may_end.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def stored_run(database: str) -> Callable[..., str]:
    """Stores a completed run of two candidates on three cases, with one failure of each kind."""

    def store_one(run_id: str, *, status: Status = Status.COMPLETED) -> str:
        cases = tuple(Case(case_id=f"c{n}", prompt=f"What is {n}?", references=(str(n),)) for n in range(3))
        benchmark = Benchmark(name="numbers", task_type="reasoning", cases=cases)
        with open_store(database) as store:
            version = save_benchmark(store, benchmark)
            create_invocation(store, invocation_id=f"of-{run_id}", request={}, code_version="0.1.0")
            create_run(
                store,
                RunPlan(
                    run_id=run_id,
                    invocation_id=f"of-{run_id}",
                    benchmark_version=version,
                    benchmark_name="numbers",
                    name="numbers",
                    seed=0,
                    n_repeats=1,
                    limit=None,
                    metrics=(MetricUse(name="exact_match", signature="ExactMatch()"),),
                    headline="exact_match",
                    n_cases=len(cases),
                    code_version="0.1.0",
                ),
                [case.case_id for case in cases],
            )
            set_run_status(store, run_id, Status.RUNNING)
            for model in ("a:1b", "b:1b"):
                save_outcomes(store, _outcomes(_plan_candidate(store, run_id, model)))
            if status is not Status.RUNNING:
                set_run_status(store, run_id, status)
        return run_id

    return store_one


def _plan_candidate(store: Any, run_id: str, model: str) -> int:
    candidate = Candidate(model=model, digest=f"digest of {model}")
    return add_run_candidate(
        store,
        RunCandidatePlan(
            run_id=run_id,
            candidate_fingerprint=save_candidate(store, candidate),
            label=candidate.label,
            model_name=model,
            digest=candidate.digest,
            endpoint_name="here",
            endpoint_url=NOBODY_LISTENS,
            provider="ollama",
            server_version="0.33.0",
            options={"temperature": 0.0},
            slots=1,
        ),
    )


def _outcomes(run_candidate_id: int) -> list[OutcomeRow]:
    outcomes: list[Outcome] = [
        Generation(text="0", answer="0"),
        Generation(text="", answer="", own_failure=FailureKind.EMPTY_ANSWER),
        Failure(kind=FailureKind.TIMED_OUT, message="no answer within 300 s"),
    ]
    return [
        OutcomeRow(
            run_candidate_id=run_candidate_id,
            case_id=f"c{number}",
            repeat=0,
            outcome=outcome,
            endpoint="here",
            finished_at=datetime.now(UTC),
        )
        for number, outcome in enumerate(outcomes)
    ]
