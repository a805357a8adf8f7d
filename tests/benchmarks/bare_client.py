"""How fast is a client that does nothing else? The ceiling that an evaluation is compared with.

    python tests/benchmarks/bare_client.py URL MODEL CASES|PROMPTS_FILE REQUESTS_AT_ONCE

Asks the questions of `measuring.write_cases`, or the prompts of a file with a JSON list, over `/api/chat` with asyncio
and httpx, reads each stream to its end and checks the answer: no retries, no store, no scores. Prints its own CPU
seconds as JSON.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

OPTIONS = {"temperature": 0, "num_ctx": 4096, "num_predict": 1024}


async def ask_all(url: str, model: str, prompts: Sequence[str], at_once: int) -> None:
    """Returns when every prompt has its right answer, its last number."""
    left = iter(prompts)

    async def consume(client: httpx.AsyncClient) -> None:
        for prompt in left:
            body = {
                "model": model,
                "messages": [{"role": "user", "content": prompt}],
                "stream": True,
                "options": OPTIONS,
            }
            async with client.stream("POST", "/api/chat", json=body) as answer:
                data = b"".join([chunk async for chunk in answer.aiter_raw()])
            records = [json.loads(line) for line in data.splitlines()]
            assert records[-1]["done"], data
            assert records[0]["message"]["content"] == re.findall(r"\d+", prompt)[-1], data

    limits = httpx.Limits(max_connections=at_once)
    async with httpx.AsyncClient(base_url=url, timeout=None, trust_env=False, limits=limits) as client:
        await asyncio.gather(*(consume(client) for _ in range(at_once)))


def main() -> None:
    url, model, cases, at_once = sys.argv[1:]
    numbered = [f"Question {i}?" for i in range(int(cases))] if cases.isdigit() else None
    prompts = json.loads(Path(cases).read_text()) if numbered is None else numbered
    began = time.process_time()
    asyncio.run(ask_all(url, model, prompts, int(at_once)))
    print(json.dumps({"cpu_s": time.process_time() - began}))


if __name__ == "__main__":
    main()
