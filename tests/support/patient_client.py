"""A client of a Prefect server for tests: SQLite has one writer, and a server that is busy is asked again."""

import time

import httpx

PATIENCE_S = 300.0
BUSY = 503


class _Patient(httpx.HTTPTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        give_up_at = time.monotonic() + PATIENCE_S
        while (answer := super().handle_request(request)).status_code == BUSY and time.monotonic() < give_up_at:
            answer.read()
            answer.close()
            time.sleep(0.5)
        return answer


_open_clients: list[httpx.Client] = []


def patient_client(api: str) -> httpx.Client:
    """Return a client that is closed after the test at the latest, also where the test fails."""
    client = httpx.Client(base_url=api, transport=_Patient(), trust_env=False, timeout=120)
    _open_clients.append(client)
    return client


def close_patient_clients() -> None:
    while _open_clients:
        _open_clients.pop().close()
