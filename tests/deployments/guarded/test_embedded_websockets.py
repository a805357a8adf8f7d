"""What the embedded server does with a websocket, of which it has none."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

from deployments.embedded.app import EmbeddedApp


def test_a_websocket_is_refused_before_it_opens() -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "websocket.connect"}

    asyncio.run(EmbeddedApp(())({"type": "websocket", "path": "/api/generate", "headers": []}, receive, send))
    assert ["websocket.close"] == [message["type"] for message in sent]
