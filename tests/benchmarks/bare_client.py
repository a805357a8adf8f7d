"""How fast is a client that does nothing else? The ceiling that an evaluation is compared with.

    python tests/benchmarks/bare_client.py URL MODEL CASES REQUESTS_AT_ONCE

Asks the questions of `measuring.write_cases` over `/api/chat` with asyncio and httpx, reads each stream to its end and
checks the answer: no retries, no store, no scores. Prints its own CPU seconds as JSON.
"""

import asyncio
import json
import sys
import time

import httpx

OPTIONS = {"temperature": 0, "num_ctx": 4096, "num_predict": 1024}


async def ask_all(url: str, model: str, n_cases: int, at_once: int) -> None:
    """Returns when every case has its right answer."""
    numbers = iter(range(n_cases))

    async def consume(client: httpx.AsyncClient) -> None:
        for i in numbers:
            body = {
                "model": model,
                "messages": [{"role": "user", "content": f"Question {i}?"}],
                "stream": True,
                "options": OPTIONS,
            }
            async with client.stream("POST", "/api/chat", json=body) as answer:
                data = b"".join([chunk async for chunk in answer.aiter_raw()])
            records = [json.loads(line) for line in data.splitlines()]
            assert records[-1]["done"], data
            assert records[0]["message"]["content"] == str(i), data

    limits = httpx.Limits(max_connections=at_once)
    async with httpx.AsyncClient(base_url=url, timeout=None, trust_env=False, limits=limits) as client:
        await asyncio.gather(*(consume(client) for _ in range(at_once)))


def main() -> None:
    url, model, n_cases, at_once = sys.argv[1:]
    began = time.process_time()
    asyncio.run(ask_all(url, model, int(n_cases), int(at_once)))
    print(json.dumps({"cpu_s": time.process_time() - began}))


if __name__ == "__main__":
    main()
