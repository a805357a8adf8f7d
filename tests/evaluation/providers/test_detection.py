import asyncio
import subprocess
import sys
from typing import Any

import httpx
import pytest

from evaluation.errors import (
    ConfigurationError,
    FailureKind,
    ProviderError,
    TransientProviderError,
    UnknownNameError,
)
from evaluation.providers import PROVIDERS
from evaluation.providers.addresses import default_url, normalise_url
from evaluation.providers.detection import START_ONE, connect, detect_provider
from evaluation.providers.ollama import OllamaProvider
from evaluation.providers.openai_compatible import OpenAICompatibleProvider


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gpu-box", "http://gpu-box:11434"),
        ("gpu-box:8080", "http://gpu-box:8080"),
        (":8080", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:99", "http://127.0.0.1:99"),
        ("http://0.0.0.0:11434/", "http://127.0.0.1:11434"),
        ("http://gpu-box", "http://gpu-box"),
        ("http://gpu-box:80", "http://gpu-box"),
        ("HTTPS://Gpu-Box.Example", "https://gpu-box.example"),
        ("https://gpu-box:443/ollama/", "https://gpu-box/ollama"),
        ("https://gpu-box:11434", "https://gpu-box:11434"),
        ("gpu-box/ollama/v1", "http://gpu-box:11434/ollama/v1"),
        (" 127.0.0.1:011434 ", "http://127.0.0.1:11434"),
        ("localhost", "http://localhost:11434"),
        ("::1", "http://[::1]:11434"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("[::]:8080", "http://[::1]:8080"),
        ("http://[0:0::1]", "http://[::1]"),
        ("ollama_1:11434", "http://ollama_1:11434"),
    ],
)
def test_every_way_to_write_an_address_has_one_normal_form(text: str, expected: str) -> None:
    assert expected == normalise_url(text)
    assert expected == normalise_url(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ftp://gpu-box",
        "gpu-box:",
        "gpu-box:http",
        "gpu-box:0",
        "gpu-box:65536",
        "gpu-box:-1",
        ":",
        "gpu box",
        "1:2:3",
        "[::1",
        "[zz]:1",
        "http://http://x",
        "http://",
        "https:///path",
        "a\nb",
    ],
)
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        normalise_url(text)
    assert "gpu-box:11434" in str(caught.value.next_step)


@pytest.mark.parametrize(
    "text",
    ["http://me:s3cret@gpu-box", "me:s3cret@gpu-box:1", "http://me:s3/cret@x:y", "gpu-box?key=s3cret", "x#s3cret"],
)
def test_an_address_with_a_secret_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        normalise_url(text)
    assert "s3" not in repr(caught.value)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "http://127.0.0.1:11434"),
        ({"OLLAMA_HOST": " "}, "http://127.0.0.1:11434"),
        ({"OLLAMA_HOST": ' "gpu-box:99" '}, "http://gpu-box:99"),
    ],
)
def test_the_default_server_is_the_environments(environ: dict[str, str], expected: str) -> None:
    assert expected == default_url(environ)


def detect(wire: Any, url: str = "gpu-box", **given: Any) -> str:
    return asyncio.run(detect_provider(url, transport=wire.transport, **given))


VERSION = httpx.Response(200, json={"version": "0.33.0"})
MODELS = httpx.Response(200, json={"object": "list", "data": []})


def test_a_server_with_ollamas_version_speaks_ollama(wire: Any) -> None:
    assert "ollama" == detect(wire.on("/api/version", VERSION))
    assert ["/api/version"] == [path for path, _ in wire.asked]


@pytest.mark.parametrize("first", [httpx.Response(404, text="no"), httpx.Response(200, json={"error": "Unexpected"})])
def test_a_server_that_only_lists_models_speaks_openais_protocol(wire: Any, first: httpx.Response) -> None:
    assert "openai_compatible" == detect(wire.on("/api/version", first).on("/v1/models", MODELS), api_key="k")
    assert ["Bearer k"] * 2 == [headers["authorization"] for headers in wire.headers]


def test_an_address_that_ends_in_v1_is_understood(wire: Any) -> None:
    assert "openai_compatible" == detect(wire.on("/v1/models", MODELS), "http://gpu-box:8000/v1")


def test_a_server_that_speaks_neither_is_named_with_what_was_tried(wire: Any) -> None:
    with pytest.raises(
        ConfigurationError, match="http://gpu-box:11434 speaks neither Ollama's protocol nor OpenAI's; tried"
    ) as caught:
        detect(wire.on("/api/version", httpx.Response(200, text="<html>")))
    assert all(path in caught.value.message for path in ("/api/version", "/v1/models"))
    assert START_ONE == caught.value.next_step


def test_no_server_is_something_to_mend(wire: Any) -> None:
    with pytest.raises(ConfigurationError, match="no server answers at http://gpu-box:11434") as caught:
        detect(wire.on("/api/version", httpx.ConnectError("refused")))
    assert START_ONE == caught.value.next_step
    assert "--embedded" not in START_ONE


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(503, json={"error": "busy"}), FailureKind.QUEUE_FULL),
        (httpx.ReadTimeout("slow"), FailureKind.TIMED_OUT),
        (httpx.Response(401, json={"error": "who?"}), FailureKind.REFUSED_BY_POLICY),
        (httpx.Response(403), FailureKind.REFUSED_BY_POLICY),
    ],
)
def test_a_server_that_will_not_say_keeps_its_own_reason(wire: Any, answer: Any, kind: FailureKind) -> None:
    with pytest.raises(ProviderError) as caught:
        detect(wire.on("/api/version", answer))
    assert kind == caught.value.kind
    assert kind.is_transient is isinstance(caught.value, TransientProviderError)


def test_connecting_asks_only_where_it_must(wire: Any) -> None:
    asked = asyncio.run(connect("gpu-box", transport=wire.on("/api/version", VERSION).transport))
    told = asyncio.run(connect("gpu-box:8000/v1/", "openai_compatible", "key"))
    assert isinstance(asked, OllamaProvider)
    assert isinstance(told, OpenAICompatibleProvider)
    assert ("http://gpu-box:11434", "http://gpu-box:8000/v1") == (asked.url, told.url)
    assert 1 == len(wire.asked)


def test_ollamas_own_api_is_used_where_its_compatible_one_was_given(wire: Any) -> None:
    async def run() -> str | None:
        async with await connect("gpu-box:11434/v1", transport=wire.on("/api/version", VERSION).transport) as provider:
            return await provider.version()

    assert "0.33.0" == asyncio.run(run())
    assert ["/api/version"] * 2 == [path for path, _ in wire.asked]


def test_an_unknown_protocol_is_answered_with_those_that_exist() -> None:
    with pytest.raises(UnknownNameError, match="ollama, openai_compatible"):
        asyncio.run(connect("gpu-box", "olama"))
    assert ["ollama", "openai_compatible"] == sorted(PROVIDERS)


def test_importing_the_providers_imports_nothing_heavy() -> None:
    program = (
        "import sys, evaluation.providers.detection\n"
        "print([m for m in ('numpy', 'pandas', 'pydantic', 'prefect', 'sqlmodel') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()
