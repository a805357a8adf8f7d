"""Checks of a client's request before any server is asked: fields of a wrong kind, malformed messages and functions.

Several servers answer such a mistake with 500, as if they or the model had failed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.chat_protocols.fields import object_of, objects_of, wrong
from evaluation.chat_protocols.kinds import (
    FLAG,
    JSON_OR_SCHEMA,
    NUMBERS,
    OBJECT,
    OBJECTS,
    TEXT,
    TEXT_OR_FLAG,
    TEXT_OR_NUMBER,
    TEXT_OR_OBJECT,
    TEXT_OR_TEXTS,
    TEXTS,
    TEXTS_OR_TOKENS,
    TOKENS,
    Kind,
    Kinds,
    check_fields,
    number,
    whole,
)

_LENGTH = whole(-1, note=", where -1 is no limit")
_OPENAI_OPTIONS: Kinds = {
    "temperature": number(0),
    "top_p": number(0, 1),
    "top_k": whole(-1),
    "min_p": number(0, 1),
    "seed": whole(),
    "n": whole(1),
    "max_tokens": _LENGTH,
    "max_completion_tokens": _LENGTH,
    "stop": TEXT_OR_TEXTS,
    "presence_penalty": number(-2, 2),
    "frequency_penalty": number(-2, 2),
    "logit_bias": NUMBERS,
    "stream": FLAG,
    "stream_options": OBJECT,
    "response_format": OBJECT,
    "reasoning_effort": TEXT,
    "user": TEXT,
}
OLLAMA_OPTIONS: Kinds = {
    "temperature": number(0),
    "top_p": number(0, 1),
    "min_p": number(0, 1),
    "typical_p": number(0, 1),
    "repeat_penalty": number(0),
    "presence_penalty": number(),
    "frequency_penalty": number(),
    "top_k": whole(-1, may_be_float=True),
    "seed": whole(may_be_float=True),
    "num_predict": whole(-2, note=", where -1 is no limit", may_be_float=True),
    "num_keep": whole(-1, may_be_float=True),
    "repeat_last_n": whole(-1, may_be_float=True),
    "num_ctx": whole(0, may_be_float=True),
    "num_batch": whole(0, may_be_float=True),
    "num_gpu": whole(-1, may_be_float=True),
    "main_gpu": whole(-1, may_be_float=True),
    "num_thread": whole(0, may_be_float=True),
    "draft_num_predict": whole(0, may_be_float=True),
    "use_mmap": FLAG,
    "stop": TEXTS,
}
_OF_CHAT: Kinds = {"messages": OBJECTS, "tools": OBJECTS, "top_logprobs": whole(0, 20), "logprobs": FLAG}
_OF_OLLAMA: Kinds = {
    "stream": FLAG,
    "options": OBJECT,
    "keep_alive": TEXT_OR_NUMBER,
    "truncate": FLAG,
}
_OF_ANSWERS: Kinds = {
    **_OF_OLLAMA,
    "format": JSON_OR_SCHEMA,
    "think": TEXT_OR_FLAG,
    "shift": FLAG,
    "logprobs": FLAG,
    "top_logprobs": whole(0, 20),
}
_BY_PATH: Mapping[str, Kinds] = {
    "/v1/chat/completions": {
        **_OPENAI_OPTIONS,
        **_OF_CHAT,
        "tool_choice": TEXT_OR_OBJECT,
        "parallel_tool_calls": FLAG,
    },
    "/v1/completions": {
        **_OPENAI_OPTIONS,
        "prompt": TEXTS_OR_TOKENS,
        "suffix": TEXT,
        "logprobs": whole(0),
        "best_of": whole(1),
        "echo": FLAG,
    },
    "/v1/embeddings": {
        "input": TEXTS_OR_TOKENS,
        "dimensions": whole(1),
        "encoding_format": Kind('"float" or "base64"', lambda value: value in ("float", "base64")),
        "user": TEXT,
    },
    "/api/chat": {**_OF_ANSWERS, **_OF_CHAT},
    "/api/generate": {
        **_OF_ANSWERS,
        "prompt": TEXT,
        "suffix": TEXT,
        "system": TEXT,
        "template": TEXT,
        "raw": FLAG,
        "images": TEXT_OR_TEXTS,
        "context": TOKENS,
    },
    "/api/embed": {**_OF_OLLAMA, "input": TEXT_OR_TEXTS, "dimensions": whole(1)},
    "/api/show": {"verbose": FLAG, "system": TEXT, "options": OBJECT},
}
_WITHIN: Mapping[str, Kinds] = {
    "stream_options": {"include_usage": FLAG},
    "response_format": {"type": TEXT, "json_schema": OBJECT},
    "options": OLLAMA_OPTIONS,
}
"""Kinds of what is in fields that are objects."""
_MESSAGE: Kinds = {"role": TEXT, "tool_calls": OBJECTS, "tool_call_id": TEXT, "name": TEXT, "reasoning": TEXT}
_OPENAI_MESSAGE: Kinds = {
    **_MESSAGE,
    "content": Kind("a text or a list of parts", lambda value: isinstance(value, str) or OBJECTS.fits(value)),
    "reasoning_content": TEXT,
}
_OLLAMA_MESSAGE: Kinds = {**_MESSAGE, "content": TEXT, "thinking": TEXT, "tool_name": TEXT, "images": TEXT_OR_TEXTS}
_PART: Kinds = {"type": TEXT, "text": TEXT, "refusal": TEXT, "image_url": TEXT_OR_OBJECT}
_FUNCTION: Kinds = {"name": TEXT, "description": TEXT, "parameters": OBJECT, "strict": FLAG}
_PARAMETERS: Kinds = {"type": TEXT_OR_TEXTS, "properties": OBJECT, "required": TEXTS, "description": TEXT}
_NAME = Kind("the function's name", lambda value: isinstance(value, str) and bool(value.strip()))


def check_request(path: str, body: Mapping[str, Any]) -> None:
    """Check a client's body, as far as it is known here; unknown fields may hold anything.

    Raises:
        ConfigurationError: a field of a wrong kind, a malformed message or function; names it, its value and what is
            allowed.
    """
    path_kinds = _BY_PATH[path]
    check_fields(body, path_kinds)
    for name, kinds in _WITHIN.items():
        if name in path_kinds:  # Else it may be anything here.
            check_fields(object_of(body, name), kinds, f"{name}.")
    if "messages" in path_kinds:
        for place, message in enumerate(objects_of(body, "messages")):
            _check_message(message, f"messages[{place}].", is_openai=path.startswith("/v1/"))
        for place, tool in enumerate(objects_of(body, "tools")):
            _check_tool(tool, f"tools[{place}].")


def _check_message(message: Mapping[str, Any], within: str, *, is_openai: bool) -> None:
    check_fields(message, _OPENAI_MESSAGE if is_openai else _OLLAMA_MESSAGE, within)
    content = message.get("content")
    for place, part in enumerate(content if isinstance(content, Sequence) and not isinstance(content, str) else ()):
        check_fields(part, _PART, f"{within}content[{place}].")
        address = part.get("image_url")
        if isinstance(address, Mapping):
            check_fields(address, {"url": TEXT}, f"{within}content[{place}].image_url.")
    arguments = TEXT_OR_OBJECT if is_openai else OBJECT
    for place, use in enumerate(message.get("tool_calls") or ()):
        here = f"{within}tool_calls[{place}]."
        check_fields(use, {"id": TEXT, "type": TEXT, "function": OBJECT}, here)
        check_fields(use.get("function") or {}, {"name": TEXT, "arguments": arguments}, f"{here}function.")


def _check_tool(tool: Mapping[str, Any], within: str) -> None:
    """Check the declaration of a function; other kinds of tools are the server's affair."""
    check_fields(tool, {"type": TEXT, "function": OBJECT}, within)
    if tool.get("type", "function") != "function":
        return
    function, here = tool.get("function"), f"{within}function."
    if not isinstance(function, Mapping):
        raise wrong(f"{within}function", function, "an object with `name`, `description` and `parameters`")
    check_fields(function, _FUNCTION, here)
    if not _NAME.fits(function.get("name")):
        raise wrong(f"{here}name", function.get("name"), _NAME.allowed)
    parameters = function.get("parameters") or {}
    check_fields(parameters, _PARAMETERS, f"{here}parameters.")
    for name, each in (parameters.get("properties") or {}).items():
        if not isinstance(each, Mapping | bool):
            raise wrong(f"{here}parameters.properties.{name[:60]}", each, "a JSON schema")
