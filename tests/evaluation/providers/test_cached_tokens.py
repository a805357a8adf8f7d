"""How many tokens of a prompt a server says it had kept, in each of the forms in which servers say it."""

import json
from typing import Any

import pytest

from evaluation.case import Message
from evaluation.generation import GenerationRequest
from evaluation.providers.error_replies import RequestContext
from evaluation.providers.ollama_wire import finished
from evaluation.providers.openai_wire import Events
from evaluation.providers.streamed_answer import Draft

ASKED = RequestContext(url="http://here", model="m", num_ctx=None)
REQUEST = GenerationRequest(model="m", messages=(Message(role="user", content="?"),))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, None),
        ({"usage": {"prompt_tokens": 20}}, None),
        ({"usage": {"prompt_tokens": 20, "prompt_tokens_details": {"cached_tokens": 16}}}, 16),
        ({"usage": {"prompt_tokens": 20, "prompt_tokens_details": None}, "timings": {"cache_n": 19}}, 19),
        ({"usage": {"prompt_tokens_details": {"cached_tokens": None}}, "timings": [1]}, None),
    ],
)
def test_servers_of_the_openai_protocol_say_it_in_two_ways(said: dict[str, Any], expected: int | None):
    events = Events(Draft(), ASKED)
    words = {"choices": [{"delta": {"content": "yes"}, "finish_reason": "stop"}]}
    for event in (words, {"choices": [], **said}):
        events.take(b"data: " + json.dumps(event).encode())

    assert expected == events.generation(REQUEST).cached_tokens


@pytest.mark.parametrize(("said", "expected"), [({}, None), ({"prompt_eval_cached_count": 19}, 19)])
def test_newer_versions_of_ollama_say_it(said: dict[str, Any], expected: int | None):
    draft = Draft()
    draft.add("yes")
    final = {"done_reason": "stop", "prompt_eval_count": 20, "eval_count": 3, "total_duration": 1000, **said}

    assert expected == finished(final, draft, REQUEST, ASKED).cached_tokens
