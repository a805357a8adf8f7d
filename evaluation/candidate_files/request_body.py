"""A candidate as the body of a request to `/v1/chat/completions`, which holds all that makes the candidate.

The messages hold its profile, with `{prompt}` in the last one. What the protocol has no field for stands in `metadata`,
which is part of the protocol: at most 16 names with texts of at most 512 characters.
"""

import json
from collections.abc import Mapping
from typing import Any

from evaluation.candidate_files.comments import in_one_line
from evaluation.candidate_files.configuration import CandidateExport
from evaluation.candidate_files.content import WRITE_ANOTHER, content_of
from evaluation.case import Message
from evaluation.errors import ConfigurationError
from evaluation.escaping import as_json
from evaluation.formatting import excerpt
from evaluation.providers.openai_wire import SENDABLE

MOST_NAMES = 16
LONGEST_TEXT = 512
_REST = "benchwright"
"""Name in `metadata` of what the protocol has no field for, as JSON; goes on in `benchwright_2`, …"""
_MOST_PARTS = 8
_PLACE = "{prompt}"
_INSTEAD = "Use the format yaml, or python."
_OUR_NAMES = {theirs: ours for ours, theirs in SENDABLE.items()}


def as_request_body(export: CandidateExport) -> str:
    """Return the candidate as the body of a request, in JSON.

    Raises:
        ConfigurationError: a body does not hold all of it: it has a pipeline, or very many or long stop words.
    """
    configuration = export.configuration
    if configuration.pipeline is not None:
        raise ConfigurationError(
            f"{export.label!r} asks by the pipeline {configuration.pipeline!r}: no single request is it",
            _INSTEAD,
        )
    sent = {name: value for name, value in configuration.options.items() if _is_sent(name, value)}
    rest = content_of(export)
    rest["options"] = {name: value for name, value in configuration.options.items() if name not in sent}
    rest["profile"] = {"name": configuration.profile.name}
    if configuration.profile.system == "":  # which is sent as no message
        rest["profile"]["system"] = ""
    del rest["model"]
    body = {
        "model": configuration.model,
        "messages": [
            {"role": message.role, "content": message.content}
            for message in configuration.profile.wrap((Message(role="user", content=_PLACE),))
        ],
        **{SENDABLE[name]: value for name, value in sent.items()},
    }
    return as_json(body | {"metadata": _metadata(export, rest)}) + "\n"


def _is_sent(name: str, value: Any) -> bool:
    """Check whether the body has a field for an option; `model` keeps the server's own value."""
    return name in SENDABLE and value not in ("model", [])


def _metadata(export: CandidateExport, rest: Mapping[str, Any]) -> dict[str, str]:
    text = json.dumps(rest, separators=(",", ":"))
    parts = [text[i : i + LONGEST_TEXT] for i in range(0, len(text), LONGEST_TEXT)]
    if len(parts) > _MOST_PARTS:
        raise ConfigurationError(f"the options of {export.label!r} are too long for a request's metadata", _INSTEAD)
    evidence = {name: excerpt(in_one_line(text), LONGEST_TEXT) for name, text in export.evidence.items()}
    shown = dict(list(evidence.items())[: MOST_NAMES - len(parts)])
    return shown | {_REST if i == 0 else f"{_REST}_{i + 1}": part for i, part in enumerate(parts)}


def is_request_body(content: Any) -> bool:
    """Check whether the content of a JSON file is the body of a request."""
    return isinstance(content, Mapping) and "messages" in content


def content_of_body(body: Mapping[str, Any], *, source: str) -> dict[str, Any]:
    """Return the content of a candidate's file from the body of a request.

    Raises:
        ConfigurationError: it is no body that was written here.
    """
    metadata = body.get("metadata")
    if not isinstance(metadata, Mapping) or _REST not in metadata:
        raise ConfigurationError(
            f"{source} is a request without the metadata {_REST!r}, which say the weights and the context",
            WRITE_ANOTHER,
        )
    names = [_REST, *(f"{_REST}_{i}" for i in range(2, _MOST_PARTS + 1))]
    try:
        rest = json.loads("".join(str(metadata[name]) for name in names if name in metadata))
        options, profile = dict(rest["options"]), dict(rest["profile"])
        turns = [(str(turn["role"]), str(turn["content"])) for turn in body["messages"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ConfigurationError(f"{source}: its metadata or messages were changed", WRITE_ANOTHER) from None
    sent = {_OUR_NAMES[name]: value for name, value in body.items() if name in _OUR_NAMES}
    options = {**options, **{name: value for name, value in sent.items() if name != "seed"}}
    return {**rest, "model": body.get("model"), "options": options, "profile": profile | _profile(turns, source)}


def _profile(turns: list[tuple[str, str]], source: str) -> dict[str, Any]:
    """Return system text, template and examples of the profile that makes these messages."""
    system = {"system": turns[0][1]} if turns and turns[0][0] == "system" else {}
    rest = turns[len(system) :]
    roles = [role for role, _ in rest]
    if not rest or roles != ["user", "assistant"] * (len(rest) // 2) + ["user"] or _PLACE not in rest[-1][1]:
        raise ConfigurationError(
            f"{source}: its messages are not a system text, pairs of user and assistant, and a last one of the user "
            f"with {_PLACE}",
            WRITE_ANOTHER,
        )
    template = rest[-1][1]
    examples = [
        {"prompt": _unfilled(question, template, source), "answer": answer}
        for (_, question), (_, answer) in zip(rest[:-1:2], rest[1::2], strict=True)
    ]
    return {**system, "template": template, **({"examples": examples} if examples else {})}


def _unfilled(text: str, template: str, source: str) -> str:
    """Return the prompt that fills the template to this text."""
    before = template.index(_PLACE)
    n_places = template.count(_PLACE)
    length, remainder = divmod(len(text) - len(template) + n_places * len(_PLACE), n_places)
    prompt = text[before : before + max(length, 0)]
    if remainder or template.replace(_PLACE, prompt) != text:
        raise ConfigurationError(f"{source}: an example is not worded like the last message", WRITE_ANOTHER)
    return prompt
