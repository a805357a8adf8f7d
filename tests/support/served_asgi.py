"""ASGI applications on ports of the loopback, each with an event loop in a thread of its own."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn


class AsgiServer:
    """A running application."""

    def __init__(self, app: Any, *, port: int = 0) -> None:
        config = uvicorn.Config(app, port=port, log_level="critical", access_log=False, timeout_graceful_shutdown=5)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the server did not start")
            time.sleep(0.005)
        self.port: int = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Ends it once its requests are answered."""
        self._server.should_exit = True
        self._thread.join()


@contextmanager
def served_asgi(app: Any, *, port: int = 0) -> Iterator[AsgiServer]:
    """The application, until the end of the block."""
    server = AsgiServer(app, port=port)
    try:
        yield server
    finally:
        server.stop()
