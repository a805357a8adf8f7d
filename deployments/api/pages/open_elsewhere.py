"""The request of a stored answer in the words of other programs: to be copied, and sent from anywhere."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pprint import pformat
from typing import Any

from deployments.api.stored_calls import StoredCall
from evaluation.providers import PROVIDERS
from evaluation.providers.openai_wire import chat_body

GATEWAY_PATH = "/v1/chat/completions"
LONGEST = 100_000
"""Characters of a request's messages above which no terminal takes it as one command."""
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PROGRAM = """\
import json, os, urllib.request

request = urllib.request.Request({url!r}, json.dumps({body}).encode(), {headers})
with urllib.request.urlopen(request) as reply:
    print(reply.read().decode())
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A text for another program."""

    title: str
    text: str
    note: str = ""
    """What it leaves out."""


def snippets(call: StoredCall, *, own_address: str) -> tuple[Snippet, ...]:
    """Return the request for a terminal, for Python and for the gateway.

    Empty where no single request is the answer, or where it is longer than `LONGEST`.

    Args:
        call: The request.
        own_address: Address of this server, whose gateway is one of the places.
    """
    n_characters = sum(len(message.content) for message in call.request.messages)
    return () if call.has_pipeline or n_characters > LONGEST else tuple(_snippets(call, own_address))


def _snippets(call: StoredCall, own_address: str) -> Iterator[Snippet]:
    provider = PROVIDERS[call.provider]
    prompt = call.request.messages[-1].content if call.request.messages else ""
    if provider.run_command is not None:
        words = f"{provider.run_command} -- {shlex.quote(call.request.model)} {shlex.quote(prompt)}"
        yield Snippet(title=provider.run_command, text=words, note=_left_out(call))
    if provider.chat_path is not None:
        url = call.url.rstrip("/").removesuffix("/v1") + provider.chat_path
        body = _whole(provider.chat_body(call.request))
        yield Snippet(title="curl", text=_curl(url, body, call.key_variable))
        yield Snippet(title="Python", text=_python(url, body, call.key_variable))
    url = own_address.rstrip("/") + GATEWAY_PATH
    note = "From another machine, with a key: -H 'Authorization: Bearer KEY'."
    yield Snippet(title="gateway", text=_curl(url, _whole(chat_body(call.request)), None), note=note)


def raw_request(call: StoredCall) -> str:
    """Return what the server was sent, as JSON; empty where no single request is the answer."""
    if call.has_pipeline:
        return ""
    provider = PROVIDERS[call.provider]
    body = (chat_body if provider.chat_path is None else provider.chat_body)(call.request)
    return json.dumps(body, ensure_ascii=False, indent=2)


def _whole(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a request whose answer comes in one piece."""
    return {name: value for name, value in body.items() if name != "stream_options"} | {"stream": False}


def _left_out(call: StoredCall) -> str:
    n_more = len(call.request.messages) - 1
    return "Sends the last message alone, with the model's own options." if n_more else "With the model's own options."


def _curl(url: str, body: Mapping[str, Any], key_variable: str | None) -> str:
    parts = ["curl", shlex.quote(url), "-H 'Content-Type: application/json'"]
    if key_variable and _VARIABLE.fullmatch(key_variable):
        parts.append(f'-H "Authorization: Bearer ${key_variable}"')
    return " ".join([*parts, "-d", shlex.quote(json.dumps(body, ensure_ascii=True))])


def _python(url: str, body: Mapping[str, Any], key_variable: str | None) -> str:
    headers = '{"Content-Type": "application/json"'
    if key_variable:
        headers += f', "Authorization": "Bearer " + os.environ[{key_variable!r}]'
    written = pformat(json.loads(json.dumps(body)), width=100, sort_dicts=False)
    return _PROGRAM.format(url=url, body=written, headers=headers + "}")
