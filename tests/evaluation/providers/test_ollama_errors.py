import json
import pickle
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from evaluation.errors import (
    CandidateFailureError,
    FailureKind,
    ProviderError,
    TransientProviderError,
    UnfitMessagesError,
)

NESTED = json.dumps(
    {
        "error": {
            "code": 400,
            "message": "request (821 tokens) exceeds the available context size (256 tokens), try increasing it",
            "type": "exceed_context_size_error",
            "n_prompt_tokens": 821,
            "n_ctx": 256,
        }
    }
)
TOO_LONG = "the prompt is longer than the context length currently available to the model; try a shorter one"


def refused(wire: Any, status: int, error: Any = None, **given: Any) -> ProviderError:
    if error is not None:
        given["json"] = {"error": error}
    with pytest.raises(ProviderError) as caught:
        wire.on("/api/chat", httpx.Response(status, **given)).generate()
    return caught.value


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (400, "missing request body", FailureKind.BAD_OPTION),
        (400, '"tiny" does not support thinking', FailureKind.BAD_OPTION),
        (400, 'time: invalid duration "soon"', FailureKind.BAD_OPTION),
        (400, "top_logprobs must be between 0 and 20", FailureKind.BAD_OPTION),
        (500, 'option "temperature" must be of type float32', FailureKind.BAD_OPTION),
        (500, 'invalid format: "\\"yaml\\""; expected "json" or a valid JSON Schema object', FailureKind.BAD_OPTION),
        (500, 'template: :1:2: executing "" at <.Bad>: nil', FailureKind.BAD_OPTION),
        (500, "json: cannot unmarshal string into Go struct field", FailureKind.BAD_OPTION),
        (500, "failed to load image or audio file", FailureKind.BAD_OPTION),
        (500, "JSON schema conversion failed: Unrecognized schema: 3", FailureKind.BAD_OPTION),
        (501, "This server does not support embeddings. Start it with `--embeddings`", FailureKind.BAD_OPTION),
        (401, "unauthorized", FailureKind.REFUSED_BY_POLICY),
        (403, "remote models are disabled", FailureKind.REFUSED_BY_POLICY),
        (404, "model 'tiny' not found", FailureKind.MODEL_NOT_PULLED),
    ],
)
def test_what_asking_again_cannot_change_is_permanent(wire: Any, status: int, text: str, kind: FailureKind) -> None:
    error = refused(wire, status, text)
    assert kind == error.kind
    assert not isinstance(error, TransientProviderError | CandidateFailureError)
    assert text in error.message
    assert wire.url in error.message
    assert not kind.is_transient


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (408, "timeout", FailureKind.TIMED_OUT),
        (429, "too many requests", FailureKind.QUEUE_FULL),
        (499, "request canceled", FailureKind.TIMED_OUT),
        (
            500,
            "model runner has unexpectedly stopped, this may be due to resource limitations",
            FailureKind.RUNNER_CRASHED,
        ),
        (500, "an error was encountered while running the model: unexpected EOF", FailureKind.RUNNER_CRASHED),
        (500, "llama-server process has terminated: exit status 2", FailureKind.RUNNER_CRASHED),
        (500, "llama-server process has terminated: cudaMalloc failed: out of memory", FailureKind.OUT_OF_MEMORY),
        (500, "CUDA error: out of memory", FailureKind.OUT_OF_MEMORY),
        (500, "model requires more system memory (5.6 GiB) than is available (3.2 GiB)", FailureKind.OUT_OF_MEMORY),
        (500, "timed out waiting for llama-server to start - progress 0.40", FailureKind.LOADING_TIMED_OUT),
        (500, "unable to load model: /models/blobs/sha256-1", FailureKind.LOADING_TIMED_OUT),
        (502, "bad gateway", FailureKind.SERVER_DOWN),
        (503, "server busy, please try again.  maximum pending requests exceeded", FailureKind.QUEUE_FULL),
        (504, "gateway timeout", FailureKind.TIMED_OUT),
    ],
)
def test_what_may_pass_is_transient(wire: Any, status: int, text: str, kind: FailureKind) -> None:
    error = refused(wire, status, text)
    assert isinstance(error, TransientProviderError)
    assert kind == error.kind
    assert kind.is_transient
    assert " ".join(text.split()) in error.message


def test_a_model_that_is_not_there_says_how_to_get_it(wire: Any) -> None:
    assert "Run `ollama pull tiny:latest`." == refused(wire, 404, "model 'tiny:latest' not found").next_step


def test_a_text_404_is_no_missing_model(wire: Any) -> None:
    error = refused(wire, 404, text="404 page not found")
    assert FailureKind.BAD_OPTION == error.kind
    assert "not an Ollama server?" in error.message


def test_a_405_asks_what_server_this_is(wire: Any) -> None:
    error = refused(wire, 405, text="405 method not allowed")
    assert FailureKind.BAD_OPTION == error.kind
    assert "405 method not allowed" in error.message


def test_an_empty_403_explains_the_host_header(wire: Any) -> None:
    error = refused(wire, 403)
    assert FailureKind.REFUSED_BY_POLICY == error.kind
    assert "Host header" in error.message
    assert "localhost" in str(error.next_step)


def test_a_redirect_is_not_followed_in_silence(wire: Any) -> None:
    error = refused(wire, 308, headers={"location": "https://elsewhere.example/"})
    assert FailureKind.BAD_OPTION == error.kind
    assert "redirects" in str(error.next_step)


def test_a_refusal_in_bytes_that_are_no_text_is_still_a_refusal(wire: Any) -> None:
    assert FailureKind.RUNNER_CRASHED == refused(wire, 500, content=b"\xff\x00\xfe").kind


INNER = json.dumps({"error": {"code": 400, "message": "Missing tool", "type": "invalid_request_error"}})


@pytest.mark.parametrize("error", [INNER, INNER.replace("400", "500"), INNER.replace("invalid_request_error", "x")])
def test_a_refusal_of_the_inner_server_is_permanent_whatever_the_outer_status(wire: Any, error: str) -> None:
    assert FailureKind.BAD_OPTION is refused(wire, 500, error).kind


def test_messages_that_one_models_template_refuses_may_suit_another(wire: Any) -> None:
    error = refused(wire, 500, "Jinja Exception: Conversation roles must alternate user/assistant/user/assistant/...")
    assert isinstance(error, UnfitMessagesError)
    assert isinstance(pickle.loads(pickle.dumps(error)), UnfitMessagesError)


def test_a_function_call_that_the_model_wrote_badly_is_no_fault_of_the_request(wire: Any) -> None:
    error = refused(wire, 500, "error parsing tool call: raw='{', err=json: cannot unmarshal string")
    assert FailureKind.RUNNER_CRASHED is error.kind


@pytest.mark.parametrize(
    ("body", "shown"),
    [({"error": None}, "(nothing)"), ({}, "(nothing)"), ([1, 2], "[1, 2]"), ({"detail": [{"loc": 1}]}, "loc")],
)
def test_unforeseen_shapes_of_errors_are_shown_as_they_are(wire: Any, body: Any, shown: str) -> None:
    assert shown in refused(wire, 500, json=body).message


def test_a_very_long_error_is_shortened(wire: Any) -> None:
    assert len(refused(wire, 500, "x" * 100_000).message) < 700


@pytest.mark.parametrize(("header", "expected"), [("7", 7.0), ("0.5", 0.5), ("-3", 0.0), ("soon", None), ("nan", None)])
def test_retry_after_in_seconds_is_kept(wire: Any, header: str, expected: float | None) -> None:
    error = refused(wire, 429, "slow down", headers={"retry-after": header})
    assert isinstance(error, TransientProviderError)
    assert expected == error.retry_after_s


def test_retry_after_as_a_date_is_kept(wire: Any) -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    error = refused(wire, 503, "busy", headers={"retry-after": at})
    assert isinstance(error, TransientProviderError)
    assert error.retry_after_s is not None
    assert 30 < error.retry_after_s <= 100


def test_a_nested_overlong_prompt_names_its_length_and_the_context(wire: Any) -> None:
    error = refused(wire, 400, NESTED)
    assert isinstance(error, CandidateFailureError)
    assert FailureKind.PROMPT_TOO_LONG == error.kind
    assert "821 tokens" in error.message
    assert "num_ctx is 256" in error.message
    assert "num_ctx=2048" in str(error.next_step)


def test_an_overlong_prompt_is_known_by_its_text_alone(wire: Any) -> None:
    error = refused(wire, 400, TOO_LONG)
    assert isinstance(error, CandidateFailureError)
    assert FailureKind.PROMPT_TOO_LONG == error.kind
    assert "num_ctx is 2048" in error.message


def test_an_overlong_prompt_in_the_text_of_a_nested_error_is_counted(wire: Any) -> None:
    text = "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it"
    assert "5000 tokens" in refused(wire, 400, text).message


def test_an_overlong_prompt_inside_a_stream_is_the_candidates_failure(wire: Any) -> None:
    with pytest.raises(CandidateFailureError, match="821"):
        wire.chat({"error": NESTED}).generate()


def test_a_nested_status_inside_a_stream_counts(wire: Any) -> None:
    nested = json.dumps({"error": {"code": 400, "message": "failed to convert schema"}})
    with pytest.raises(ProviderError, match="broke the answer off: failed to convert schema") as caught:
        wire.chat({"error": nested}).generate()
    assert FailureKind.BAD_OPTION == caught.value.kind


def test_text_that_only_looks_like_json_is_kept(wire: Any) -> None:
    assert "{broken" in refused(wire, 500, "{broken").message


def test_the_repeat_limit_as_a_500_is_the_candidates_failure(wire: Any) -> None:
    error = refused(wire, 500, "prediction aborted, token repeat limit reached")
    assert isinstance(error, CandidateFailureError)
    assert FailureKind.REPEATED_ITSELF == error.kind


def test_thinking_on_a_model_without_it_says_what_to_do(wire: Any) -> None:
    assert "think" in str(refused(wire, 400, '"tiny" does not support thinking').next_step)


@pytest.mark.parametrize(
    ("broken", "kind", "transient"),
    [
        (httpx.ConnectError("refused"), FailureKind.SERVER_DOWN, True),
        (httpx.ConnectTimeout("slow"), FailureKind.SERVER_DOWN, True),
        (httpx.ReadError("reset"), FailureKind.SERVER_DOWN, True),
        (httpx.RemoteProtocolError("Server disconnected"), FailureKind.SERVER_DOWN, True),
        (httpx.ReadTimeout(""), FailureKind.TIMED_OUT, True),
        (httpx.UnsupportedProtocol("ftp"), FailureKind.BAD_OPTION, False),
        (httpx.InvalidURL("no"), FailureKind.BAD_OPTION, False),
    ],
)
def test_a_broken_connection_is_told_in_our_words(
    wire: Any, broken: Exception, kind: FailureKind, transient: bool
) -> None:
    with pytest.raises(ProviderError) as caught:
        wire.on("/api/chat", broken).generate()
    assert (kind, transient) == (caught.value.kind, isinstance(caught.value, TransientProviderError))
    assert caught.value.__cause__ is broken


def test_a_key_is_sent_and_never_shown(wire: Any) -> None:
    with pytest.raises(ProviderError) as caught:
        wire.on("/api/chat", httpx.Response(401, json={"error": "bad key s3cret-key"})).generate(api_key="s3cret-key")
    assert "Bearer s3cret-key" == wire.headers[0]["authorization"]
    assert "s3cret" not in repr(caught.value) + str(caught.value)
    assert "***" in caught.value.message


def test_every_error_survives_pickling(wire: Any) -> None:
    for error in (refused(wire, 400, NESTED), refused(wire, 503, "busy", headers={"retry-after": "3"})):
        again = pickle.loads(pickle.dumps(error))
        assert (str(error), error.kind, error.next_step) == (str(again), again.kind, again.next_step)
