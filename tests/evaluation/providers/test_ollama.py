from typing import Any

import httpx
import pytest

from evaluation.errors import CandidateFailureError, FailureKind, ProviderError, TransientProviderError
from evaluation.model_info import ModelInfo
from evaluation.providers.ollama import OllamaProvider
from evaluation.providers.ollama_wire import read_parameters
from evaluation.providers.provider import PullProgress

DIGEST = "fd5f44c0b5aff6453726119fc560d73a8a995a55b4a49804bc24b1969ecf1794"
TAGS = {
    "models": [
        {
            "name": "tiny:latest",
            "model": "tiny:latest",
            "size": 98_362_745,
            "digest": DIGEST,
            "details": {
                "family": "llama",
                "parameter_size": "134.52M",
                "quantization_level": "Q4_1",
                "context_length": 8192,
            },
            "capabilities": ["completion"],
        },
        {"name": "far:latest", "digest": "", "remote_host": "https://elsewhere.example", "size": 300},
        {"size": 3},
        "no model",
    ]
}
SHOW = {
    "parameters": 'stop                           "<|im_start|>"\nstop                           "a \\"b\\"\\n"\n'
    "temperature                    0.6\nnum_ctx                        4096\nuse_mmap  true\nodd  1 2",
    "template": "{{ .Prompt }}",
    "license": "\nApache License\nVersion 2.0",
    "details": {"family": "llama", "parameter_size": "134.52M", "quantization_level": "Q4_1"},
    "model_info": {"general.architecture": "llama", "general.parameter_count": 134515008, "llama.context_length": 8192},
    "capabilities": ["completion", "thinking"],
}


def on_json(wire: Any, path: str, *bodies: Any) -> Any:
    return wire.on(path, *[httpx.Response(200, json=body) for body in bodies])


def test_the_version_is_the_servers_own_word(wire: Any) -> None:
    assert "0.33.0" == on_json(wire, "/api/version", {"version": "0.33.0"}).ollama(OllamaProvider.version)


def test_a_server_without_a_version_says_none(wire: Any) -> None:
    assert on_json(wire, "/api/version", {}).ollama(OllamaProvider.version) is None


def test_models_are_listed_with_their_digests(wire: Any) -> None:
    expected = (
        ModelInfo(
            name="tiny:latest",
            digest=DIGEST,
            family="llama",
            parameter_size="134.52M",
            quantization="Q4_1",
            context_length=8192,
            size_bytes=98_362_745,
            capabilities=("completion",),
        ),
        ModelInfo(name="far:latest", digest=None, size_bytes=300, remote_host="https://elsewhere.example"),
    )
    assert expected == on_json(wire, "/api/tags", TAGS).ollama(OllamaProvider.models)


def test_no_models_are_an_empty_list(wire: Any) -> None:
    assert () == on_json(wire, "/api/tags", {"models": None}).ollama(OllamaProvider.models)


def test_a_shown_model_carries_its_parameters_and_the_lists_digest(wire: Any) -> None:
    on_json(wire, "/api/tags", TAGS)
    shown = on_json(wire, "/api/show", SHOW).ollama(lambda provider: provider.show("Tiny"))
    expected = ModelInfo(
        name="tiny:latest",
        digest=DIGEST,
        family="llama",
        parameter_size="134.52M",
        n_parameters=134_515_008,
        quantization="Q4_1",
        context_length=8192,
        size_bytes=98_362_745,
        capabilities=("completion", "thinking"),
        licence="Apache License",
        parameters={
            "stop": ["<|im_start|>", 'a "b"\n'],
            "temperature": 0.6,
            "num_ctx": 4096,
            "use_mmap": True,
            "odd": "1 2",
        },
        template="{{ .Prompt }}",
    )
    assert expected == shown
    assert ("/api/show", {"model": "Tiny"}) == wire.asked[0]


def test_a_shown_model_that_the_list_lacks_has_no_digest(wire: Any) -> None:
    on_json(wire, "/api/tags", {"models": []})
    shown = on_json(wire, "/api/show", {"license": "", "model_info": {"general.license": "mit"}}).ollama(
        lambda provider: provider.show("new")
    )
    assert ModelInfo(name="new:latest", digest=None, licence="mit") == shown


def test_showing_an_unknown_model_says_how_to_get_it(wire: Any) -> None:
    wire.on("/api/show", httpx.Response(404, json={"error": "model 'nosuch:1b' not found"}))
    with pytest.raises(ProviderError, match="'nosuch:1b' not found") as caught:
        wire.ollama(lambda provider: provider.show("nosuch:1b"))
    assert (FailureKind.MODEL_NOT_PULLED, "Run `ollama pull nosuch:1b`.") == (caught.value.kind, caught.value.next_step)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('stop "only"', {"stop": ["only"]}),
        ("top_k 40", {"top_k": 40}),
        ("top_p 1e-05", {"top_p": 1e-05}),
        ("use_mmap false", {"use_mmap": False}),
        ("stop unquoted", {"stop": ["unquoted"]}),
        ("x [1]", {"x": "[1]"}),
        ("seed 1\nseed 2", {"seed": [1, 2]}),
        ("lonely\n\n", {}),
    ],
)
def test_parameter_lines_become_values(line: str, expected: dict[str, Any]) -> None:
    assert expected == read_parameters(line)


def test_loaded_models_tell_their_context_and_share_on_the_gpu(wire: Any) -> None:
    entry = {"name": "tiny:latest", "size": 200, "size_vram": 50, "digest": DIGEST, "context_length": 2048}
    (loaded,) = on_json(wire, "/api/ps", {"models": [entry]}).ollama(OllamaProvider.loaded)
    assert ("tiny:latest", DIGEST, 2048, 0.25) == (
        loaded.name,
        loaded.digest,
        loaded.context_length,
        loaded.vram_share,
    )


def load(provider: OllamaProvider) -> Any:
    return provider.load("tiny", {"num_ctx": 2048}, keep_alive="24h", timeout_s=600)


def test_loading_sends_no_prompt_but_the_options_of_the_run(wire: Any) -> None:
    on_json(wire, "/api/generate", {"done": True, "done_reason": "load", "response": ""}).ollama(load)
    expected = {
        "model": "tiny",
        "options": {"num_ctx": 2048},
        "keep_alive": "24h",
        "stream": False,
        "truncate": False,
        "shift": False,
    }
    assert [("/api/generate", expected)] == wire.asked


def test_a_load_that_is_not_done_is_no_load(wire: Any) -> None:
    with pytest.raises(TransientProviderError, match="loading finished"):
        on_json(wire, "/api/generate", {"done": False}).ollama(load)


def test_an_error_inside_a_whole_200_is_an_error(wire: Any) -> None:
    with pytest.raises(TransientProviderError) as caught:
        on_json(wire, "/api/generate", {"error": "CUDA error: out of memory"}).ollama(load)
    assert FailureKind.OUT_OF_MEMORY == caught.value.kind


def test_a_remote_model_is_neither_loaded_nor_asked_for_embeddings(wire: Any) -> None:
    for do in (
        lambda provider: provider.load("x:cloud", {}, keep_alive=0, timeout_s=1),
        lambda provider: provider.embed("x:cloud", ["a"]),
    ):
        with pytest.raises(ProviderError, match="leave this machine"):
            wire.ollama(do)
    assert [] == wire.asked


def test_unloading_waits_until_the_model_is_gone(wire: Any) -> None:
    here = {"models": [{"name": "tiny:latest"}]}
    on_json(wire, "/api/generate", {"done": True, "done_reason": "unload"})
    on_json(wire, "/api/ps", here, here, {"models": [{"name": "other:latest"}]})
    wire.ollama(lambda provider: provider.unload("Tiny"))
    assert ["/api/generate", "/api/ps", "/api/ps", "/api/ps"] == [path for path, _ in wire.asked]
    assert 0 == wire.asked[0][1]["keep_alive"]


def test_unloading_a_busy_model_ends_with_an_error_in_bounded_time(wire: Any) -> None:
    on_json(wire, "/api/generate", {"done": True})
    on_json(wire, "/api/ps", {"models": [{"name": "tiny:latest"}]})
    with pytest.raises(TransientProviderError, match="still loaded") as caught:
        wire.ollama(lambda provider: provider.unload("tiny"), unload_timeout_s=0.1)
    assert FailureKind.TIMED_OUT == caught.value.kind


def test_texts_are_embedded_one_by_one_and_never_cut(wire: Any) -> None:
    on_json(wire, "/api/embed", {"embeddings": [[0.6, 0.8]]}, {"embeddings": [[1, 0]]})
    vectors = wire.ollama(lambda provider: provider.embed("e5", ["a", "b"]))
    assert [(0.6, 0.8), (1.0, 0.0)] == [each.vector for each in vectors]
    expected = [{"model": "e5", "input": [text], "truncate": False} for text in "ab"]
    assert expected == [body for _, body in wire.asked]


@pytest.mark.parametrize(
    "answer", [{}, {"embeddings": []}, {"embeddings": [[]]}, {"embeddings": [["a"]]}, {"embeddings": [[1.0], [2.0]]}]
)
def test_an_unusable_embedding_is_an_error(wire: Any, answer: Any) -> None:
    with pytest.raises(ProviderError, match="no usable embedding"):
        on_json(wire, "/api/embed", answer).ollama(lambda provider: provider.embed("e5", ["a"]))


@pytest.mark.parametrize(
    ("reported", "tokens"), [({"prompt_eval_count": 3}, 3), ({"prompt_eval_count": 0}, None), ({}, None)]
)
def test_tokens_of_an_embedding_are_those_that_the_server_reports(wire: Any, reported: Any, tokens: int | None) -> None:
    on_json(wire, "/api/embed", {"embeddings": [[1.0]], "load_duration": 2_000_000_000, **reported})
    (embedded,) = wire.ollama(lambda provider: provider.embed("e5", ["a"]))
    assert (tokens, 2.0) == (embedded.prompt_tokens, embedded.loading_s)


@pytest.mark.parametrize("count", [-1, "3", 1e30, True])
def test_an_impossible_number_of_tokens_of_an_embedding_is_an_error(wire: Any, count: Any) -> None:
    with pytest.raises(ProviderError, match="prompt_eval_count"):
        on_json(wire, "/api/embed", {"embeddings": [[1.0]], "prompt_eval_count": count}).ollama(
            lambda provider: provider.embed("e5", ["a"])
        )


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "1e200", "true", "null", "1" + 400 * "0"])
def test_an_embedding_with_a_number_that_is_none_is_an_error(wire: Any, number: str) -> None:
    wire.on("/api/embed", httpx.Response(200, content=f'{{"embeddings": [[{number}, 1.0]]}}'.encode()))
    with pytest.raises(ProviderError, match=r"no usable embedding|which is no JSON"):
        wire.ollama(lambda provider: provider.embed("e5", ["a"]))


def test_a_text_too_long_to_embed_is_refused(wire: Any) -> None:
    wire.on("/api/embed", httpx.Response(400, json={"error": "the input length exceeds the context length"}))
    with pytest.raises(CandidateFailureError) as caught:
        wire.ollama(lambda provider: provider.embed("e5", ["a"]))
    assert FailureKind.PROMPT_TOO_LONG == caught.value.kind


async def pulled(provider: OllamaProvider) -> list[PullProgress]:
    return [progress async for progress in provider.pull("tiny")]


def test_a_pull_tells_its_steps(wire: Any) -> None:
    steps = [
        {"status": "pulling manifest"},
        {"status": "pulling ab", "digest": "sha256:ab", "total": 9, "completed": 4},
    ]
    wire.on("/api/pull", httpx.Response(200, content=wire.ndjson(*steps, {"status": "success"})))
    expected = [
        PullProgress(status="pulling manifest"),
        PullProgress(status="pulling ab", digest="sha256:ab", total_bytes=9, completed_bytes=4),
        PullProgress(status="success"),
    ]
    assert expected == wire.ollama(pulled)


def test_a_failed_pull_is_an_error_although_its_status_is_200(wire: Any) -> None:
    lines = wire.ndjson({"status": "pulling manifest"}, {"error": "pull model manifest: file does not exist"})
    wire.on("/api/pull", httpx.Response(200, content=lines))
    with pytest.raises(ProviderError, match="pulling 'tiny' failed: pull model manifest: file") as caught:
        wire.ollama(pulled)
    assert FailureKind.MODEL_NOT_PULLED == caught.value.kind


def test_a_pull_that_ends_early_is_cut(wire: Any) -> None:
    wire.on("/api/pull", httpx.Response(200, content=wire.ndjson({"status": "pulling ab"}) + b"garbage"))
    with pytest.raises(TransientProviderError, match="'pulling ab'") as caught:
        wire.ollama(pulled)
    assert FailureKind.CUT_STREAM == caught.value.kind


@pytest.mark.parametrize("body", [b"Ollama is running", b"[]", b""])
def test_an_answer_that_is_no_json_object_asks_what_server_this_is(wire: Any, body: bytes) -> None:
    wire.on("/api/version", httpx.Response(200, content=body))
    with pytest.raises(ProviderError, match="something else than a JSON object") as caught:
        wire.ollama(OllamaProvider.version)
    assert FailureKind.BAD_OPTION == caught.value.kind


def test_the_key_is_in_no_repr(wire: Any) -> None:
    provider = OllamaProvider(wire.url, api_key="s3cret")
    assert f"OllamaProvider({wire.url!r})" == repr(provider)
    assert "s3cret" not in repr(provider._connection)
