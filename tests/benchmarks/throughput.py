"""How busy does an evaluation keep a server's slots, beside a bare client in the same minute on the same machine?

    python tests/benchmarks/throughput.py --cases 400 --slots 8 --latency 0.1

A server of our own answers after a fixed time through a fixed number of slots and counts how long they were busy. The
same questions are asked by a bare asyncio/httpx client, which is the ceiling, and by `benchwright evaluate` with its
store, its Prefect server and its scores. Busy = busy seconds / (slots x seconds from the first to the last answer).
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import uvicorn

MODEL = "steady:1b"
DIGEST = "5" * 64


class SlotServer:
    """Ollama's API over nothing but slots and a clock (raw ASGI)."""

    def __init__(self, slots: int, latency_s: float) -> None:
        self.slots, self.latency_s = asyncio.Semaphore(slots), latency_s
        self.reset()

    def reset(self) -> None:
        self.busy_s, self.n_answers, self.first, self.last = 0.0, 0, 0.0, 0.0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        answer = await self._answer(scope["path"], json.loads(body or b"{}"))
        data = json.dumps(answer).encode() + b"\n"
        kind = b"application/x-ndjson" if scope["path"] == "/api/chat" else b"application/json"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": data})

    async def _answer(self, path: str, asked: dict[str, Any]) -> Any:
        details = {"family": "steady", "parameter_size": "1B", "quantization_level": "Q8_0"}
        match path:
            case "/api/version":
                return {"version": "0.33.0"}
            case "/api/tags":
                return {"models": [{"name": MODEL, "model": MODEL, "digest": DIGEST, "size": 1, "details": details}]}
            case "/api/show":
                return {"details": details, "model_info": {}, "capabilities": ["completion"], "parameters": ""}
            case "/api/ps":
                return {"models": []}
            case "/reset":
                self.reset()
                return {}
            case "/busy":
                return {"busy_s": self.busy_s, "n": self.n_answers, "span_s": self.last - self.first}
            case "/api/chat" if asked.get("options", {}).get("num_predict") != 1 and asked.get("messages"):
                return await self._generate()
        text = {"message": {"role": "assistant", "content": "ok"}} if path == "/api/chat" else {"response": ""}
        return {"model": MODEL, **text, "done": True, "done_reason": "stop" if path == "/api/chat" else "load"}

    async def _generate(self) -> Any:
        async with self.slots:
            began = time.monotonic()
            self.first = self.first or began
            await asyncio.sleep(self.latency_s)
            self.last = time.monotonic()
            self.busy_s += self.last - began
            self.n_answers += 1
        said = {"message": {"role": "assistant", "content": "42"}}
        counts = {"prompt_eval_count": 9, "eval_count": 1, "total_duration": int(self.latency_s * 1e9)}
        return {"model": MODEL, **said, "done": True, "done_reason": "stop", **counts}


def serve(port: int, slots: int, latency_s: float) -> None:
    uvicorn.run(SlotServer(slots, latency_s), host="127.0.0.1", port=port, log_level="error", lifespan="off")


async def ask_bare(url: str, n_cases: int, slots: int) -> None:
    gate = asyncio.Semaphore(slots)
    limits = httpx.Limits(max_connections=slots)
    async with httpx.AsyncClient(base_url=url, timeout=None, trust_env=False, limits=limits) as client:

        async def ask(i: int) -> None:
            body = {"model": MODEL, "messages": [{"role": "user", "content": f"Question {i}?"}], "options": {}}
            async with gate, client.stream("POST", "/api/chat", json=body) as answer:
                lines = [chunk async for chunk in answer.aiter_raw()]
            assert json.loads(b"".join(lines))["done"]

        await asyncio.gather(*(ask(i) for i in range(n_cases)))


def evaluate(url: str, n_cases: int, slots: int, folder: Path) -> None:
    cases = folder / "cases.jsonl"
    cases.write_text(
        "".join(json.dumps({"prompt": f"Question {i}?", "references": ["42"]}) + "\n" for i in range(n_cases))
    )
    command = [
        sys.executable,
        "-m",
        "deployments.cli.__main__",
        "evaluate",
        "--benchmark",
        str(cases),
        "--model",
        MODEL,
    ]
    command += ["--endpoint", url, "--slots", str(slots), "--db", str(folder / "store.db"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"evaluate ended with {done.returncode}: {done.stderr}")
    (candidate,) = json.loads(done.stdout)["runs"][0]["candidates"]
    assert candidate["n_ok"] == n_cases
    assert candidate["metrics"]["exact_match"]["value"] == 1.0


def busy(url: str, slots: int) -> float:
    found = httpx.get(f"{url}/busy", trust_env=False).json()
    httpx.get(f"{url}/reset", trust_env=False)
    return float(found["busy_s"] / (slots * found["span_s"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=400)
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--latency", type=float, default=0.1, help="seconds a generation takes")
    parser.add_argument("--port", type=int, default=18321)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        return serve(asked.port, asked.slots, asked.latency)
    url = f"http://127.0.0.1:{asked.port}"
    words = [f"--{name}={getattr(asked, name)}" for name in ("slots", "latency", "port")]
    server = subprocess.Popen([sys.executable, __file__, "--serve", *words])
    try:
        for _ in range(100):
            try:
                httpx.get(f"{url}/api/version", trust_env=False)
                break
            except httpx.ConnectError:
                time.sleep(0.1)
        asyncio.run(ask_bare(url, asked.cases, asked.slots))
        bare = busy(url, asked.slots)
        with tempfile.TemporaryDirectory() as folder:
            os.environ.setdefault("PREFECT_HOME", str(Path(folder) / "prefect"))
            evaluate(url, asked.cases, asked.slots, Path(folder))
        ours = busy(url, asked.slots)
        print(f"{asked.cases} cases of {asked.latency:g} s, {asked.slots} slots")
        print(f"bare client busy {bare:.3f} | benchwright evaluate busy {ours:.3f} | ratio {ours / bare:.3f}")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
