"""Requests of OpenAI's `/v1/chat/completions` and `/v1/completions`, read and written."""

import json
from collections.abc import Mapping
from typing import Any

from evaluation.chat_protocols.calls import ChatCall, Image, ToolUse, Turn
from evaluation.chat_protocols.case_fields import FIELD, read_fields
from evaluation.chat_protocols.fields import (
    flag_of,
    model_of,
    object_of,
    objects_of,
    parse_object,
    text_of,
    texts_of,
    whole_number_of,
)
from evaluation.errors import ConfigurationError

OPTIONS: Mapping[str, str] = {
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "seed",
    "max_completion_tokens": "num_predict",
    "max_tokens": "num_predict",
    "stop": "stop",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
}
"""Options by Ollama's names; the first of two fields for one option counts."""
_EXTENSIONS = ("top_k", "min_p")
"""Options that OpenAI has not, and that servers of its protocol read by these names."""
_WRITTEN = {ours: theirs for theirs, ours in OPTIONS.items()}
_MESSAGE = {"role", "content", "tool_calls", "tool_call_id", "reasoning", "reasoning_content", "name"}
_SINGLE = "Ask once for each answer, or name a model instead of `auto`."


def read_chat(body: Mapping[str, Any]) -> ChatCall:
    """Return the call in a body of `/v1/chat/completions`.

    Raises:
        ConfigurationError: a field that cannot be read, or that no single answer can satisfy.
    """
    turns = tuple(_turn(message) for message in objects_of(body, "messages"))
    logprobs = flag_of(body, "logprobs")
    return _call(body, turns, logprobs=logprobs, top_logprobs=whole_number_of(body, "top_logprobs"))


def read_completion(body: Mapping[str, Any]) -> ChatCall:
    """Return the call in a body of `/v1/completions`: its prompt is one message of the user.

    Raises:
        ConfigurationError: as of `read_chat`; a list of prompts, a suffix.
    """
    prompts = texts_of(body, "prompt")
    if len(prompts) > 1:
        raise ConfigurationError(f"the request holds {len(prompts)} prompts", _SINGLE)
    if body.get("suffix"):
        raise ConfigurationError("a `suffix` cannot be answered by chat", "Name a model instead of `auto`.")
    return _call(body, (Turn(role="user", text="".join(prompts)),), logprobs=False, top_logprobs=None)


def _call(body: Mapping[str, Any], turns: tuple[Turn, ...], *, logprobs: bool, top_logprobs: int | None) -> ChatCall:
    if (body.get("n") or 1) != 1:
        raise ConfigurationError(f"the request asks for n={body['n']!r} answers", _SINGLE)
    return ChatCall(
        model=model_of(body),
        turns=turns,
        tools=objects_of(body, "tools"),
        tool_choice=body.get("tool_choice"),
        format=_format(object_of(body, "response_format")),
        options=_options(body),
        think=_think(body),
        stream=flag_of(body, "stream"),
        counts_in_stream=flag_of(object_of(body, "stream_options"), "include_usage"),
        logprobs=logprobs,
        top_logprobs=top_logprobs,
        fields=read_fields(body, {}),
    )


def _options(body: Mapping[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for theirs, ours in OPTIONS.items():
        if body.get(theirs) is not None:
            options.setdefault(ours, body[theirs])
    if "stop" in options:
        options["stop"] = list(texts_of(body, "stop"))
    return options | {name: body[name] for name in _EXTENSIONS if body.get(name) is not None}


def _think(body: Mapping[str, Any]) -> bool | str | None:
    effort = text_of(body, "reasoning_effort")
    return {"": None, "none": False, "minimal": "low", "xhigh": "max"}.get(effort, effort)


def _format(response_format: Mapping[str, Any]) -> str | Mapping[str, Any] | None:
    kind = response_format.get("type", "text")
    if kind == "text":
        return None
    if kind == "json_object":
        return "json"
    schema = object_of(response_format, "json_schema").get("schema")
    if kind == "json_schema" and isinstance(schema, Mapping):
        return schema
    raise ConfigurationError(
        f"response_format has the type {kind!r}",
        "Give `text`, `json_object`, or `json_schema` with `json_schema.schema`.",
    )


def _turn(message: Mapping[str, Any]) -> Turn:
    role = text_of(message, "role") or "user"
    text, images = _content(message.get("content"))
    return Turn(
        role="system" if role == "developer" else role,
        text=text,
        thinking=text_of(message, "reasoning") or text_of(message, "reasoning_content"),
        images=images,
        tool_uses=tuple(_tool_use(use) for use in objects_of(message, "tool_calls")),
        tool_name=text_of(message, "name") or None if role == "tool" else None,
        call_id=text_of(message, "tool_call_id") or None,
        extra={name: value for name, value in message.items() if name not in _MESSAGE or _is_a_name(name, role)},
    )


def _is_a_name(name: str, role: str) -> bool:
    return name == "name" and role != "tool"


def _content(content: Any) -> tuple[str, tuple[Image, ...]]:
    if not isinstance(content, list):
        return text_of({"content": content}, "content"), ()
    texts: list[str] = []
    images: list[Image] = []
    for part in objects_of({"content": content}, "content"):
        if part.get("type") in ("text", "refusal"):
            texts.append(text_of(part, str(part["type"])))
        elif part.get("type") == "image_url":
            images.append(_image(part.get("image_url")))
        else:
            raise ConfigurationError(
                f"a message holds a part of the type {part.get('type')!r}", "Parts may be `text` and `image_url`."
            )
    return "".join(texts), tuple(images)


def _image(value: Any) -> Image:
    url = text_of(value, "url") if isinstance(value, Mapping) else text_of({"image_url": value}, "image_url")
    head, comma, data = url.partition(",")
    if comma and head.startswith("data:") and head.endswith(";base64"):
        return Image(base64=data, media_type=head.removeprefix("data:").removesuffix(";base64") or None)
    return Image(url=url)


def _tool_use(use: Mapping[str, Any]) -> ToolUse:
    function = object_of(use, "function")
    arguments = function.get("arguments") or "{}"
    parsed = parse_object(arguments) if isinstance(arguments, str) else arguments
    if not isinstance(parsed, Mapping):
        raise ConfigurationError(
            f"the arguments of the tool call {function.get('name')!r} are no JSON object",
            "Send them as the model gave them.",
        )
    return ToolUse(name=text_of(function, "name"), arguments=parsed, call_id=text_of(use, "id") or None)


def chat_body(call: ChatCall, *, with_extra: bool = False) -> dict[str, Any]:
    """Return the body for `/v1/chat/completions`, without options that the protocol has no field for.

    Args:
        call: The call.
        with_extra: Whether unknown fields of the messages are passed on.
    """
    body: dict[str, Any] = {
        "model": call.model,
        "messages": [(dict(turn.extra) if with_extra else {}) | _message(turn) for turn in call.turns],
        "stream": call.stream,
    }
    if call.stream:
        body["stream_options"] = {"include_usage": True}
    body |= {_WRITTEN[name]: value for name, value in call.options.items() if name in _WRITTEN and value != []}
    body |= {name: call.options[name] for name in _EXTENSIONS if name in call.options}
    if call.tools:
        body["tools"] = [dict(tool) for tool in call.tools]
    if call.tool_choice is not None:
        body["tool_choice"] = call.tool_choice
    if call.format is not None:
        body["response_format"] = _response_format(call.format)
    if isinstance(call.think, str):
        body["reasoning_effort"] = call.think
    if call.logprobs:
        body["logprobs"] = True
    if call.top_logprobs is not None:
        body["top_logprobs"] = call.top_logprobs
    return body


def rewritten(body: Mapping[str, Any], call: ChatCall) -> dict[str, Any]:
    """Return a client's body changed to the call, with all its unknown fields."""
    replaced = {*OPTIONS, *_EXTENSIONS, "tools", "tool_choice", "response_format", "reasoning_effort", FIELD}
    kept = {name: value for name, value in body.items() if name not in replaced}
    return kept | chat_body(call, with_extra=True)


def _response_format(format_or_schema: str | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(format_or_schema, str):
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": dict(format_or_schema)}}


def _message(turn: Turn) -> dict[str, Any]:
    message: dict[str, Any] = {"role": turn.role, "content": _written_content(turn)}
    if turn.thinking:
        message["reasoning"] = turn.thinking
    if turn.tool_uses:
        message["tool_calls"] = [written_tool_use(use, f"call_{i}") for i, use in enumerate(turn.tool_uses)]
    if turn.call_id is not None:
        message["tool_call_id"] = turn.call_id
    if turn.tool_name is not None:
        message["name"] = turn.tool_name
    return message


def _written_content(turn: Turn) -> str | list[dict[str, Any]]:
    if not turn.images:
        return turn.text
    text = [{"type": "text", "text": turn.text}] if turn.text else []
    return [*text, *({"type": "image_url", "image_url": {"url": _address(image)}} for image in turn.images)]


_SIGNATURES = {"iVBOR": "image/png", "/9j/": "image/jpeg", "R0lG": "image/gif", "UklGR": "image/webp"}


def _address(image: Image) -> str:
    if image.url is not None:
        return image.url
    data = image.base64 or ""
    guessed = next((kind for beginning, kind in _SIGNATURES.items() if data.startswith(beginning)), "image/png")
    return f"data:{image.media_type or guessed};base64,{data}"


def written_tool_use(use: ToolUse, call_id: str) -> dict[str, Any]:
    """Return a tool call in OpenAI's form, with `call_id` where it has no id of its own."""
    function = {"name": use.name, "arguments": json.dumps(dict(use.arguments))}
    return {"id": use.call_id or call_id, "type": "function", "function": function}
