import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gateways import TASK, Behind, gateway_over
from scripted_upstream import Fault
from served import eventually

from evaluation.records.policies import TrialMode
from evaluation.store.session import Store
from evaluation.store.traffic import list_traffic
from selection.policies.definition import create_policy
from selection.policies.trials import start_trial
from selection.preferences import Question

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


@pytest.mark.parametrize("hangs", [False, True])
def test_sigterm_lets_streams_end_and_ends_shadows(behind: Behind, store: Store, hangs: bool) -> None:
    create_policy(store, "fast", Question(task=TASK), candidate="small:1b profile=brief", by="test")
    start_trial(store, "fast", challenger="large:1b profile=brief", mode=TrialMode.SHADOW, share=1.0, by="test")
    behind.here.pace_s, behind.here.n_words = 0.02, 30
    behind.there.faults.append(Fault(delay_s=3600.0 if hangs else 0.0))
    first = {"model": "fast", "messages": [{"role": "user", "content": "hi"}]}
    second = first | {"messages": [{"role": "user", "content": "more"}], "stream": True}
    with subprocess.Popen([sys.executable, str(PROGRAM), store.url], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = f"http://127.0.0.1:{process.stdout.readline().strip()}"
        assert 200 == httpx.post(f"{url}/v1/chat/completions", json=first, timeout=30).status_code
        assert eventually(lambda: len(behind.there.asked) == 1)
        with httpx.stream("POST", f"{url}/v1/chat/completions", json=second, timeout=30) as answer:
            lines = answer.iter_lines()
            next(lines)
            process.send_signal(signal.SIGTERM)
            rest = [line for line in lines if line]
        assert eventually(lambda: process.poll() is not None)

    assert "data: [DONE]" == rest[-1]
    assert (2, 0) == (behind.here.n_finished, behind.here.n_cancelled)
    assert (1 if hangs else 0) == behind.there.n_cancelled
    calls = [(call.ok, call.served.is_shadow) for call in list_traffic(store) if call.served is not None]
    assert [(True, False)] * 2 == [call for call in calls if not call[1]]
    assert (not hangs, True) in calls
