"""Spans for OpenTelemetry, where an exporter is named by its own variables (`OTEL_EXPORTER_OTLP_ENDPOINT`, …).

Spans hold names of routes, candidates and servers, counts and seconds: never a prompt, an answer, a key, a query or the
message of an error, which may repeat one of them. Without an exporter nothing is recorded, and nothing imported.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias

from evaluation.errors import ConfigurationError, ProviderError

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer, TracerProvider

ADDRESSES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Variables of OpenTelemetry that say where spans go."""
DISABLED = "OTEL_SDK_DISABLED"
SERVICE = "benchwright"
_TRACE_PARENT = b"traceparent"
Value: TypeAlias = str | int | float | bool
_tracer: "Tracer | None" = None


def set_up_tracing(environment: Mapping[str, str]) -> Callable[[], None]:
    """Send spans to where the variables say; return what ends it, which sends those that wait.

    Raises:
        ConfigurationError: they name a place, and the packages that send spans are not installed.
    """
    address = next((environment[name] for name in ADDRESSES if environment.get(name)), None)
    if address is None or environment.get(DISABLED, "").lower() == "true":
        return lambda: None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider as SdkProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise ConfigurationError(
            f"spans are to be sent to {address!r}, and {error.name or 'OpenTelemetry'} is not installed",
            "`pip install 'benchwright[tracing]'`, or unset the variable.",
        ) from error
    service = Resource.create({} if environment.get("OTEL_SERVICE_NAME") else {"service.name": SERVICE})
    provider = SdkProvider(resource=service)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    record_spans(provider)

    def end() -> None:
        record_spans(None)
        provider.shutdown()

    return end


def record_spans(provider: "TracerProvider | None") -> None:
    """Record spans with a provider from now on; None: no longer."""
    global _tracer
    _tracer = None if provider is None else provider.get_tracer(SERVICE)


class Recording:
    """A span under way, or nothing where none are recorded."""

    __slots__ = ("_span",)

    def __init__(self, span: "Span | None") -> None:
        self._span = span

    def note(self, **values: Value | None) -> None:
        """Add values to the span, as `benchwright.NAME`; those that are None are left out."""
        if self._span is not None:
            for name, value in values.items():
                if value is not None:
                    self._span.set_attribute(f"{SERVICE}.{name}", value)

    def note_http(self, **values: Value) -> None:
        """Add values under the names of OpenTelemetry's conventions, a dot for each two underscores."""
        if self._span is not None:
            for name, value in values.items():
                self._span.set_attribute(f"http.{name.replace('__', '.')}", value)

    def rename(self, name: str) -> None:
        """Give the span its final name."""
        if self._span is not None:
            self._span.update_name(name)


class _Nothing:
    """Stands for a span where none are recorded."""

    __slots__ = ()
    _recording = Recording(None)

    def __enter__(self) -> Recording:
        return self._recording

    def __exit__(self, *_error: object) -> None:
        return None


class _Recorded:
    """A span for a `with` block; how the block ends is noted by the kind of its error alone."""

    __slots__ = ("_block", "_name", "_parent", "_span", "_tracer")

    def __init__(self, tracer: "Tracer", name: str, parent: "Context | None") -> None:
        self._tracer, self._name, self._parent = tracer, name, parent

    def __enter__(self) -> Recording:
        from opentelemetry.trace import use_span

        self._span = self._tracer.start_span(self._name, context=self._parent)
        self._block: Any = use_span(self._span, end_on_exit=True, record_exception=False, set_status_on_exception=False)
        self._block.__enter__()
        return Recording(self._span)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            from opentelemetry.trace import Status, StatusCode

            why = error.kind.value if isinstance(error, ProviderError) else type(error).__name__
            self._span.set_attribute("error.type", why)
            self._span.set_status(Status(StatusCode.ERROR))
        self._block.__exit__(None, None, None)


_NOTHING = _Nothing()


def span(name: str, *, headers: Iterable[tuple[bytes, bytes]] | None = None) -> AbstractContextManager[Recording]:
    """Return a span for a `with` block, within the one around it.

    Args:
        name: What is done; no text of a client.
        headers: Of a request, whose `traceparent` names the span of the client; None: it is no request.
    """
    if _tracer is None:
        return _NOTHING
    return _Recorded(_tracer, name, None if headers is None else _parent(headers))


def _parent(headers: Iterable[tuple[bytes, bytes]]) -> "Context | None":
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    stated = next((value for name, value in headers if name == _TRACE_PARENT), None)
    if stated is None:
        return None
    return TraceContextTextMapPropagator().extract({"traceparent": stated.decode("latin-1")})
