"""What does the gateway add to the time to the first token, and does its memory grow?

    python tests/benchmarks/gateway_overhead.py --seconds 20 --calls 20000
    python tests/benchmarks/gateway_overhead.py --guarded --seconds 0 --latency 0 --calls 100000

Streams are asked for at a steady rate, whether or not those before have ended: through the gateway, and beside them
directly, of the same server in the same run. Two ways through it: `named`, passed on in the server's own protocol, and
`auto`, which recommends, applies the candidate and translates from OpenAI's protocol. For each the median and the 99th
percentile of the seconds to the first byte of the answer, and what the gateway adds to them. Then so many calls, eight
at once, with the gateway's resident memory after each tenth of them: streams and whole answers, of `auto`, a policy and
a named model, each with a prompt and a conversation of its own, by a hundred keys, and among them models and tasks that
there are not, each with another name. `--guarded` measures it as `benchwright api` serves it, behind the guard and with
keys. `cpu_ms` is the gateway's CPU time for each call, which depends less on who else uses the machine.
"""

import argparse
import asyncio
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from measuring import MODEL, ROOT, MeasuringError, SlotServer, print_result, slot_server, workplace

sys.path.insert(0, str(ROOT / "tests" / "support"))

from free_ports import free_port
from stored_runs import Asked, answer, store_run

from evaluation.candidate import Candidate
from evaluation.case import Case
from evaluation.providers import OF_EMBEDDED_SERVER
from evaluation.providers.connection_pool import ConnectionPool
from evaluation.records.access import Scope
from evaluation.records.candidates import EndpointRecord
from evaluation.records.policies import Budget
from evaluation.store.api_keys import create_key
from evaluation.store.registry import save_endpoint
from evaluation.store.session import Store, open_store
from selection.policies.definition import create_policy
from selection.preferences import Question

MESSAGES = [{"role": "user", "content": "What is 7?"}]
NATIVE, OPENAI = "/api/chat", "/v1/chat/completions"
_NO_HEADERS: Mapping[str, str] = {}
DIRECT_EVERY = 2
"""One request in so many is sent directly as well."""
N_AT_ONCE = 8
N_CASES = 40
N_KEYS = 100
POLICY = "measured"


@dataclass(frozen=True)
class Served:
    """A running gateway."""

    url: str
    pid: int
    keys: Sequence[str] = ()

    def headers(self, number: int = 0) -> dict[str, str]:
        return {"authorization": f"Bearer {self.keys[number % len(self.keys)]}"} if self.keys else {}

    @property
    def cpu_s(self) -> float:
        """CPU time of its process so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def gateway(folder: Path, server: SlotServer, *, is_guarded: bool) -> Iterator[Served]:
    """A gateway in front of the server, which recommends its model."""
    database = folder / "results.db"
    with open_store(str(database)) as store:
        save_endpoint(store, EndpointRecord(name="here", url=server.url, provider=OF_EMBEDDED_SERVER, slots=64))
        cases = tuple(Case(case_id=f"c{i}", prompt=f"{i}?", references=("yes",)) for i in range(N_CASES))
        digest = hashlib.sha256(MODEL.encode()).hexdigest()
        measured = Candidate(model=MODEL, digest=digest, options={"temperature": 0.0, "num_ctx": 4096})
        store_run(
            store, Asked(candidate=measured, outcomes={case.case_id: answer("yes") for case in cases}), cases=cases
        )
        create_policy(store, POLICY, Question(), by="measuring")
        keys = _keys(store) if is_guarded else ()
    if is_guarded:
        with _guarded(database) as (url, pid):
            yield Served(url, pid, keys)
        return
    argv = [sys.executable, str(ROOT / "tests" / "support" / "gateway_process.py"), str(database)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Served(f"http://127.0.0.1:{process.stdout.readline().strip()}", process.pid)
        finally:
            process.terminate()


def _keys(store: Store) -> tuple[str, ...]:
    """Return keys, the first without limits, of the others some with a budget or a rate that is never reached."""
    budget = Budget(tokens=10**12)
    return tuple(
        create_key(
            store,
            name=f"measuring {number}",
            scopes=[Scope.CHAT],
            budget=budget if number % 2 else None,
            rate="100000000/day" if number % 3 == 1 else None,
        )[1]
        for number in range(N_KEYS)
    )


@contextmanager
def _guarded(database: Path) -> Iterator[tuple[str, int]]:
    """The gateway as `benchwright api` serves it: address and process id."""
    port = free_port()
    argv = [sys.executable, "-P", "-m", "deployments.api", "--port", str(port), "--require-key"]
    variables = {**os.environ, "BENCHWRIGHT_DATABASE_URL": str(database)}
    with subprocess.Popen(argv, env=variables, cwd=ROOT) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _await_answer(f"{url}/health/live", process)
            yield url, process.pid
        finally:
            process.terminate()


def _await_answer(url: str, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        try:
            if httpx.get(url, timeout=5.0).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise MeasuringError("the server of the HTTP interface did not start")


async def first_byte_s(
    pool: ConnectionPool,
    url: str,
    body: dict[str, Any],
    headers: Mapping[str, str] = _NO_HEADERS,
    *,
    expected: int = 200,
) -> float:
    """Ask for an answer, and return the seconds to its first byte once all of it has come."""
    content = json.dumps(body).encode()
    began = time.perf_counter()
    request = httpx.Request("POST", url, headers={"content-type": "application/json", **headers}, content=content)
    response = await pool.handle_async_request(request)
    first: float | None = None
    async for _ in response.stream:  # type: ignore[union-attr]
        first = time.perf_counter() - began if first is None else first
    await response.aclose()
    if response.status_code != expected or first is None:
        raise MeasuringError(f"{url} answered {response.status_code}")
    return first


async def at_a_rate(
    served: Served, path: str, direct_url: str, body: dict[str, Any], *, rate: float, seconds: float
) -> dict[str, Any]:
    """Ask at a rate through the gateway, and directly beside it; return the figures of both."""
    pools = ConnectionPool(), ConnectionPool()
    own_body = {"model": MODEL, "messages": MESSAGES, "stream": True}
    tasks: tuple[list[asyncio.Task[float]], list[asyncio.Task[float]]] = ([], [])
    began, cpu_before_s = time.perf_counter(), served.cpu_s
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        tasks[0].append(asyncio.create_task(first_byte_s(pools[0], served.url + path, body, served.headers())))
        if number % DIRECT_EVERY == 0:
            await asyncio.sleep(0.5 / rate)
            tasks[1].append(asyncio.create_task(first_byte_s(pools[1], direct_url + NATIVE, own_body)))
    through, direct = [await asyncio.gather(*each) for each in tasks]
    for pool in pools:
        await pool.aclose()
    return {
        "gateway_ms": _figures(through),
        "direct_ms": _figures(direct),
        "added_ms": {name: round(_figures(through)[name] - _figures(direct)[name], 2) for name in ("median", "p99")},
        "ratio": round(float(np.median(through) / np.median(direct)), 2),
        "cpu_ms": round(1000 * (served.cpu_s - cpu_before_s) / len(through), 2),
        "calls": len(through),
    }


def _figures(seconds: Sequence[float]) -> dict[str, float]:
    quantiles = np.quantile(np.asarray(seconds) * 1000, [0.5, 0.99])
    return {"median": round(float(quantiles[0]), 2), "p99": round(float(quantiles[1]), 2)}


async def memory_over(served: Served, n_calls: int) -> list[float]:
    """Return the resident memory in MB after each tenth of so many calls."""
    pool = ConnectionPool()
    sizes = []
    for tenth in range(10):
        left = iter(range(tenth * n_calls // 10, (tenth + 1) * n_calls // 10))

        async def work(numbers: Iterator[int]) -> None:
            for number in numbers:
                path, body, expected = varied(number)
                headers = {"x-benchwright-conversation": f"c{number}", **served.headers(number)}
                await first_byte_s(pool, served.url + path, body, headers, expected=expected)

        await asyncio.gather(*(work(left) for _ in range(N_AT_ONCE)))
        sizes.append(_resident_mb(served.pid))
        print(f"{(tenth + 1) * n_calls // 10:,} calls: {sizes[-1]} MB", file=sys.stderr, flush=True)
    await pool.aclose()
    return sizes


def varied(number: int) -> tuple[str, dict[str, Any], int]:
    """Return path, body and expected status of a call that no other one is equal to."""
    path, model, expected = (
        (OPENAI, "auto", 200),
        (NATIVE, MODEL, 200),
        (OPENAI, POLICY, 200),
        (NATIVE, "auto", 200),
        (OPENAI, MODEL, 200),
        (OPENAI, f"unknown-{number}", 404),
        (NATIVE, POLICY, 200),
        (NATIVE, f"auto:unknown-{number}", 400),
    )[number % 8]
    prompt = f"{'word ' * (number % 97)}What is {number}?"
    return path, {"model": model, "messages": [{"role": "user", "content": prompt}], "stream": number % 3 > 0}, expected


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return round(int(line.split()[1]) / 1024, 1)


async def measured(served: Served, server: SlotServer, options: argparse.Namespace) -> dict[str, Any]:
    """Return all figures, after a second that is not counted."""
    bodies = {
        "named": (NATIVE, {"model": MODEL, "messages": MESSAGES, "stream": True}),
        "auto": (OPENAI, {"model": "auto", "messages": MESSAGES, "stream": True}),
    }
    figures: dict[str, Any] = {}
    for name, (path, body) in bodies.items() if options.seconds else ():
        await at_a_rate(served, path, server.url, body, rate=options.rate, seconds=1.0)
        figures[name] = await at_a_rate(served, path, server.url, body, rate=options.rate, seconds=options.seconds)
    if options.calls:
        figures["memory_mb"] = await memory_over(served, options.calls)
    return figures


def main() -> int:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=50.0, help="requests a second (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each way; 0: none (default: %(default)s)")
    parser.add_argument("--latency", type=float, default=0.02, help="of the server, in seconds (default: %(default)s)")
    parser.add_argument("--calls", type=int, default=20_000, help="for the memory (default: %(default)s)")
    parser.add_argument("--guarded", action="store_true", help="behind the guard, with a key")
    options = parser.parse_args()
    try:
        with workplace() as (folder, stack):
            server = stack.enter_context(slot_server(slots=64, latency_s=options.latency))
            served = stack.enter_context(gateway(folder, server, is_guarded=options.guarded))
            figures = asyncio.run(measured(served, server, options))
    except MeasuringError as error:
        print(f"no figure: {error}", file=sys.stderr)
        return 1
    added = {name: figures[name]["added_ms"] for name in ("named", "auto") if name in figures}
    told = [f"{name}: +{each['median']} ms at the median, +{each['p99']} ms at p99" for name, each in added.items()]
    if options.calls:
        sizes = figures["memory_mb"]
        told.append(f"{options.calls:,} calls: {sizes[0]} MB after a tenth of them, {sizes[-1]} MB after all")
    words = ", ".join(told)
    print_result(
        "gateway_overhead",
        {"rate": options.rate, "guarded": options.guarded, "latency_s": options.latency, **figures},
        words,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
