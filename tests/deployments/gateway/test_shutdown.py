import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gateways import TASK, Behind, gateway_over
from served import eventually

from evaluation.store.session import Store
from evaluation.store.traffic import list_traffic

PROGRAM = Path(__file__).parents[2] / "support" / "gateway_process.py"


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def behind(store: Store) -> Iterator[Behind]:
    with gateway_over(store) as behind:
        yield behind


def test_sigterm_lets_a_stream_come_to_its_end_and_records_it(behind: Behind, store: Store) -> None:
    behind.here.pace_s, behind.here.n_words = 0.02, 60
    body: dict[str, Any] = {"model": f"auto:{TASK}", "messages": [{"role": "user", "content": "hi"}], "stream": True}
    with subprocess.Popen([sys.executable, str(PROGRAM), store.url], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = f"http://127.0.0.1:{process.stdout.readline().strip()}"
        with httpx.stream("POST", f"{url}/v1/chat/completions", json=body, timeout=30) as answer:
            lines = answer.iter_lines()
            next(lines)
            process.send_signal(signal.SIGTERM)
            rest = [line for line in lines if line]
        assert eventually(lambda: process.poll() is not None)

    assert "data: [DONE]" == rest[-1]
    assert (1, 0) == (behind.here.n_finished, behind.here.n_cancelled)
    assert [True] == [call.ok for call in list_traffic(store)]
