"""Requests of Ollama's `/api/chat` and `/api/generate`, read and written."""

from collections.abc import Iterator, Mapping
from typing import Any

from evaluation.chat_protocols.calls import ChatCall, Image, ToolUse, Turn
from evaluation.chat_protocols.case_fields import FIELD, read_fields
from evaluation.chat_protocols.fields import (
    flag_of,
    model_of,
    object_of,
    objects_of,
    text_of,
    texts_of,
    whole_number_of,
)
from evaluation.errors import ConfigurationError

_MESSAGE = {"role", "content", "thinking", "images", "tool_calls", "tool_name", "tool_call_id"}
_ONLY_NATIVE = ("suffix", "template", "raw", "context")


def read_chat(body: Mapping[str, Any]) -> ChatCall:
    """Return the call in a body of `/api/chat`.

    Raises:
        ConfigurationError: a field that cannot be read.
    """
    return _call(body, tuple(_turn(message) for message in objects_of(body, "messages")))


def read_generate(body: Mapping[str, Any]) -> ChatCall:
    """Return the call in a body of `/api/generate`: system text and prompt as messages.

    Raises:
        ConfigurationError: a field that cannot be read, or that chat cannot answer.
    """
    for name in _ONLY_NATIVE:
        if body.get(name):
            raise ConfigurationError(f"`{name}` cannot be answered by chat", "Name a model instead of `auto`.")
    system = text_of(body, "system")
    prompt = Turn(role="user", text=text_of(body, "prompt"), images=_images(body))
    return _call(body, ((Turn(role="system", text=system),) if system else ()) + (prompt,))


def _call(body: Mapping[str, Any], turns: tuple[Turn, ...]) -> ChatCall:
    options = object_of(body, "options")
    return ChatCall(
        model=model_of(body),
        turns=turns,
        tools=objects_of(body, "tools"),
        format=_format(body.get("format")),
        options={name: value for name, value in options.items() if name != FIELD},
        think=_think(body.get("think")),
        stream=flag_of(body, "stream", default=True),
        counts_in_stream=True,
        keep_alive=body.get("keep_alive"),
        logprobs=flag_of(body, "logprobs"),
        top_logprobs=whole_number_of(body, "top_logprobs"),
        refuses_overlong=body.get("truncate") is False and body.get("shift") is False,
        fields=read_fields(body, options),
    )


def _format(value: Any) -> str | Mapping[str, Any] | None:
    if value in (None, ""):
        return None
    if value == "json" or isinstance(value, Mapping):
        return value  # type: ignore[no-any-return]
    raise ConfigurationError(f"the field 'format' is {value!r}", 'Give "json" or a JSON schema.')


def _think(value: Any) -> bool | str | None:
    if value is None or isinstance(value, bool | str):
        return value
    raise ConfigurationError(f"the field 'think' is {value!r}", 'Give true, false, "low", "medium" or "high".')


def _images(message: Mapping[str, Any]) -> tuple[Image, ...]:
    return tuple(Image(base64=data) for data in texts_of(message, "images"))


def _turn(message: Mapping[str, Any]) -> Turn:
    return Turn(
        role=text_of(message, "role").lower() or "user",
        text=text_of(message, "content"),
        thinking=text_of(message, "thinking"),
        images=_images(message),
        tool_uses=tuple(read_tool_use(use) for use in objects_of(message, "tool_calls")),
        tool_name=text_of(message, "tool_name") or None,
        call_id=text_of(message, "tool_call_id") or None,
        extra={name: value for name, value in message.items() if name not in _MESSAGE},
    )


def read_tool_use(use: Mapping[str, Any]) -> ToolUse:
    """Return a tool call from Ollama's form."""
    function = object_of(use, "function")
    return ToolUse(
        name=text_of(function, "name"),
        arguments=object_of(function, "arguments"),
        call_id=text_of(use, "id") or None,
    )


def chat_body(call: ChatCall, *, with_extra: bool = False) -> dict[str, Any]:
    """Return the body for `/api/chat`.

    Args:
        call: The call.
        with_extra: Whether unknown fields of the messages are passed on.

    Raises:
        ConfigurationError: an image that is given by its address.
    """
    body: dict[str, Any] = {
        "model": call.model,
        "messages": list(_messages(call, with_extra=with_extra)),
        "stream": call.stream,
        "options": dict(call.options),
    }
    if call.tools:
        body["tools"] = [dict(tool) for tool in call.tools]
    if call.refuses_overlong:
        body |= {"truncate": False, "shift": False}
    if call.logprobs:
        body["logprobs"] = True
    optional = {
        "format": call.format,
        "think": call.think,
        "keep_alive": call.keep_alive,
        "top_logprobs": call.top_logprobs,
    }
    return body | {name: value for name, value in optional.items() if value is not None}


def rewritten(body: Mapping[str, Any], call: ChatCall) -> dict[str, Any]:
    """Return a client's body of `/api/chat` changed to the call, with all its unknown fields."""
    replaced = {"tools", "format", "think", "options", FIELD}
    kept = {name: value for name, value in body.items() if name not in replaced}
    return kept | chat_body(call, with_extra=True)


def _messages(call: ChatCall, *, with_extra: bool) -> Iterator[dict[str, Any]]:
    names: dict[str, str] = {}
    for turn in call.turns:
        names |= {use.call_id: use.name for use in turn.tool_uses if use.call_id is not None}
        yield (dict(turn.extra) if with_extra else {}) | _message(turn, names)


def _message(turn: Turn, names: Mapping[str, str]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": turn.role, "content": turn.text}
    if turn.thinking:
        message["thinking"] = turn.thinking
    if turn.images:
        message["images"] = [_data(image) for image in turn.images]
    if turn.tool_uses:
        message["tool_calls"] = [written_tool_use(use) for use in turn.tool_uses]
    if turn.call_id is not None:
        message["tool_call_id"] = turn.call_id
    # Ollama's templates tell results apart by the function's name, OpenAI's clients give the id of the call alone.
    tool_name = turn.tool_name or names.get(turn.call_id or "")
    return message | ({"tool_name": tool_name} if tool_name else {})


def _data(image: Image) -> str:
    if image.base64 is None:
        raise ConfigurationError(
            f"an image is given by its address, {image.url!r}, which is not fetched here",
            "Send the image itself, as `data:image/png;base64,…`.",
        )
    return image.base64


def written_tool_use(use: ToolUse) -> dict[str, Any]:
    """Return a tool call in Ollama's form."""
    function = {"function": {"name": use.name, "arguments": dict(use.arguments)}}
    return function if use.call_id is None else {"id": use.call_id, **function}
