"""Spans: which there are, what they hold, what they never hold, and where they go."""

import os
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest
from gateways import TASK, Behind, gateway_over
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from scripted_upstream import Fault
from served import eventually

from deployments.tracing import record_spans, set_up_tracing, span
from evaluation.errors import ConfigurationError
from evaluation.store.session import Store

SECRET = "correct-horse-battery"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    record_spans(provider)
    yield exporter
    record_spans(None)


@pytest.fixture
def behind(store: Store) -> Iterator[Behind]:
    with gateway_over(store) as gateway:
        yield gateway


def ask(behind: Behind, model: str = f"auto:{TASK}", **more: Any) -> httpx.Response:
    body = {"model": model, "messages": [{"role": "user", "content": SECRET}], **more}
    headers = {"authorization": f"Bearer {SECRET}"}
    return httpx.post(f"{behind.url}/v1/chat/completions?q={SECRET}", json=body, headers=headers, timeout=30)


def ended(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    """The spans of that name, once that of a call is over."""
    assert eventually(lambda: any(each.name == "gateway call" for each in spans.get_finished_spans()))
    return [each for each in spans.get_finished_spans() if each.name == name]


def held(each: ReadableSpan) -> str:
    return f"{each.name} {dict(each.attributes or {})} {each.events} {each.status.description}"


def test_a_call_has_spans_for_its_plan_and_whom_it_asked_without_any_text(
    spans: InMemorySpanExporter, behind: Behind
) -> None:
    assert 200 == ask(behind, stream=True).status_code

    (call,) = ended(spans, "gateway call")
    (asked,) = ended(spans, "ask")
    assert {"plan", "ask", "gateway call"} == {each.name for each in spans.get_finished_spans()}
    assert call.context is not None
    assert asked.parent is not None
    assert call.context.span_id == asked.parent.span_id
    values = dict(call.attributes or {})
    assert ("ok", TASK, "here") == tuple(values[f"benchwright.{name}"] for name in ("outcome", "task", "endpoint"))
    assert (5, 3, 1) == tuple(
        values[f"benchwright.{name}"] for name in ("prompt_tokens", "output_tokens", "servers_asked")
    )
    assert not [each for each in spans.get_finished_spans() if SECRET in held(each) or "word1" in held(each)]


def test_a_failure_is_told_by_its_kind_and_not_by_its_message(spans: InMemorySpanExporter, behind: Behind) -> None:
    behind.here.faults += [Fault(status=500, error=f"cannot answer {SECRET}")]
    assert "large:1b profile=brief" == ask(behind).headers["x-benchwright-candidate"]

    first, second = ended(spans, "ask")
    assert (StatusCode.ERROR, StatusCode.UNSET) == (first.status.status_code, second.status.status_code)
    assert "runner_crashed" == dict(first.attributes or {})["error.type"]
    assert not [each for each in spans.get_finished_spans() if SECRET in held(each)]


def test_without_an_exporter_nothing_is_recorded_and_nothing_made() -> None:
    assert span("one") is span("two", headers=[(b"traceparent", PARENT.encode())])
    with span("one") as recording:
        recording.note(task="chat")
    end = set_up_tracing({})
    end()
    assert span("one") is span("two")
    set_up_tracing({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"})()
    assert span("one") is span("two")


def test_a_request_belongs_to_the_span_that_its_client_names(spans: InMemorySpanExporter) -> None:
    with span("request", headers=[(b"traceparent", PARENT.encode())]) as recording:
        recording.rename("GET /api/v1/runs")
        recording.note_http(response__status_code=200)

    (recorded,) = spans.get_finished_spans()
    assert recorded.parent is not None
    assert "b7ad6b7169203331" == f"{recorded.parent.span_id:016x}"
    assert ("GET /api/v1/runs", {"http.response.status_code": 200}) == (recorded.name, dict(recorded.attributes or {}))


@pytest.mark.parametrize("header", [b"", b"x", b"00-zz-yy-01", b"\xff" * 500])
def test_a_broken_traceparent_is_no_parent(spans: InMemorySpanExporter, header: bytes) -> None:
    with span("request", headers=[(b"traceparent", header)]):
        pass
    assert spans.get_finished_spans()[0].parent is None


def test_spans_are_sent_to_where_the_variable_points(monkeypatch: pytest.MonkeyPatch) -> None:
    received: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Collector) as collector:
        threading.Thread(target=collector.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
        end = set_up_tracing(os.environ)
        with span("request"):
            pass
        end()
        collector.shutdown()

    ((path, body),) = received
    assert "/v1/traces" == path
    assert b"request" in body
    assert b"benchwright" in body


def test_an_exporter_that_is_named_and_not_installed_is_told_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(ConfigurationError, match="is not installed") as told:
        set_up_tracing({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"})
    assert "benchwright[tracing]" in str(told.value)
