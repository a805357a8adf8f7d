"""A server that speaks the OpenAI-compatible API, wants a key, and says that key aloud when it refuses."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LEAKY = "leaky"
"""A model that is always refused, with the key in the reply."""
GOOD = "good"
"""A model that answers `3` to everything."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 128


@contextmanager
def keyed_openai(key: str) -> Iterator[str]:
    """The address of such a server on the loopback."""
    server = _Server(("127.0.0.1", 0), _handler(key))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


def _handler(key: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Says nothing."""

        def do_GET(self) -> None:
            if self._is_let_in() and self.path.endswith("/models"):
                self._json(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in (GOOD, LEAKY)]})
            else:
                self._refuse(404 if self._is_let_in() else 401)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not self._is_let_in() or body.get("model") == LEAKY:
                self._refuse(401)
                return
            self._stream([{"delta": {"content": "3"}, "finish_reason": None}, {"delta": {}, "finish_reason": "stop"}])

        def _is_let_in(self) -> bool:
            return self.headers.get("Authorization") == f"Bearer {key}"

        def _refuse(self, status: int) -> None:
            said = f"Incorrect API key provided: {key}; you sent {self.headers.get('Authorization')}"
            self._json(status, {"error": {"message": said, "type": "invalid_request_error"}})

        def _json(self, status: int, value: Any) -> None:
            raw = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def _stream(self, choices: list[dict[str, Any]]) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            for choice in choices:
                self._event({"object": "chat.completion.chunk", "choices": [{"index": 0, **choice}]})
            self._event({"choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 1, "total_tokens": 5}})
            self.wfile.write(b"data: [DONE]\n\n")
            self.close_connection = True

        def _event(self, value: Any) -> None:
            self.wfile.write(f"data: {json.dumps(value)}\n\n".encode())

    return Handler
