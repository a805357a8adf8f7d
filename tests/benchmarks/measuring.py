"""What the benchmark programs share: servers to measure against, commands to measure, and how a result is printed.

Everything runs on this machine's loopback and in a temporary folder that is gone afterwards. The code that is measured
is the checkout that these programs stand in.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx

ROOT = Path(__file__).parents[2]
_HERE = Path(__file__).parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from deployments.helper_process import start_helper  # noqa: E402  (the checkout comes first)

MODEL, OTHER_MODEL, EMBEDDER = "steady:1b", "other:1b", "vectors:1b"
LEASES_IN_FILES = {
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
}
QUIET_PREFECT = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLI_PROMPT": "false",
    "DO_NOT_TRACK": "1",
}
_SETTLE_S = 60.0
_EQUAL_LOOKS = 5
"""So many in a row, and no more task runs are on their way into the server's database."""


class MeasuringError(Exception):
    """What was measured did not do its work: there is no figure."""


@dataclass(frozen=True)
class SlotServer:
    """A running `slot_server.py`."""

    url: str
    pid: int

    def stats(self) -> dict[str, Any]:
        """Its counts."""
        return self._get("/_stats")

    def asked(self) -> list[tuple[float, str, str]]:
        """Time, model and last message of every generation since the last reset."""
        return [(at, model, prompt) for at, model, prompt, _ in self._get("/_asked")["asked"]]

    def identities(self) -> list[tuple[str, str | int]]:
        """Model and seed of every generation since the last reset, model and text of every embedding."""
        return [(model, text if seed is None else seed) for _, model, text, seed in self._get("/_asked")["asked"]]

    def reset(self) -> None:
        """Counts from zero again."""
        self._get("/_reset")

    def _get(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(self.url + path, trust_env=False, timeout=30).json()
        return found


@contextmanager
def slot_server(
    *, slots: int, latency_s: float = 0.0, load_s: float = 0.0, max_loaded: int = 1, embedding_s: float | None = None
) -> Iterator[SlotServer]:
    """A server of slots and a clock on a free port; with an embedder where embeddings have a time."""
    words = [f"--slots={slots}", f"--latency={latency_s}", f"--load={load_s}", f"--max-loaded={max_loaded}"]
    words += [] if embedding_s is None else [f"--embedders={EMBEDDER}", f"--embedding={embedding_s}"]
    argv = [sys.executable, str(_HERE / "slot_server.py"), f"--models={MODEL},{OTHER_MODEL}", *words]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield SlotServer(process.stdout.readline().strip(), process.pid)
        finally:
            process.kill()


@dataclass(frozen=True)
class Done:
    """A command that ended."""

    began: float
    """On the machine's monotonic clock, as the slot server's times."""
    seconds: float
    cpu_s: float
    """User and system time of the process and of the children that it waited for."""
    status: int
    output: str
    errors: str


@dataclass
class Command:
    """A command that runs, its output in files of a folder."""

    argv: Sequence[str]
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path = ROOT

    def __post_init__(self) -> None:
        self.began = time.monotonic()
        # Files, since a full pipe would stop it.
        self._paths = [Path(tempfile.mkstemp(dir=self.folder, suffix=suffix)[1]) for suffix in (".out", ".err")]
        with self._paths[0].open("w") as output, self._paths[1].open("w") as errors:
            env = {**os.environ, **self.env}
            silent: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": errors}
            self._process = subprocess.Popen(self.argv, cwd=self.cwd, env=env, start_new_session=True, **silent)
        self.pid = self._process.pid

    @property
    def has_ended(self) -> bool:
        """True once nothing of it runs; `wait` says how it ended."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def kill(self) -> None:
        """Ends it without a last word."""
        self._process.kill()

    def wait(self) -> Done:
        """What it was when it ended."""
        _, status, used = os.wait4(self.pid, 0)
        seconds = time.monotonic() - self.began
        self._process.returncode = os.waitstatus_to_exitcode(status)
        said = [path.read_text(errors="replace") for path in self._paths]
        return Done(self.began, seconds, used.ru_utime + used.ru_stime, self._process.returncode, *said)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._process.returncode is None:
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()


def run(argv: Sequence[str], folder: Path, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> Done:
    """The command, ended well.

    Raises:
        MeasuringError: it ended badly; with what it said last.
    """
    with Command(argv, folder, env or {}, cwd) as command:
        return succeeded(command.wait())


def succeeded(done: Done) -> Done:
    """The same command, where it ended well.

    Raises:
        MeasuringError: it did not; with what it said last.
    """
    if done.status != 0:
        raise MeasuringError(f"exit status {done.status}: {done.errors[-2000:]} {done.output[-2000:]}")
    return done


def run_bare(server: SlotServer, cases: int | Path, at_once: int, folder: Path) -> Done:
    """The bare client over so many cases, or the prompts of a file."""
    words = [server.url, MODEL, str(cases), str(at_once)]
    return run([sys.executable, str(_HERE / "bare_client.py"), *words], folder)


def question(i: int) -> str:
    """A prompt to which the slot server answers `i`."""
    return f"Question {i}?"


def write_cases(path: Path, n_cases: int, *, first: int = 0) -> Path:
    """A benchmark file of numbered cases whose right answer, the number, the slot server gives."""
    with path.open("w") as file:
        for i in range(first, first + n_cases):
            case = {"case_id": f"c{i}", "prompt": question(i), "references": [str(i)]}
            file.write(json.dumps(case) + "\n")
    return path


def evaluate_words(
    server: SlotServer,
    benchmarks: Sequence[Path],
    *,
    slots: int,
    database: str | Path,
    models: Sequence[str] = (MODEL,),
    candidates: Sequence[str] = (),
) -> list[str]:
    """The words of `benchwright evaluate`."""
    argv = [*benchwright_words(), "evaluate", "--endpoint", server.url, "--slots", str(slots)]
    for benchmark in benchmarks:
        argv += ["--benchmark", str(benchmark)]
    for model in models:
        argv += ["--model", model]
    for candidate in candidates:
        argv += ["--candidate", candidate]
    return [*argv, "--db", str(database), "--json"]


def benchwright_words() -> list[str]:
    """The words of the `benchwright` of this checkout."""
    return [sys.executable, "-m", "deployments.cli.__main__"]


def check_result(done: Done, *, n_cases: int, n_candidates: int = 1) -> dict[str, Any]:
    """The command's JSON, in which every case of every candidate is stored, scored and right.

    Raises:
        MeasuringError: one is not.
    """
    result: dict[str, Any] = json.loads(succeeded(done).output)
    candidates = [candidate for found in result["runs"] for candidate in found["candidates"]]
    if len(candidates) != n_candidates:
        raise MeasuringError(f"{len(candidates)} candidates came back where {n_candidates} were asked")
    for candidate in candidates:
        if (candidate["n_ok"], candidate["metrics"]["exact_match"]["value"]) != (n_cases, 1.0):
            raise MeasuringError(f"not every case was stored and scored: {json.dumps(candidate)[:2000]}")
    return result


@dataclass(frozen=True)
class PrefectServer:
    """A standing Prefect server."""

    api: str
    home: Path
    pid: int | None
    """None: somebody else's."""

    @property
    def env(self) -> dict[str, str]:
        """The variables with which a command works with it."""
        return {**QUIET_PREFECT, "PREFECT_API_URL": self.api, "PREFECT_HOME": str(self.home)}

    def record(self, results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Active slots of each limit, and how many task runs of these results are in each state, all arrived."""
        flow_runs = [each for result in results for found in result["runs"] for each in found["flow_run_ids"]]
        deadline = time.monotonic() + _SETTLE_S
        with httpx.Client(base_url=self.api, trust_env=False, timeout=30) as client:
            looks = [_task_runs(client, flow_runs)]
            while looks[-_EQUAL_LOOKS:] != [looks[-1]] * _EQUAL_LOOKS and time.monotonic() < deadline:
                time.sleep(0.5)
                looks.append(_task_runs(client, flow_runs))
        return {"limits": self.limits(), "task_runs": looks[-1]}

    def limits(self) -> dict[str, float]:
        """Active slots of each limit."""
        answer = httpx.post(f"{self.api}/v2/concurrency_limits/filter", json={}, trust_env=False, timeout=30)
        return {each["name"]: each["active_slots"] for each in answer.json()}


def _task_runs(client: httpx.Client, flow_runs: Sequence[str]) -> dict[str, int]:
    states = ("SCHEDULED", "PENDING", "RUNNING", "COMPLETED", "FAILED", "CRASHED", "CANCELLED", "PAUSED")
    counts = {}
    for state in states:
        of_state = {"task_runs": {"state": {"type": {"any_": [state]}}}}
        wanted = {**of_state, "flow_runs": {"id": {"any_": list(dict.fromkeys(flow_runs))}}}
        counts[state] = int(client.post("/task_runs/count", json=wanted).json())
    return {state: n for state, n in counts.items() if n}


@contextmanager
def standing_prefect(folder: Path, api: str | None = None) -> Iterator[PrefectServer]:
    """A Prefect server with a home of its own, its leases in files; or the one at `api`."""
    home = folder / "prefect"
    if api is not None:
        yield PrefectServer(api, Path(os.environ.get("PREFECT_HOME", home)), None)
        return
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    argv = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    env = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    env |= {**QUIET_PREFECT, **LEASES_IN_FILES, "PREFECT_HOME": str(home), "PREFECT_UI_API_URL": api}
    with start_helper(argv, log_path=home / "server.log", env=env) as helper:
        helper.wait_for_health(f"{api}/health")
        yield PrefectServer(api, home, helper.pid)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_s_of_tree(pid: int) -> float | None:
    """User and system time of a process and its living descendants; None where there is no /proc."""
    rows = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # a process may end while we look
            rows[int(path.parent.name)] = path.read_text().rpartition(")")[2].split()
    wanted = {pid}
    while more := {each for each, row in rows.items() if int(row[1]) in wanted} - wanted:
        wanted |= more
    ticks = [int(rows[each][11]) + int(rows[each][12]) for each in wanted if each in rows]
    return sum(ticks) / os.sysconf("SC_CLK_TCK") if ticks else None


def memory_bytes(pid: int) -> int | None:
    """Memory of a process that is not swapped out; None where there is no /proc, or the process is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return None


def busy_share(stats: Mapping[str, Any]) -> float:
    """The share of time, from the first to the last answer, in which the slots were generating."""
    return float(stats["busy_s"] / (stats["slots"] * serving_s(stats)))


def serving_s(stats: Mapping[str, Any]) -> float:
    """Seconds from the first taken slot to the last one given back.

    Raises:
        MeasuringError: nothing was asked.
    """
    if stats["first"] is None or stats["last"] is None:
        raise MeasuringError("the server was asked nothing")
    return float(stats["last"] - stats["first"])


def parts_s(done: Done, stats: Mapping[str, Any]) -> dict[str, float]:
    """The seconds of a whole command: before its first generation, while the server was at work, and after it."""
    started_s = stats["first"] - done.began
    return {
        "command_s": done.seconds,
        "before_s": started_s,
        "serving_s": serving_s(stats),
        "after_s": done.seconds - started_s - serving_s(stats),
    }


@contextmanager
def workplace() -> Iterator[tuple[Path, ExitStack]]:
    """A folder and a stack for what must be ended: both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="benchwright-measuring-") as folder, ExitStack() as stack:
        yield Path(folder), stack


def print_result(program: str, values: Mapping[str, Any], said: str) -> None:
    """One line of JSON for programs, and one on stderr for people."""
    machine = {"cpus": os.cpu_count(), "load_1m": round(os.getloadavg()[0], 2)}
    print(json.dumps({"program": program, **_rounded(values), "machine": machine}), flush=True)
    print(said, file=sys.stderr)


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return round(value, 4)
        case Mapping():
            return {key: _rounded(each) for key, each in value.items()}
        case list() | tuple():
            return [_rounded(each) for each in value]
    return value
