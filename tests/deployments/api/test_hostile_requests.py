"""Raw bytes that no program of good will sends, each with a valid key: refused with a problem, and nothing is kept."""

import json
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from api_server import ApiServer, api_server
from recommendable import fill

from evaluation.records.access import Scope
from evaluation.store.api_keys import create_key
from evaluation.store.experiments import list_experiments
from evaluation.store.session import Store, open_store


@dataclass(frozen=True)
class Attacked:
    server: ApiServer
    store: Store
    key: str

    def send(self, text: bytes) -> tuple[int, bytes]:
        """Send bytes in which `PORT` and `KEY` stand for ours."""
        return self.server.send(
            text.replace(b"PORT", str(self.server.port).encode()).replace(b"KEY", self.key.encode())
        )


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    folder = tmp_path_factory.mktemp("api")
    database = folder / "benchwright.db"
    with open_store(str(database)) as store:
        fill(store)
        _, key = create_key(store, name="admin", scopes=[Scope.ADMIN])
        with api_server(str(database), folder, "--require-key") as server:
            yield Attacked(server, store, key)


OWN = b"Host: 127.0.0.1:PORT\r\n"
BEARER = b"Authorization: Bearer KEY\r\n"
BODY = b'{"name": "made"}'


def get(
    path: bytes = b"/api/v1/runs",
    *,
    method: bytes = b"GET",
    version: bytes = b"HTTP/1.1",
    host: bytes = OWN,
    key: bytes = BEARER,
    more: bytes = b"",
) -> bytes:
    return method + b" " + path + b" " + version + b"\r\n" + host + key + b"Connection: close\r\n" + more + b"\r\n"


def post(more: bytes = b"", *, length: bytes = b"Content-Length: 16\r\n", body: bytes = BODY) -> bytes:
    head = get(b"/api/v1/experiments", method=b"POST", more=b"Content-Type: application/json\r\n" + length + more)
    return head + body


HOSTS = (
    *(b"localhost.evil", b"localhost.evil:PORT", b"127.0.0.1.nip.io:PORT", b"evil.localhost:PORT", b"rebind.network"),
    *(b"0.0.0.0:PORT", b"0:PORT", b"127.1:PORT", b"2130706433:PORT", b"0x7f000001:PORT", b"0177.0.0.1:PORT"),
    *(b"[::1%25eth0]:PORT", b"[::1%lo]:PORT", b"[fe80::1%eth0]:PORT", b"[::ffff:127.0.0.1]:PORT", b"[::]:PORT"),
    *(b"[::1", b"::1", b"localhost@evil", b"evil@localhost:PORT", b"localhost:PORT@evil", b"localhost, evil", b""),
    *(b"localhost evil", b"localhost:notaport", b"localhost:99999999", b"localhost#evil", b"localhost/evil"),
    *(b"localhost?evil", b"\xe2\x93\x9bocalhost", b"localhost..", b".localhost", b"169.254.169.254", b"xn--localhost"),
)
ORIGINS = (
    *(b"null", b"", b"http://localhost.evil", b"http://127.0.0.1", b"http://127.0.0.1:PORT.evil", b"about:blank"),
    *(b"http://evil@127.0.0.1:PORT", b"chrome-extension://abc", b"http://127.0.0.1:PORT http://evil", b"data:"),
    *(b"http://localhost:PORT", b"http://[::1]:1"),
)
PATHS = (
    *(b"/api/v1/./runs", b"/api/v1/%2e/runs", b"/api/v1/..%2fv1%2fruns", b"/api/v1/%252e%252e/keys", b"/api/v1%2Fruns"),
    *(b"/api%2fv1/runs", b"/health/live%2f..%2f..%2fapi/v1/keys", b"/health/live/", b"/health/live;/../api/v1/runs"),
    *(b"/api/v1/runs;x=1", b"/api/v1/runs%20", b"/api/v1/runs%0d%0aX:1", b"/API/V1/RUNS", b"/api//v1/runs", b"/.env"),
    *(b"/%2fevil/api", b"/api/v1/runs/%c0%ae%c0%ae/", b"/api/v1/runs/a%00b", b"/api/v1/runs?limit=1&limit=2"),
    *(
        b"/api/v1/runs?limit=-1",
        b"/api/v1/runs/" + b"a" * 60_000,
        b"/..;/api/v1/runs",
        b"api/v1/runs",
        b"/openapi.json",
    ),
    *(b"http://evil/api/v1/runs", b"http://127.0.0.1:PORT/api/v1/runs", b"file:///etc/passwd", b"/api/v1/runs/%ff"),
)
HEADS = {
    "no host": get(host=b""),
    "no host in HTTP/1.0": get(host=b"", version=b"HTTP/1.0"),
    "a foreign host in HTTP/1.0": get(host=b"Host: evil\r\n", version=b"HTTP/1.0"),
    "the host twice": get(host=OWN + OWN),
    "a second host": get(host=OWN + b"Host: evil\r\n"),
    "a first host": get(host=b"Host: evil\r\n" + OWN),
    "an own address to a foreign host": get(b"http://127.0.0.1:PORT/api/v1/runs", host=b"Host: evil\r\n"),
    "a host that is forwarded": get(host=b"Host: evil\r\n", more=b"X-Forwarded-Host: 127.0.0.1:PORT\r\n"),
    "a sender that is forwarded": get(key=b"", more=b"X-Forwarded-For: 127.0.0.1\r\nForwarded: for=127.0.0.1\r\n"),
    "another address": get(b"/nothing", more=b"X-Original-URL: /api/v1/keys\r\nX-Rewrite-URL: /api/v1/keys\r\n"),
    "a method in a header": get(method=b"POST", more=b"X-HTTP-Method-Override: GET\r\nContent-Length: 0\r\n"),
    "connect": get(b"evil:443", method=b"CONNECT"),
    "any": get(b"*", method=b"OPTIONS"),
    "trace": get(method=b"TRACE"),
    "small letters": get(method=b"get"),
    "two origins": post(b"Origin: http://127.0.0.1:PORT\r\nOrigin: http://evil\r\n"),
    "two sites": post(b"Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site\r\n"),
    "a websocket of a page": get(more=b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nOrigin: http://evil\r\n"),
    "a NUL byte": get(more=b"X: a\x00b\r\n"),
    "a control character": get(more=b"X: a\x01b\r\n"),
    "a delete character": get(more=b"X: \x7f\r\n"),
    "a lone CR": get(more=b"X: a\rY: b\r\n"),
    "a lone LF": get(more=b"X: a\nHost: evil\r\n"),
    "a folded line": get(more=b"X: a\r\n\tb\r\n"),
    "lines of LF": get().replace(b"\r\n", b"\n"),
    "a header without a name": get(more=b": x\r\n"),
    "a header without a colon": get(more=b"foo\r\n"),
    "a blank in a name": get(more=b"X Y: 1\r\n"),
    "a letter with an accent in a name": get(more=b"X\xc3\xa9: 1\r\n"),
    "a long header": get(more=b"X: " + b"a" * 70_000 + b"\r\n"),
    "a long name": get(more=b"A" * 70_000 + b": 1\r\n"),
    "many headers": get(more=b"".join(b"X%d: 1\r\n" % number for number in range(9_000))),
    "HTTP/2.0": get(version=b"HTTP/2.0"),
    "HTTP/0.9": get(version=b"HTTP/0.9"),
    "HTTP/1.2": get(version=b"HTTP/1.2"),
    "a version in small letters": get(version=b"http/1.1"),
    "no version": b"GET /api/v1/runs\r\n\r\n",
    "tabs": get().replace(b" /api/v1/runs ", b"\t/api/v1/runs\t"),
    "a blank first": b" " + get(),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 60 + b"\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "all bytes": bytes(range(256)) + b"\r\n\r\n",
}
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LENGTHS = (
    *(b"Content-Length: 16\r\n" + CHUNKED, CHUNKED + b"Content-Length: 16\r\n", CHUNKED + CHUNKED),
    *(b"Transfer-Encoding: gzip, chunked\r\n", b"Transfer-Encoding:\tchunked\r\nContent-Length: 16\r\n"),
    *(b"Transfer-Encoding: identity\r\nContent-Length: 16\r\n", b"Transfer-Encoding: \x0bchunked\r\n"),
    *(b"Transfer-Encoding : chunked\r\n", b'Transfer-Encoding: "chunked"\r\n', b"Content-Length: +16\r\n"),
    *(b"Content-Length: 16, 17\r\n", b"Content-Length: 16\r\nContent-Length: 17\r\n", b"Content-Length: 0x10\r\n"),
    *(b"Content-Length: 1_6\r\n", b"Content-Length: " + b"9" * 400 + b"\r\n", b"Content-Length: \r\n"),
)
CHUNKS = (
    b"-2\r\n{}\r\n0\r\n\r\n",
    b"0x2\r\n{}\r\n0\r\n\r\n",
    b"zz\r\n{}",
    b" 2\r\n{}\r\n0\r\n\r\n",
    b"2\r\n{}0\r\n\r\n",
)
KEYS = {
    "none": b"",
    "of a name and a password": b"Authorization: Basic KEY\r\n",
    "in a cookie": b"Cookie: key=KEY\r\n",
    "in another header": b"X-API-Key: KEY\r\nProxy-Authorization: Bearer KEY\r\n",
    "with a letter more": b"Authorization: Bearer KEYx\r\n",
    "twice in a line": b"Authorization: Bearer KEY KEY\r\n",
    "in a list": b"Authorization: Bearer KEY, Bearer x\r\n",
    "in two lines": b"Authorization: Bearer x\r\n" + BEARER,
    "in marks": b'Authorization: Bearer "KEY"\r\n',
    "without its kind": b"Authorization: KEY\r\n",
    "of SQL": b"Authorization: Bearer bw_' OR 1=1--_x\r\n",
    "with a wildcard": b"Authorization: Bearer bw_%_x\r\n",
    "of great length": b"Authorization: Bearer bw_" + b"a" * 50_000 + b"_x\r\n",
}
ADDRESSES = {
    "in the query": get(b"/api/v1/keys?key=KEY", key=b""),
    "in the address": get(b"http://x:KEY@127.0.0.1:PORT/api/v1/keys", key=b""),
    "in the path": get(b"/api/v1/runs/KEY"),
}


@pytest.mark.parametrize(
    "text",
    [
        *(get(host=b"Host: " + host + b"\r\n") for host in HOSTS),
        *(post(b"Origin: " + origin + b"\r\n") for origin in ORIGINS),
        *(get(path) for path in PATHS),
        *HEADS.values(),
        *(post(length=length) for length in LENGTHS),
        *(post(length=CHUNKED, body=body) for body in CHUNKS),
        *(get(b"/api/v1/keys", key=key) for key in KEYS.values()),
        *ADDRESSES.values(),
    ],
    ids=lambda text: re.sub(rb"[^ -~]+", b".", text.replace(b"Connection: close", b""))[:150].decode(),
)
def test_it_is_refused(attacked: Attacked, text: bytes) -> None:
    status, answer = attacked.send(text)

    head, _, body = answer.partition(b"\r\n\r\n")
    assert 400 <= status < 500, answer[:200]
    assert b"application/problem+json" in head
    assert status == json.loads(body)["status"]
    assert 1 == len(re.findall(rb"HTTP/1\.1 \d{3}", answer))  # nothing was hidden behind it
    log = attacked.server.log.read_bytes()
    assert attacked.key.split("_", 2)[2].encode() not in log
    assert b"Traceback" not in log


def test_none_of_them_made_anything(attacked: Attacked) -> None:
    attacked.send(get())

    assert "made" not in {each.name for each in list_experiments(attacked.store)}


@pytest.mark.parametrize("upgrade", [b"h2c", b"websocket"])
def test_an_offer_of_another_protocol_is_passed_over_in_silence(attacked: Attacked, upgrade: bytes) -> None:
    """Java's client sends one with every request."""
    status, answer = attacked.send(get(more=b"Upgrade: " + upgrade + b"\r\n"))

    assert (200, False) == (status, b"upgrade" in answer.lower())
    assert b"upgrade" not in attacked.server.log.read_bytes()


def test_a_case_whose_name_has_a_slash_can_be_read(attacked: Attacked) -> None:
    status, answer = attacked.send(get(b"/api/v1/runs/last/cases/a%2Fb"))

    assert (404, True) == (status, b"a/b" in answer)


@pytest.mark.parametrize(
    "path", [b"/sign-in", b"/v1/chat/completions", b"/api/chat", b"/api/v1/experiments", b"/api/v1/recommendations"]
)
def test_a_client_that_leaves_in_mid_body_leaves_nothing_in_the_log(attacked: Attacked, path: bytes) -> None:
    more = b"Content-Type: application/json\r\nContent-Length: 500\r\nIdempotency-Key: left-" + path[1:4] + b"\r\n"
    request = get(path, method=b"POST", more=more) + b"{"
    text = request.replace(b"PORT", str(attacked.server.port).encode()).replace(b"KEY", attacked.key.encode())
    with socket.create_connection(("127.0.0.1", attacked.server.port), 30) as connection:
        connection.sendall(text)
        time.sleep(0.2)
    assert 200 == attacked.send(get(b"/health/live"))[0]
    assert "Traceback" not in attacked.server.log.read_text()
