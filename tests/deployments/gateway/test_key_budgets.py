"""Is a key whose budget of the day is spent refused behind the guard, in the protocol of its client?"""

from collections.abc import Iterator

import httpx
import pytest
from gateways import Behind, gateway_over

from deployments.api.access import Doorkeeper
from deployments.api.guard import Guard
from evaluation.records.access import Scope
from evaluation.records.policies import Budget
from evaluation.store.api_keys import create_key
from evaluation.store.session import Store


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def behind(store: Store) -> Iterator[Behind]:
    """A gateway behind the guard."""
    keeper = Doorkeeper(store=store, requires_key=True)
    with gateway_over(store, guarded=lambda app: Guard(app, keeper)) as gateway:
        yield gateway


def _asked(url: str, path: str, key: str) -> httpx.Response:
    body = {"model": "small:1b", "messages": [{"role": "user", "content": "hello"}], "stream": False}
    return httpx.post(f"{url}{path}", json=body, headers={"Authorization": f"Bearer {key}"}, timeout=30)


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/api/chat"])
def test_a_spent_key_is_refused_in_its_protocol_and_others_are_not(behind: Behind, path: str) -> None:
    _, small = create_key(behind.store, name="small", scopes=[Scope.CHAT], budget=Budget(tokens=1))
    _, large = create_key(behind.store, name="large", scopes=[Scope.CHAT], budget=Budget(tokens=10**9))

    first = _asked(behind.url, path, small)
    behind.recorded(1)
    refused = _asked(behind.url, path, small)
    other = _asked(behind.url, path, large)

    assert [200, 429, 200] == [first.status_code, refused.status_code, other.status_code]
    assert int(refused.headers["retry-after"]) >= 1
    error = refused.json()["error"]
    message = error["message"] if path.startswith("/v1/") else error
    assert "budget of today: 1 token" in message
    assert "small" in message
    assert 2 == sum(behind.n_asked)
