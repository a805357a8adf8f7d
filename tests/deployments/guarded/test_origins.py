"""Who is answered by a local server, and what a browser may do with the answer."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from deployments.guarded.origins import NAMES_VARIABLE, OwnPagesOnly, allowed_names, host_name

HOST = ("Host", "127.0.0.1:4200")
Message = MutableMapping[str, Any]


async def _app(scope: Message, _receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    headers = [(b"x-frame-options", b"ALLOWALL"), (b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"inside"})


def ask(
    *headers: tuple[str, str],
    path: str = "/api/flows/",
    method: str = "POST",
    kind: str = "http",
    sign_in: bool = False,
) -> list[Message]:
    """All that a server wrapped so sends."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    encoded = [(name.lower().encode(), value.encode()) for name, value in headers]
    scope = {"type": kind, "method": method, "path": path, "headers": encoded}
    guarded = OwnPagesOnly(_app, names=["bench.example.com"], has_sign_in=sign_in)
    asyncio.run(guarded(scope, receive, send))
    return sent


def status(*headers: tuple[str, str], **options: Any) -> int:
    return int(ask(*headers, **options)[0]["status"])


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:4200",
        "localhost:4200",
        "LOCALHOST:4200",
        "localhost.:4200",
        "[::1]:4200",
        "localhost",
        "localhost:9999",  # a forwarded port
        "bench.example.com",
        "Bench.Example.com:443",
    ],
)
def test_programs_and_own_pages_are_answered_under_every_name_of_the_server(host: str) -> None:
    assert 200 == status(("Host", host))
    assert 200 == status(("Host", host), ("Origin", f"http://{host}"), ("Sec-Fetch-Site", "same-origin"))
    assert 200 == status(("Host", host), ("Origin", f"https://{host.upper()}"))


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:4200",
        "localhost.evil.example",
        "127.0.0.1.evil.example:4200",
        "evil.example@127.0.0.1",
        "127.0.0.1:4200@evil.example",
        "127.0.0.1:port",
        "127.0.0.1 evil.example",
        "127.0.0.1/",
        "127.1",
        "2130706433",
        "0.0.0.0:4200",
        "[::]:4200",
        "[::ffff:127.0.0.1]:4200",
        "localhost..",
        "bench.example.com.evil.example",
        "notbench.example.com",
        "",
    ],
)
def test_another_name_is_dns_rebinding_and_refused(host: str) -> None:
    assert 403 == status(("Host", host))
    assert 403 == status(("Host", host), ("Origin", f"http://{host}"))


def test_a_request_without_a_host_or_with_two_is_refused() -> None:
    assert 403 == status()
    assert 403 == status(HOST, ("Host", "evil.example"))
    assert 403 == status(HOST, HOST)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "file://",
        "http://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:4201",
        "http://localhost:4200",
        "http://127.0.0.1:4200.evil.example",
        "http://evil.example#http://127.0.0.1:4200",
        "http://127.0.0.1:4200/",
        "http://user@127.0.0.1:4200",
        "chrome-extension://127.0.0.1:4200",
        "127.0.0.1:4200",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
def test_a_page_of_any_other_origin_is_refused_whatever_its_request(origin: str, method: str) -> None:
    sent = ask(HOST, ("Origin", origin), method=method)
    assert 403 == sent[0]["status"]
    assert not [name for name, _ in sent[0]["headers"] if name.startswith(b"access-control")]


def test_a_second_origin_does_not_hide_behind_the_first() -> None:
    assert 403 == status(HOST, ("Origin", "http://127.0.0.1:4200"), ("Origin", "http://evil.example"))


@pytest.mark.parametrize("site", ["cross-site", "same-site", "something-new"])
def test_what_another_page_embeds_or_fetches_without_an_origin_is_refused(site: str) -> None:
    assert 403 == status(HOST, ("Sec-Fetch-Site", site), method="GET")
    assert 403 == status(HOST, ("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "no-cors"), method="GET", path="/")
    frame = (("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe"))
    assert 403 == status(HOST, ("Sec-Fetch-Site", site), *frame, method="GET", path="/")


@pytest.mark.parametrize(
    "page", ["http://evil.example/p", "http://127.0.0.1:9999/p", "http://evil.example/?http://127.0.0.1:4200/", "x"]
)
def test_a_browser_that_sends_nothing_but_a_referer_is_known_by_it(page: str) -> None:
    (start, *_) = ask(HOST, ("Referer", page))
    assert 403 == start["status"]
    (start, *_) = ask(HOST, ("Referer", page), method="GET", path="/dashboard")
    assert 200 == start["status"], "a link from elsewhere opens a page"
    (start, *_) = ask(HOST, ("Referer", "http://127.0.0.1:4200/dashboard"))
    assert 200 == start["status"]


def test_a_link_from_another_page_opens_a_page_and_nothing_of_the_api() -> None:
    link = (HOST, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"))
    assert 200 == status(*link, method="GET", path="/runs")
    assert 403 == status(*link, method="GET", path="/api/flows")
    assert 403 == status(*link, method="GET", path="/api")
    assert 403 == status(*link, method="POST", path="/runs")


@pytest.mark.parametrize("path", ["//evil.example/", "http://evil.example/", "/\\evil.example", "", "*"])
def test_a_path_that_is_an_address_is_refused(path: str) -> None:
    assert 403 == status(HOST, path=path, method="GET")


def test_websockets_are_held_to_the_same() -> None:
    own = ask(HOST, ("Origin", "http://127.0.0.1:4200"), kind="websocket", path="/api/events/in")
    assert [{"type": "websocket.accept"}] == own
    assert [{"type": "websocket.accept"}] == ask(HOST, kind="websocket", path="/api/events/in")
    for headers in (
        (HOST, ("Origin", "http://evil.example")),
        (HOST, ("Origin", "null")),
        (("Host", "evil.example:4200"), ("Origin", "http://evil.example:4200")),
        (HOST, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "websocket")),
    ):
        (refused,) = ask(*headers, kind="websocket", path="/api/events/in")
        assert ("websocket.close", 1008) == (refused["type"], refused["code"])


def test_no_other_page_may_frame_or_read_what_is_answered() -> None:
    headers = dict(ask(HOST)[0]["headers"])
    assert b"DENY" == headers[b"x-frame-options"]
    assert b"frame-ancestors 'none'" == headers[b"content-security-policy"]
    assert b"same-origin" == headers[b"cross-origin-resource-policy"]
    assert 1 == [name for name, _ in ask(HOST)[0]["headers"]].count(b"x-frame-options")


def test_the_sign_in_page_is_offered_where_it_is_meant_and_to_whom() -> None:
    (start, body) = ask(HOST, path="/sign-in", method="GET", sign_in=True)
    assert 200 == start["status"]
    assert b"prefect-password" in body["body"]
    assert b"no-store" == dict(start["headers"])[b"cache-control"]
    assert b"inside" == ask(HOST, path="/sign-in", method="GET")[1]["body"]
    assert 403 == status(("Host", "evil.example"), path="/sign-in", method="GET", sign_in=True)


def test_names_are_read_from_the_variable_and_compared_without_case_and_dots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAMES_VARIABLE, "a.example, B.example:8080  c")
    assert ["a.example", "b.example", "c"] == [host_name(name) for name in allowed_names()]
    monkeypatch.delenv(NAMES_VARIABLE)
    assert [] == allowed_names()
    for text in ("*", "http://a.example", "a b", "", "*.example.com"):
        with pytest.raises(ValueError, match="is not a host name"):
            host_name(text)
