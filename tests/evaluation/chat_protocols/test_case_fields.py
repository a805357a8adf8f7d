"""What calls give beside their messages: read strictly, in both protocols."""

from typing import Any

import pytest

from evaluation.chat_protocols import case_fields, ollama_requests, openai_requests
from evaluation.chat_protocols.case_fields import NO_FIELDS, CaseFields, names_fields
from evaluation.errors import ConfigurationError

HELLO: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
GIVEN = {"choices": ["yes", "no"], "documents": ["One.", "Two."], "tags": ["t"], "details": {"k": [1]}}
FIELDS = CaseFields(choices=("yes", "no"), documents=("One.", "Two."), tags=("t",), details={"k": [1]})


@pytest.mark.parametrize("read", [openai_requests.read_chat, ollama_requests.read_chat])
def test_both_protocols_have_the_field(read: Any) -> None:
    assert FIELDS == read(HELLO | {"benchwright": GIVEN}).fields
    assert ("choices", "documents", "tags", "details") == FIELDS.names
    for nothing in ({}, {"benchwright": None}, {"benchwright": {}}, {"benchwright": {"choices": None}}):
        assert NO_FIELDS == read(HELLO | nothing).fields


def test_completions_and_generations_have_it_too() -> None:
    asked = {"model": "m", "prompt": "hello", "benchwright": GIVEN}

    assert FIELDS == openai_requests.read_completion(asked).fields == ollama_requests.read_generate(asked).fields


def test_ollamas_clients_give_it_among_the_options_of_which_it_is_none() -> None:
    call = ollama_requests.read_chat(HELLO | {"options": {"benchwright": GIVEN, "top_k": 5}})

    assert (FIELDS, {"top_k": 5}) == (call.fields, call.options)
    assert names_fields(HELLO | {"options": {"benchwright": GIVEN}})
    assert not names_fields(HELLO | {"options": {"top_k": 5}})


def test_no_server_is_sent_the_field() -> None:
    body = HELLO | {"benchwright": GIVEN}
    for protocol in (openai_requests, ollama_requests):
        assert "benchwright" not in protocol.rewritten(body, protocol.read_chat(body))
    options = HELLO | {"options": {"benchwright": GIVEN}}
    assert {} == ollama_requests.rewritten(options, ollama_requests.read_chat(options))["options"]


def test_no_documents_can_be_said() -> None:
    assert ("documents",) == openai_requests.read_chat(HELLO | {"benchwright": {"documents": []}}).fields.names


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("yes", "the field 'benchwright' of the request is 'yes'.*an object"),
        ({"choises": ["a", "b"]}, "has 'choises'.*choices, documents, tags, details"),
        ({"choices": "yes"}, "'choices' of the request is 'yes'.*a list of texts"),
        ({"choices": ["yes", 1]}, "a list of texts"),
        ({"choices": ["yes"]}, "'benchwright.choices' of the request has 1.*at least 2"),
        ({"choices": []}, "at least 2"),
        ({"choices": ["yes", " "]}, "has an empty text as number 2"),
        ({"choices": ["yes", "yes "]}, "has the same one twice"),
        ({"choices": [str(i) for i in range(101)]}, "has 101.*100 at most"),
        ({"choices": ["a", "b" * 2001]}, "2,001 characters in number 2.*2,000 at most"),
        ({"documents": {"text": "One."}}, "a list of texts"),
        ({"documents": ["", "Two."]}, "has an empty text as number 1"),
        ({"documents": ["d"] * 1001}, "has 1,001.*1,000 at most"),
        ({"documents": ["d" * 3_000_000] * 2}, "6,000,000 characters together.*4,000,000 at most"),
        ({"tags": ["t"] * 51}, "has 51.*50 at most"),
        ({"details": ["t"]}, "'details' of the request.*an object"),
        ({"details": {"k": "v" * 100_000}}, "characters as JSON.*100,000 at most"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(given: Any, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        openai_requests.read_chat(HELLO | {"benchwright": given})
    with pytest.raises(ConfigurationError, match=why):
        ollama_requests.read_chat(HELLO | {"options": {"benchwright": given}})


def test_it_is_given_once() -> None:
    with pytest.raises(ConfigurationError, match="twice"):
        ollama_requests.read_chat(HELLO | {"options": {case_fields.FIELD: GIVEN}, case_fields.FIELD: GIVEN})
